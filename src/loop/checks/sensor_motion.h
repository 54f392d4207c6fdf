// How the vehicle moved, and where objects of a sensor stood in the picture when the camera looked,
// which was at another time. Private to this folder.
#pragma once
#include <optional>
#include <span>
#include <vector>

#include "loop/checks/check.h"

namespace spotter::checks {

struct VehicleMotion {
  double speed_mps = 0;
  double yaw_rate_radps = 0;
};
// Of each sample: its attributes speed_mps and yaw_rate_radps, else from the poses of neighbouring
// frames (ego_x_m, ego_y_m, ego_yaw_rad and captured_at); nothing where neither says it.
[[nodiscard]] std::vector<std::optional<VehicleMotion>> vehicle_motions(
    std::span<const Sample> samples);

// The boxes of each sample's sensor objects. Without an offset, and where the motion or the place
// in metres is not known, those of the layer. An object's own motion comes from its attributes vx
// and vy (metres a second over ground, sensor frame). Metres become pixels by the map that the
// sequence's own objects show.
[[nodiscard]] std::vector<std::vector<Box>> boxes_at_camera_time(const CheckInput& input,
                                                                 double time_offset_s);

}  // namespace spotter::checks
