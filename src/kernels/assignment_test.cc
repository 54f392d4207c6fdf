#include "kernels/assignment.h"

#include <algorithm>
#include <cmath>
#include <map>

#include <gtest/gtest.h>

#include "base/error.h"
#include "base/random.h"

namespace spotter::kernels {
namespace {

using Edges = std::vector<WeightedEdge>;

double total(const Edges& edges, const std::vector<std::int32_t>& columns) {
  double sum = 0;
  for (const auto& e : edges) {
    sum += columns[static_cast<std::size_t>(e.row)] == e.column ? e.weight : 0;
  }
  return sum;
}

// Every way to give each row a free column or none.
double best_by_trying(std::int32_t row, std::int32_t rows, const Edges& edges,
                      std::map<std::int32_t, bool>& used) {
  if (row == rows) {
    return 0;
  }
  double best = best_by_trying(row + 1, rows, edges, used);
  for (const auto& e : edges) {
    if (e.row == row && !used[e.column]) {
      used[e.column] = true;
      best = std::max(best, e.weight + best_by_trying(row + 1, rows, edges, used));
      used[e.column] = false;
    }
  }
  return best;
}

TEST(Assignment, EmptyAndEdgeless) {
  EXPECT_TRUE(max_weight_matching(0, 0, {}).empty());
  EXPECT_EQ(max_weight_matching(2, 3, {}), (std::vector<std::int32_t>{-1, -1}));
}

TEST(Assignment, TakesTheBetterSumAndNotTheBestPair) {
  const Edges edges = {{0, 0, 10}, {0, 1, 9}, {1, 0, 9}, {1, 1, 1}};
  EXPECT_EQ(max_weight_matching(2, 2, edges), (std::vector<std::int32_t>{1, 0}));
}

TEST(Assignment, ARowIsLeftAloneWhenThatIsWorthMore) {
  const Edges edges = {{0, 0, 3}, {1, 0, 5}, {2, 1, -4}, {2, 0, 0}};
  EXPECT_EQ(max_weight_matching(3, 2, edges), (std::vector<std::int32_t>{-1, 0, -1}));
}

TEST(Assignment, AnEdgeOutsideIsRefused) {
  const Edges edges = {{0, 2, 1}};
  EXPECT_THROW((void)max_weight_matching(1, 2, edges), Error);
}

TEST(Assignment, EqualsTryingEverything) {
  Rng rng(4);
  for (int round = 0; round < 3000; ++round) {
    const auto rows = static_cast<std::int32_t>(rng.index(6));
    const auto columns = static_cast<std::int32_t>(rng.index(6));
    const bool whole = round % 2 == 0;  // many ties
    Edges edges;
    for (std::int32_t r = 0; r < rows; ++r) {
      for (std::int32_t c = 0; c < columns; ++c) {
        if (rng.uniform() < 0.6) {
          const double w = rng.uniform() * 8 - 1;
          edges.push_back({r, c, whole ? std::floor(w) : w});
        }
      }
    }
    const auto columns_of = max_weight_matching(rows, columns, edges);
    std::map<std::int32_t, int> uses;
    for (const auto c : columns_of) {
      EXPECT_TRUE(c < 0 || ++uses[c] == 1);
    }
    std::map<std::int32_t, bool> used;
    ASSERT_NEAR(total(edges, columns_of), best_by_trying(0, rows, edges, used), 1e-9)
        << "round " << round;
  }
}

// Too large to try everything: no edge may beat the prices that the dual gives; here by symmetry of
// rows and columns.
TEST(Assignment, RowsAndColumnsMayBeExchanged) {
  Rng rng(5);
  for (int round = 0; round < 20; ++round) {
    Edges edges;
    Edges turned;
    for (std::int32_t r = 0; r < 40; ++r) {
      for (std::int32_t c = 0; c < 70; ++c) {
        if (rng.uniform() < 0.2) {
          const double w = rng.uniform();
          edges.push_back({r, c, w});
          turned.push_back({c, r, w});
        }
      }
    }
    EXPECT_NEAR(total(edges, max_weight_matching(40, 70, edges)),
                total(turned, max_weight_matching(70, 40, turned)), 1e-9);
  }
}

}  // namespace
}  // namespace spotter::kernels
