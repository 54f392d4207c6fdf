#include "kernels/knn.h"

#include <algorithm>
#include <cmath>

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

// The definition: every distance in double precision, sorted.
std::vector<std::pair<double, std::uint32_t>> brute_force(const Vectors& base,
                                                          std::span<const float> query) {
  std::vector<std::pair<double, std::uint32_t>> all;
  for (std::uint32_t row = 0; row < base.count(); ++row) {
    double sum = 0;
    for (std::size_t i = 0; i < query.size(); ++i) {
      const double d = static_cast<double>(query[i]) - static_cast<double>(base.row(row)[i]);
      sum += d * d;
    }
    all.emplace_back(std::sqrt(sum), row);
  }
  std::sort(all.begin(), all.end());
  return all;
}

TEST(Knn, EqualsBruteForce) {
  for (const std::size_t dimensions : {1U, 3U, 48U, 128U}) {
    const auto base_values = random_values(700 * dimensions, 1);
    const auto query_values = random_values(300 * dimensions, 2);
    const Vectors base{base_values, dimensions};
    const Vectors queries{query_values, dimensions};
    const auto found = nearest_neighbours(queries, base, 7);
    for (std::size_t q = 0; q < queries.count(); ++q) {
      const auto expected = brute_force(base, queries.row(q));
      for (std::size_t i = 0; i < 7; ++i) {
        EXPECT_NEAR(found.distances[q * 7 + i], expected[i].first, 1e-5);
      }
      EXPECT_EQ(found.rows[q * 7], expected[0].second);
    }
  }
}

// All against all computes each pair once; the answer is that of two separate sets. More rows than
// one block, and rows that are equal.
TEST(Knn, AgainstItselfEqualsAgainstACopy) {
  constexpr std::size_t kDimensions = 5;
  auto values = random_values(1111 * kDimensions, 7);
  std::copy_n(values.begin(), 300 * kDimensions, values.end() - 300 * kDimensions);
  const auto copy = values;
  const Vectors vectors{values, kDimensions};
  const Vectors same{copy, kDimensions};
  const auto one = nearest_neighbours(vectors, vectors, 9);
  const auto two = nearest_neighbours(vectors, same, 9);
  EXPECT_EQ(one.rows, two.rows);
  EXPECT_EQ(one.distances, two.distances);
  std::vector<std::uint32_t> group(vectors.count());
  for (std::uint32_t i = 0; i < group.size(); ++i) {
    group[i] = i / 3;
  }
  const auto grouped = nearest_neighbours(vectors, vectors, 9, group, group);
  EXPECT_EQ(grouped.rows, nearest_neighbours(vectors, same, 9, group, group).rows);
}

TEST(Knn, OwnGroupIsNeverANeighbour) {
  const auto values = random_values(200 * 8, 3);
  const Vectors vectors{values, 8};
  std::vector<std::uint32_t> group(200);
  for (std::uint32_t i = 0; i < 200; ++i) {
    group[i] = i / 10;
  }
  const auto found = nearest_neighbours(vectors, vectors, 5, group, group);
  for (std::size_t q = 0; q < 200; ++q) {
    for (std::size_t i = 0; i < 5; ++i) {
      EXPECT_NE(group[found.rows[q * 5 + i]], group[q]);
    }
  }
}

TEST(Knn, TooFewRowsArePaddedAndOtherDimensionsRefused) {
  const auto values = random_values(2 * 4, 4);
  const auto found = nearest_neighbours({values, 4}, {values, 4}, 3);
  EXPECT_EQ(found.rows[0], 0U);
  EXPECT_EQ(found.rows[2], kNoNeighbour);
  EXPECT_TRUE(std::isinf(found.distances[2]));
  EXPECT_TRUE(nearest_neighbours({{}, 4}, {values, 4}, 3).rows.empty());
  EXPECT_THROW((void)nearest_neighbours({values, 2}, {values, 4}, 1), Error);
}

}  // namespace
}  // namespace spotter::kernels
