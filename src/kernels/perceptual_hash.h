// A hash of what a picture looks like: near pictures have hashes that differ in few of 64 bits.
#pragma once
#include <cstdint>
#include <span>

namespace spotter::kernels {

inline constexpr int kHashSide = 32;

// Of a picture shrunk to kHashSide × kHashSide greys, row-major: the lowest 8 × 8 coefficients of
// its two-dimensional cosine transform, one bit each for being above their median (pHash, Zauner
// 2010). Brightness, contrast, size and compression change few bits.
[[nodiscard]] std::uint64_t perceptual_hash(std::span<const float> greys);

}  // namespace spotter::kernels
