#include "kernels/overlapping_cells.h"

#include <algorithm>
#include <numeric>
#include <set>
#include <utility>

#include <gtest/gtest.h>

#include "base/random.h"
#include "kernels/knn.h"

namespace spotter::kernels {
namespace {

// Five clusters in four dimensions, of which the last tells nothing.
std::vector<float> clustered(std::size_t rows) {
  Rng rng(3);
  std::vector<float> values;
  for (std::size_t row = 0; row < rows; ++row) {
    const auto cluster = static_cast<double>(rng.index(5));
    for (std::size_t d = 0; d < 4; ++d) {
      values.push_back(static_cast<float>(d == 3 ? 0.01 * rng.normal() : cluster + rng.normal()));
    }
  }
  return values;
}

Cells all_cells(const UncertainPoints& points, const std::vector<std::uint32_t>& members,
                float reach) {
  Cells all;
  overlapping_cells(points, members, reach, 64, [&](const Cells& cells) {
    for (const auto end : cells.ends) {
      all.ends.push_back(all.points.size() + end);
    }
    all.points.insert(all.points.end(), cells.points.begin(), cells.points.end());
  });
  return all;
}

TEST(OverlappingCells, NearPointsShareOne) {
  constexpr std::uint32_t kRows = 1500;
  constexpr float kReach = 0.3F;
  const auto values = clustered(kRows);
  const Vectors vectors{values, 4};
  std::vector<float> errors(kRows, 0.01F);
  std::vector<std::uint32_t> members(kRows);
  std::iota(members.begin(), members.end(), 0U);
  const auto cells = all_cells({values, 4, errors}, members, kReach);
  EXPECT_GT(cells.ends.size(), 20U);
  EXPECT_LT(cells.points.size(), 15 * kRows);
  ASSERT_EQ(cells.ends.back(), cells.points.size());
  std::set<std::pair<std::uint32_t, std::uint32_t>> together;
  std::size_t begin = 0;
  for (const auto end : cells.ends) {
    for (std::size_t i = begin; i < end; ++i) {
      for (std::size_t j = begin; j < end; ++j) {
        together.emplace(cells.points[i], cells.points[j]);
      }
    }
    begin = end;
  }
  // True places are off by up to the errors, so pairs somewhat farther apart must meet too.
  constexpr float kFar = kReach + 0.02F;
  for (std::uint32_t i = 0; i < kRows; ++i) {
    for (std::uint32_t j = 0; j < kRows; ++j) {
      if (squared_distance(vectors.row(i), vectors.row(j)) < 0.999F * kFar * kFar) {
        ASSERT_TRUE(together.contains({i, j})) << i << " " << j;
      }
    }
  }
  EXPECT_LT(together.size(), std::size_t{kRows} * kRows / 4);
}

TEST(OverlappingCells, OneCellWhereCutsDoNotHelp) {
  const auto values = clustered(500);
  std::vector<std::uint32_t> members(500);
  std::iota(members.begin(), members.end(), 0U);
  const std::vector<float> errors(500, 0.0F);
  const auto cells = all_cells({values, 4, errors}, members, 20);
  ASSERT_EQ(cells.ends, std::vector<std::size_t>{500});
  EXPECT_EQ(cells.points, members);
}

}  // namespace
}  // namespace spotter::kernels
