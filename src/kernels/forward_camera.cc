#include "kernels/forward_camera.h"

#include <algorithm>
#include <vector>

namespace spotter::kernels {
namespace {

constexpr std::size_t kDrivesMin = 50;
constexpr std::size_t kDrivesMax = 500;
constexpr double kMetresMin = 1;
constexpr double kOverlapMin = 0.3;  // less is two things
constexpr double kGain = 1.1;        // over a camera that stands still

// Sum of overlaps of moved detections with the best ones of their class.
double agreement(std::span<const Drive> drives, const ForwardCamera& camera) {
  double sum = 0;
  for (const auto& drive : drives) {
    const ImageMotion motion = motion_of(camera, drive.metres);
    for (const auto& d : drive.before) {
      const Box expected = moved(d.box, motion);
      double best = 0;
      for (const auto& e : drive.after) {
        if (e.class_index == d.class_index) {
          best = std::max(best, iou(expected, e.box));
        }
      }
      sum += best >= kOverlapMin ? best : 0;
    }
  }
  return sum;
}

}  // namespace

ImageMotion motion_of(const ForwardCamera& camera, double metres) {
  const double k = camera.growth * metres;
  const double x = camera.centre_x;
  const double y = camera.horizon_y;
  return {1, -k * x, k * x * y, 0, 1 - k * y, k * y * y, 0, -k, 1 + k * y};
}

std::optional<ForwardCamera> learn_forward_camera(std::span<const Drive> drives, double width,
                                                  double height) {
  std::vector<Drive> moving;
  for (const auto& drive : drives) {
    if (drive.metres >= kMetresMin && !drive.before.empty() && !drive.after.empty()) {
      moving.push_back(drive);
    }
  }
  if (moving.size() < kDrivesMin) {
    return std::nullopt;
  }
  std::vector<Drive> chosen;
  for (std::size_t i = 0; i < std::min(moving.size(), kDrivesMax); ++i) {
    chosen.push_back(moving[i * moving.size() / std::min(moving.size(), kDrivesMax)]);
  }
  ForwardCamera best{.centre_x = width / 2, .horizon_y = height / 2};
  const double still = agreement(chosen, best);
  double most = still;
  for (double horizon = 0.25; horizon < 0.66; horizon += 0.02) {
    // From a camera 4 m above the road and a wide picture to one 0.5 m above and a narrow one.
    for (double growth = 0.1; growth < 4; growth *= 1.15) {
      const ForwardCamera camera{
          .centre_x = width / 2, .horizon_y = horizon * height, .growth = growth / width};
      const double sum = agreement(chosen, camera);
      if (sum > most) {
        most = sum;
        best = camera;
      }
    }
  }
  return most > kGain * still ? std::optional(best) : std::nullopt;
}

}  // namespace spotter::kernels
