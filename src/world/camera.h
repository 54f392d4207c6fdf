// The vehicle's camera: a pinhole 1.5 m above the road that looks along it. The road's curve is
// part of the projection: a place is given along the road, not in straight metres.
#pragma once
#include <optional>

#include "world/canvas.h"
#include "world/scene.h"
#include "world/shapes.h"

namespace spotter::world {

struct Camera {
  double focal_px = 240;
  double centre_px = 128;
  double horizon_px = 70;
  double height_m = 1.5;
  double yaw = 0;
  double curve = 0;
  double ego_right = 0;
  double ego_along = 0;

  static constexpr double kNear_m = 0.6;

  // Metres right and ahead of the camera on the ground.
  [[nodiscard]] double ahead(const Place& p) const { return p.along - ego_along; }
  [[nodiscard]] double right(const Place& p) const {
    const double z = ahead(p);
    return p.right - ego_right + curve * z * z - yaw * z;
  }
  // Samples (two a pixel). Only for places with ahead() >= kNear_m.
  [[nodiscard]] Vertex project(const Place& p) const {
    const double z = ahead(p);
    const double scale = focal_px / z;
    return {2 * (centre_px + right(p) * scale), 2 * (horizon_px + (height_m - p.up) * scale),
            1 / z};
  }
};

[[nodiscard]] inline Camera make_camera(const Scene& scene, const Options& options,
                                        double seconds) {
  const Place ego = scene.ego.at(seconds);
  return {.focal_px = 0.95 * options.width,
          .centre_px = 0.5 * options.width,
          .horizon_px = options.height * 0.43 + scene.ego.pitch_px * options.height / 160.0,
          .yaw = scene.ego.yaw,
          .curve = scene.street.curve,
          .ego_right = ego.right,
          .ego_along = ego.along};
}

}  // namespace spotter::world
