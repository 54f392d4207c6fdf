// How far predicted paths are from what happened: average and final displacement error, the best of
// k proposals, and the constant-velocity guess to beat (Alahi et al., CVPR 2016; Gupta et al., CVPR
// 2018). Points are x, y in metres at equal time steps.
#pragma once
#include <cstddef>
#include <span>
#include <vector>

#include "domain/path.h"

namespace spotter::kernels {

// An end further off than this is a miss, in metres (Argoverse, nuScenes).
inline constexpr double kMissMetres = 2;

// Mean and last distance between points of the same step, over the steps that both have; 0 when
// one is empty.
[[nodiscard]] double average_displacement(std::span<const Point> a, std::span<const Point> b);
[[nodiscard]] double final_displacement(std::span<const Point> a, std::span<const Point> b);

// The last step repeated `steps` times; standing still after a single point. Empty `observed` gives
// an empty path.
[[nodiscard]] PointPath constant_velocity(std::span<const Point> observed, std::size_t steps);

struct BestOf {
  double ade = -1;  // least average displacement; −1 without proposals
  double fde = -1;  // least final displacement, perhaps of another proposal
};
// Over the first `k` proposals.
[[nodiscard]] BestOf best_of(std::span<const PointPath> proposals, std::span<const Point> truth,
                             std::size_t k);

}  // namespace spotter::kernels
