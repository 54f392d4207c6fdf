// What driving forward does to the picture of a camera that looks along the road, learned from
// detections alone: where the horizon is, and how fast things grow. For trackers; no calibration.
#pragma once
#include <optional>
#include <span>

#include "kernels/tracker.h"

namespace spotter::kernels {

// Pixels; the vanishing point is in the middle of the picture's width.
struct ForwardCamera {
  double centre_x = 0;
  double horizon_y = 0;
  double growth = 0;  // 1 / (focal length × height above the ground), per pixel and metre
};

// What stands on the ground y pixels below the horizon is 1 / (growth y) metres away; after so many
// metres it is nearer by them, and its picture larger around the vanishing point.
[[nodiscard]] ImageMotion motion_of(const ForwardCamera& camera, double metres);

struct Drive {
  std::span<const Detection> before;
  std::span<const Detection> after;
  double metres = 0;  // driven in between
};

// The camera under which the detections of `before`, moved, overlap best with ones of their class
// in `after`: a search over horizons between .25 and .65 of the height and growths in factors of
// 1.15. Nothing when there are fewer than 50 drives of a metre or more, or when no camera explains
// a tenth more than one that stands still. Of many drives an even choice of 500 is taken.
// Deterministic; about 30 ms for 500 drives with ten detections each.
[[nodiscard]] std::optional<ForwardCamera> learn_forward_camera(std::span<const Drive> drives,
                                                                double width, double height);

}  // namespace spotter::kernels
