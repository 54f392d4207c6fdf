#include "kernels/perceptual_hash.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

#include "base/error.h"

namespace spotter::kernels {
namespace {

constexpr std::size_t kSide = kHashSide;
constexpr std::size_t kKept = 8;
using Rows = std::array<std::array<float, kSide>, kKept>;

// The first rows of the cosine transform (DCT-II).
Rows cosines() {
  Rows rows{};
  for (std::size_t k = 0; k < kKept; ++k) {
    for (std::size_t i = 0; i < kSide; ++i) {
      rows[k][i] = static_cast<float>(std::cos(std::numbers::pi * static_cast<double>(k) *
                                               (2.0 * static_cast<double>(i) + 1) / (2.0 * kSide)));
    }
  }
  return rows;
}

}  // namespace

std::uint64_t perceptual_hash(std::span<const float> greys) {
  require(greys.size() == kSide * kSide, "perceptual_hash: 32 x 32 greys");
  static const Rows rows = cosines();
  std::array<std::array<float, kSide>, kKept> down{};  // transformed along y
  for (std::size_t k = 0; k < kKept; ++k) {
    for (std::size_t y = 0; y < kSide; ++y) {
      for (std::size_t x = 0; x < kSide; ++x) {
        down[k][x] += rows[k][y] * greys[y * kSide + x];
      }
    }
  }
  std::array<float, kKept * kKept> low{};
  for (std::size_t k = 0; k < kKept; ++k) {
    for (std::size_t m = 0; m < kKept; ++m) {
      for (std::size_t x = 0; x < kSide; ++x) {
        low[k * kKept + m] += rows[m][x] * down[k][x];
      }
    }
  }
  auto sorted = low;
  std::sort(sorted.begin(), sorted.end());
  const float median = (sorted[31] + sorted[32]) / 2;
  std::uint64_t hash = 0;
  for (std::size_t i = 0; i < low.size(); ++i) {
    hash |= static_cast<std::uint64_t>(low[i] > median) << i;
  }
  return hash;
}

}  // namespace spotter::kernels
