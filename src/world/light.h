// Light and air: sun and sky by day, head lights and street lamps by night, haze by distance.
// Colours only; nothing here moves a label.
#pragma once
#include <cmath>

#include "world/scene.h"
#include "world/shapes.h"

namespace spotter::world {

struct Lighting {
  Rgb sky;               // diffuse light from above
  Rgb sun;               // direct light
  double sun_right = 0;  // unit vector towards the sun
  double sun_up = 1;
  double sun_along = 0;
  double shadow_side = 0;  // the side whose houses throw shade on the road, 0 = none
  double shadow_from = 0;  // metres from the middle, towards that side
  Rgb haze;
  double haze_per_m = 0;
  bool night = false;
  double lamp_right = 0;  // metres from the middle; 0 = no lamps
  double ego_right = 0;
  double ego_along = 0;
  double wet = 0;  // 0..1: how much the ground mirrors

  // The light that falls on a surface at `place` with the normal (right, up, along).
  [[nodiscard]] Rgb falling(const Place& place, const Place& normal) const;
  [[nodiscard]] float haze_share(double distance_m) const {
    return 1 - f32(std::exp(-std::max(0.0, distance_m) * haze_per_m));
  }
};

[[nodiscard]] Lighting make_lighting(const Scene& scene, double seconds);

}  // namespace spotter::world
