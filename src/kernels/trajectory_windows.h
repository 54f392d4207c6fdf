// Displacement errors over every window of an agent's path: the evaluation of the trajectory
// literature, for the constant-velocity guess and for proposals of a model.
#pragma once
#include <cstdint>
#include <functional>
#include <span>

#include "kernels/trajectories.h"

namespace spotter::kernels {

struct WindowShape {
  std::size_t observed = 8;
  std::size_t predicted = 12;
  [[nodiscard]] std::size_t rows() const { return observed + predicted; }
};

// Sums over windows; figures are means. ADE and FDE in metres.
struct DisplacementSums {
  std::int64_t windows = 0;
  double ade = 0;
  double fde = 0;
  std::int64_t misses = 0;  // windows whose final displacement is over kMissMetres

  void add(double average, double final);
  void add(const DisplacementSums& other);
};

// Every run of observed + predicted consecutive rows, by its first row; none of a shorter path.
void for_each_window(std::span<const Point> path, WindowShape shape,
                     const std::function<void(std::size_t first, std::span<const Point> observed,
                                              std::span<const Point> future)>& visit);

// The errors of going on as in the last observed step.
[[nodiscard]] DisplacementSums constant_velocity_errors(std::span<const Point> path,
                                                        WindowShape shape);

}  // namespace spotter::kernels
