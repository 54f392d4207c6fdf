#include "kernels/trajectory_windows.h"

namespace spotter::kernels {

void DisplacementSums::add(double average, double final) {
  ++windows;
  ade += average;
  fde += final;
  misses += final > kMissMetres ? 1 : 0;
}

void DisplacementSums::add(const DisplacementSums& other) {
  windows += other.windows;
  ade += other.ade;
  fde += other.fde;
  misses += other.misses;
}

void for_each_window(
    std::span<const Point> path, WindowShape shape,
    const std::function<void(std::size_t, std::span<const Point>, std::span<const Point>)>& visit) {
  for (std::size_t first = 0; first + shape.rows() <= path.size(); ++first) {
    visit(first, path.subspan(first, shape.observed),
          path.subspan(first + shape.observed, shape.predicted));
  }
}

DisplacementSums constant_velocity_errors(std::span<const Point> path, WindowShape shape) {
  DisplacementSums sums;
  for_each_window(path, shape, [&](std::size_t, auto observed, auto future) {
    const auto guess = constant_velocity(observed, shape.predicted);
    sums.add(average_displacement(guess, future), final_displacement(guess, future));
  });
  return sums;
}

}  // namespace spotter::kernels
