// Adding up in NumPy's order, where a figure must agree with a program written on NumPy.
#pragma once
#include <algorithm>
#include <array>
#include <cstddef>
#include <span>

namespace spotter::kernels {

// The sum as NumPy adds it up: pairwise, in blocks of 128 with eight accumulators. More exact than
// one running sum, and the only way to agree with NumPy's programs to the last digit.
template <typename Real>
[[nodiscard]] Real pairwise_sum(std::span<const Real> v) {
  if (v.size() < 8) {
    Real sum = 0;
    for (const Real x : v) {
      sum += x;
    }
    return sum;
  }
  if (v.size() <= 128) {
    std::array<Real, 8> part{};
    std::copy_n(v.begin(), 8, part.begin());
    std::size_t i = 8;
    for (; i + 8 <= v.size(); i += 8) {
      for (std::size_t j = 0; j < 8; ++j) {
        part[j] += v[i + j];
      }
    }
    Real sum =
        ((part[0] + part[1]) + (part[2] + part[3])) + ((part[4] + part[5]) + (part[6] + part[7]));
    for (; i < v.size(); ++i) {
      sum += v[i];
    }
    return sum;
  }
  const std::size_t half = v.size() / 2 - v.size() / 2 % 8;
  return pairwise_sum(v.first(half)) + pairwise_sum(v.subspan(half));
}

}  // namespace spotter::kernels
