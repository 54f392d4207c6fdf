// Squared Euclidean distance of float vectors with the widest instructions that the machine has.
// The order of summation is the same on every machine (16 sums, no fused multiply-add), and so is
// the result, to the last bit.
#pragma once
#include <cstddef>
#include <span>

namespace spotter::kernels {

// Sum of (a[i] - b[i])^2 over the length of `a`; `b` is as long.
[[nodiscard]] float squared_distance(std::span<const float> a, std::span<const float> b);

}  // namespace spotter::kernels
