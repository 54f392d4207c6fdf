#include "kernels/products.h"

#include <cmath>
#include <limits>
#include <set>

#include <gtest/gtest.h>

#include "base/random.h"
#include "kernels/distance.h"

namespace spotter::kernels {
namespace {

std::vector<float> random_values(std::size_t count, std::uint64_t seed) {
  Rng rng(seed);
  std::vector<float> values(count);
  for (auto& value : values) {
    value = static_cast<float>(rng.normal());
  }
  return values;
}

TEST(BlockProducts, EqualSumsInDoublePrecision) {
  BlockProducts products;
  for (const std::size_t dimensions : {1U, 7U, 256U, 513U}) {
    for (const auto& [left, right] : {std::pair{1U, 1U}, {5U, 70U}, {100U, 33U}, {48U, 64U}}) {
      const auto a = random_values(left * dimensions, 1);
      const auto b = random_values(right * dimensions, 2);
      products.set_left(a, dimensions);
      products.set_right(b, dimensions);
      products.multiply();
      ASSERT_EQ(products.left_count(), left);
      for (std::size_t i = 0; i < left; ++i) {
        ASSERT_EQ(products.row(i).size(), right);
        for (std::size_t j = 0; j < right; ++j) {
          double sum = 0;
          for (std::size_t k = 0; k < dimensions; ++k) {
            sum += static_cast<double>(a[i * dimensions + k]) *
                   static_cast<double>(b[j * dimensions + k]);
          }
          ASSERT_NEAR(products.row(i)[j], sum, 1e-6 * static_cast<double>(dimensions) + 1e-6);
        }
      }
    }
  }
}

TEST(BlockProducts, FindsThoseAboveTheirBars) {
  BlockProducts products;
  for (const std::size_t dimensions : {1U, 32U, 256U}) {
    constexpr std::size_t kLeft = 50;
    constexpr std::size_t kRight = 70;
    auto left = random_values(kLeft * dimensions, 5);
    left[0] = std::numeric_limits<float>::quiet_NaN();
    const auto right = random_values(kRight * dimensions, 6);
    auto left_bars = random_values(kLeft, 7);
    left_bars[1] = std::numeric_limits<float>::infinity();
    const auto right_bars = random_values(kRight, 8);
    products.set_left(left, dimensions);
    products.set_right(right, dimensions);
    products.multiply();
    std::set<BlockProducts::Pair> wanted;
    for (std::uint32_t i = 0; i < kLeft; ++i) {
      for (std::uint32_t j = 0; j < kRight; ++j) {
        if (products.row(i)[j] >= left_bars[i] + right_bars[j]) {
          wanted.emplace(i, j);
        }
      }
    }
    std::vector<BlockProducts::Pair> found;
    products.find(left_bars, right_bars, found);
    EXPECT_EQ(std::set(found.begin(), found.end()), wanted) << dimensions;
    EXPECT_EQ(found.size(), wanted.size());
    EXPECT_GT(wanted.size(), 500U);
  }
}

TEST(SquaredDistance, EqualsSumInDoublePrecision) {
  for (const std::size_t dimensions : {0U, 1U, 15U, 16U, 17U, 512U}) {
    const auto a = random_values(dimensions, 3);
    const auto b = random_values(dimensions, 4);
    double sum = 0;
    for (std::size_t i = 0; i < dimensions; ++i) {
      const double d = static_cast<double>(a[i]) - static_cast<double>(b[i]);
      sum += d * d;
    }
    EXPECT_NEAR(squared_distance(a, b), sum, 1e-6 * sum + 1e-12);
  }
}

}  // namespace
}  // namespace spotter::kernels
