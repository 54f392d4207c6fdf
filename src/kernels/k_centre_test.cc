#include "kernels/k_centre.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>

#include <gtest/gtest.h>

#include "base/error.h"
#include "base/random.h"

namespace spotter::kernels {
namespace {

std::vector<float> random_values(std::size_t count, std::uint64_t seed) {
  Rng rng(seed);
  std::vector<float> values(count);
  std::generate(values.begin(), values.end(), [&] { return static_cast<float>(rng.normal()); });
  return values;
}

// The definition.
std::vector<std::uint32_t> brute_force(const Vectors& vectors, std::size_t count) {
  std::vector<float> nearest(vectors.count(), std::numeric_limits<float>::infinity());
  std::vector<std::uint32_t> chosen = {0};
  while (chosen.size() < count) {
    for (std::size_t row = 0; row < vectors.count(); ++row) {
      nearest[row] =
          std::min(nearest[row], squared_distance(vectors.row(row), vectors.row(chosen.back())));
    }
    const auto best = std::max_element(nearest.begin(), nearest.end());
    chosen.push_back(static_cast<std::uint32_t>(best - nearest.begin()));
  }
  return chosen;
}

TEST(KCentre, EqualsBruteForce) {
  for (const std::size_t dimensions : {1U, 2U, 32U}) {
    const auto values = random_values(900 * dimensions, dimensions);
    const Vectors vectors{values, dimensions};
    EXPECT_EQ(k_centre(vectors, 300).rows, brute_force(vectors, 300));
  }
}

TEST(KCentre, DistancesFallAndAreTrue) {
  const auto values = random_values(500 * 4, 9);
  const Vectors vectors{values, 4};
  const auto chosen = k_centre(vectors, 50, 7);
  ASSERT_EQ(chosen.rows.size(), 50U);
  EXPECT_EQ(chosen.rows[0], 7U);
  for (std::size_t i = 1; i < 50; ++i) {
    float nearest = std::numeric_limits<float>::infinity();
    for (std::size_t j = 0; j < i; ++j) {
      nearest = std::min(
          nearest, squared_distance(vectors.row(chosen.rows[i]), vectors.row(chosen.rows[j])));
    }
    EXPECT_EQ(chosen.distances[i], std::sqrt(nearest));
    EXPECT_LE(chosen.distances[i], chosen.distances[i - 1]);
  }
}

TEST(KCentre, StopsWhereNothingNewIsLeft) {
  const std::vector<float> values = {0, 0, 5, 5, 9};
  const Vectors vectors{values, 1};
  EXPECT_EQ(k_centre(vectors, 5).rows, (std::vector<std::uint32_t>{0, 4, 2}));
  EXPECT_EQ(k_centre(vectors, 5, 0, {}, 4.5F).rows, (std::vector<std::uint32_t>{0, 4}));
  const std::vector<std::uint32_t> taken = {0, 4};
  EXPECT_EQ(k_centre(vectors, 5, 0, taken).rows, (std::vector<std::uint32_t>{2}));
  EXPECT_TRUE(k_centre({}, 5).rows.empty());
}

TEST(Typicality, IsTheDefinition) {
  const std::vector<float> values = {0, 1, 3, 30};
  const auto found = typicality({values, 1}, 2);
  // Distances to the two nearest: 1 3, 1 2, 2 3, 27 29; their mean is 8.5.
  EXPECT_NEAR(found[0], (std::exp(-1 / 8.5) + std::exp(-3 / 8.5)) / 2, 1e-6);
  EXPECT_NEAR(found[3], (std::exp(-27 / 8.5) + std::exp(-29 / 8.5)) / 2, 1e-6);
}

TEST(WeightedSample, DrawsByWeightWithoutReplacement) {
  const std::vector<double> weights = {1, 3, 0, 4};
  int first[4] = {};
  for (std::uint64_t seed = 0; seed < 4000; ++seed) {
    const auto rows = weighted_sample(weights, 4, seed);
    ASSERT_EQ(std::set<std::uint32_t>(rows.begin(), rows.end()),
              (std::set<std::uint32_t>{0, 1, 3}));
    ++first[rows[0]];
  }
  EXPECT_NEAR(first[0], 500, 75);
  EXPECT_NEAR(first[1], 1500, 110);
  EXPECT_NEAR(first[3], 2000, 120);
  EXPECT_EQ(weighted_sample(weights, 2, 5), weighted_sample(weights, 2, 5));
  const std::vector<double> bad = {1, -1};
  EXPECT_THROW((void)weighted_sample(bad, 1, 1), Error);
}

}  // namespace
}  // namespace spotter::kernels
