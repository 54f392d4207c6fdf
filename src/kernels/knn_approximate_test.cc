#include "kernels/knn_approximate.h"

#include <algorithm>
#include <set>

#include <gtest/gtest.h>

#include "base/random.h"

namespace spotter::kernels {
namespace {

std::vector<float> random_values(std::size_t count, std::uint64_t seed) {
  Rng rng(seed);
  std::vector<float> values(count);
  std::generate(values.begin(), values.end(), [&] { return static_cast<float>(rng.normal()); });
  return values;
}

TEST(ApproximateNeighbours, StatesTheRecallThatItHas) {
  constexpr std::size_t kDimensions = 16;
  const auto base_values = random_values(3000 * kDimensions, 1);
  const auto query_values = random_values(100 * kDimensions, 2);
  const Vectors base{base_values, kDimensions};
  const Vectors queries{query_values, kDimensions};
  const auto exact = nearest_neighbours(queries, base, 10);
  for (const std::size_t width : {10U, 200U}) {
    const auto found = approximate_neighbours(queries, base, 10, false,
                                              {.search_width = width, .recall_queries = 100});
    std::size_t hits = 0;
    for (std::size_t q = 0; q < queries.count(); ++q) {
      const std::set<std::uint32_t> truth(exact.rows.begin() + static_cast<long>(q * 10),
                                          exact.rows.begin() + static_cast<long>(q * 10 + 10));
      for (std::size_t i = 0; i < 10; ++i) {
        hits += truth.count(found.found.rows[q * 10 + i]);
      }
    }
    EXPECT_DOUBLE_EQ(found.recall, static_cast<double>(hits) / 1000);
    EXPECT_EQ(found.recall_queries, 100U);
    EXPECT_GT(found.recall, width == 200 ? 0.98 : 0.5);
  }
}

TEST(ApproximateNeighbours, ARowIsNotItsOwnNeighbour) {
  const auto values = random_values(2000 * 8, 3);
  const Vectors vectors{values, 8};
  const auto found = approximate_neighbours(vectors, vectors, 5, true, {});
  for (std::size_t row = 0; row < vectors.count(); ++row) {
    for (std::size_t i = 0; i < 5; ++i) {
      EXPECT_NE(found.found.rows[row * 5 + i], row);
      EXPECT_NE(found.found.rows[row * 5 + i], kNoNeighbour);
    }
  }
  EXPECT_GT(found.recall, 0.95);
}

TEST(ApproximateNeighbours, FewRowsArePadded) {
  const std::vector<float> values = {0, 0, 3, 4};
  const Vectors vectors{values, 2};
  const auto found = approximate_neighbours(vectors, vectors, 3, true, {});
  EXPECT_EQ(found.found.rows[0], 1U);
  EXPECT_FLOAT_EQ(found.found.distances[0], 5);
  EXPECT_EQ(found.found.rows[1], kNoNeighbour);
  EXPECT_EQ(found.recall, 1);
}

}  // namespace
}  // namespace spotter::kernels
