#include "kernels/trajectories.h"

#include <algorithm>
#include <cmath>

namespace spotter::kernels {
namespace {

double distance(const Point& a, const Point& b) {
  return std::hypot(a[0] - b[0], a[1] - b[1]);
}

double lower(double known, double value) {
  return known < 0 ? value : std::min(known, value);
}

}  // namespace

double average_displacement(std::span<const Point> a, std::span<const Point> b) {
  const std::size_t steps = std::min(a.size(), b.size());
  double sum = 0;
  for (std::size_t i = 0; i < steps; ++i) {
    sum += distance(a[i], b[i]);
  }
  return steps == 0 ? 0 : sum / static_cast<double>(steps);
}

double final_displacement(std::span<const Point> a, std::span<const Point> b) {
  const std::size_t steps = std::min(a.size(), b.size());
  return steps == 0 ? 0 : distance(a[steps - 1], b[steps - 1]);
}

PointPath constant_velocity(std::span<const Point> observed, std::size_t steps) {
  PointPath path;
  if (observed.empty()) {
    return path;
  }
  const Point last = observed.back();
  const Point before = observed.size() < 2 ? last : observed[observed.size() - 2];
  for (std::size_t i = 1; i <= steps; ++i) {
    const auto n = static_cast<double>(i);
    path.push_back({last[0] + n * (last[0] - before[0]), last[1] + n * (last[1] - before[1])});
  }
  return path;
}

BestOf best_of(std::span<const PointPath> proposals, std::span<const Point> truth, std::size_t k) {
  BestOf best;
  for (const auto& path : proposals.first(std::min(k, proposals.size()))) {
    best.ade = lower(best.ade, average_displacement(path, truth));
    best.fde = lower(best.fde, final_displacement(path, truth));
  }
  return best;
}

}  // namespace spotter::kernels
