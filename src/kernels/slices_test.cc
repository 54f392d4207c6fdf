#include "kernels/slices.h"

#include <algorithm>
#include <cmath>
#include <set>

#include <gtest/gtest.h>

#include "base/random.h"
#include "kernels/false_discovery.h"

namespace spotter::kernels {
namespace {

// Rows in scenes, with `columns` columns of `values` values each that are constant in a scene.
struct Rows {
  std::vector<std::uint32_t> scene;
  std::vector<std::vector<int>> value;     // [column][row]
  std::vector<SlicePredicate> predicates;  // column-major: column * values + value
  int values = 0;
};

Rows make_rows(Rng& rng, std::size_t scenes, std::size_t frames, int columns, int values) {
  Rows rows;
  rows.values = values;
  rows.value.resize(static_cast<std::size_t>(columns));
  const std::size_t count = scenes * frames;
  for (std::size_t s = 0; s < scenes; ++s) {
    for (std::size_t f = 0; f < frames; ++f) {
      rows.scene.push_back(static_cast<std::uint32_t>(s));
    }
    for (auto& column : rows.value) {
      const int v = static_cast<int>(rng.index(static_cast<std::uint64_t>(values)));
      column.insert(column.end(), frames, v);
    }
  }
  for (int c = 0; c < columns; ++c) {
    for (int v = 0; v < values; ++v) {
      SlicePredicate predicate{c, RowSet(count), 1};
      for (std::size_t row = 0; row < count; ++row) {
        if (rows.value[static_cast<std::size_t>(c)][row] == v) {
          predicate.rows.add(row);
        }
      }
      rows.predicates.push_back(std::move(predicate));
    }
  }
  return rows;
}

// Each scene has a failing rate of its own around `base`, so that rows of a scene fail together.
RowSet failing_rows(Rng& rng, const Rows& rows, double base, const RowSet* planted,
                    double planted_rate) {
  RowSet failing(rows.scene.size());
  double rate = 0;
  for (std::size_t row = 0; row < rows.scene.size(); ++row) {
    if (row == 0 || rows.scene[row] != rows.scene[row - 1]) {
      rate = std::clamp(base * (rng.chance(0.3) ? 2.5 : 0.36), 0.0, 1.0);
    }
    const bool inside = planted != nullptr && planted->has(row);
    if (rng.chance(inside ? planted_rate : rate)) {
      failing.add(row);
    }
  }
  return failing;
}

TEST(Slices, NullDataGivesAtMostFivePercentFalseModes) {
  int false_runs = 0;
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    Rng rng(seed, "null");
    const auto rows = make_rows(rng, 150, 4, 5, 4);
    const auto failing = failing_rows(rng, rows, 0.15, nullptr, 0);
    false_runs += find_slices(rows.predicates, failing, rows.scene, {}).empty() ? 0 : 1;
  }
  EXPECT_LE(false_runs, 10) << "of 200 runs on data without a slice";
}

TEST(Slices, PlantedSingleSliceIsFoundAloneAndFirst) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    Rng rng(seed, "single");
    const auto rows = make_rows(rng, 300, 4, 5, 5);
    const std::size_t planted = 7;
    const auto failing = failing_rows(rng, rows, 0.08, &rows.predicates[planted].rows, 0.6);
    const auto found = find_slices(rows.predicates, failing, rows.scene, {});
    ASSERT_EQ(found.size(), 1U) << "seed " << seed;
    EXPECT_EQ(found[0].predicates, std::vector<std::size_t>{planted});
    EXPECT_GT(found[0].rate_inside, 4 * found[0].rate_outside);
  }
}

TEST(Slices, PlantedPairIsFoundAsPair) {
  int exact = 0;
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    Rng rng(seed, "pair");
    const auto rows = make_rows(rng, 600, 4, 4, 3);
    const RowSet planted = rows.predicates[1].rows & rows.predicates[5].rows;
    const auto failing = failing_rows(rng, rows, 0.06, &planted, 0.7);
    const auto found = find_slices(rows.predicates, failing, rows.scene, {});
    ASSERT_FALSE(found.empty());
    exact += found.size() == 1 && found[0].predicates == std::vector<std::size_t>{1, 5} ? 1 : 0;
  }
  EXPECT_GE(exact, 19);
}

TEST(Slices, TwoPlantedSlicesAreBothFound) {
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    Rng rng(seed, "two");
    const auto rows = make_rows(rng, 500, 4, 4, 4);
    RowSet planted = rows.predicates[2].rows;
    planted |= rows.predicates[9].rows;
    const auto failing = failing_rows(rng, rows, 0.06, &planted, 0.6);
    const auto found = find_slices(rows.predicates, failing, rows.scene, {});
    std::set<std::vector<std::size_t>> sets;
    for (const auto& slice : found) {
      sets.insert(slice.predicates);
    }
    EXPECT_TRUE(sets.contains({2}) && sets.contains({9})) << "seed " << seed;
  }
}

// A column that follows the planted one (as the week follows the rain season) is not reported too.
TEST(Slices, CorrelatedColumnIsNotReportedTwice) {
  Rng rng(5, "proxy");
  auto rows = make_rows(rng, 400, 4, 3, 4);
  SlicePredicate proxy{3, rows.predicates[0].rows, 1};
  for (std::size_t row = 0; row < rows.scene.size(); ++row) {
    if (rows.scene[row] % 2 == 0) {
      proxy.rows.add(row);
    }
  }
  rows.predicates.push_back(proxy);
  const auto failing = failing_rows(rng, rows, 0.05, &rows.predicates[0].rows, 0.6);
  const auto found = find_slices(rows.predicates, failing, rows.scene, {});
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].predicates, std::vector<std::size_t>{0});
}

TEST(Slices, OneBadSceneIsNotASlice) {
  Rng rng(3, "scene");
  auto rows = make_rows(rng, 100, 40, 3, 3);
  SlicePredicate vehicle{3, RowSet(rows.scene.size()), 1};
  RowSet failing(rows.scene.size());
  for (std::size_t row = 0; row < rows.scene.size(); ++row) {
    if (rows.scene[row] == 17) {
      vehicle.rows.add(row);
      failing.add(row);
    } else if (rng.chance(0.02)) {
      failing.add(row);
    }
  }
  rows.predicates.push_back(vehicle);
  EXPECT_TRUE(find_slices(rows.predicates, failing, rows.scene, {}).empty());
}

TEST(Slices, EmptyAndFullInputsGiveNothing) {
  EXPECT_TRUE(find_slices({}, RowSet(0), {}, {}).empty());
  const std::vector<std::uint32_t> scene(50, 0);
  const std::vector<SlicePredicate> all = {{0, RowSet(50, true), 1}};
  EXPECT_TRUE(find_slices(all, RowSet(50, true), scene, {}).empty());
}

TEST(Slices, HypergeometricTailEqualsEnumeration) {
  // 10 items, 4 marked, 3 drawn: P(X>=2) = (C(4,2)C(6,1) + C(4,3)) / C(10,3) = 40/120.
  EXPECT_NEAR(hypergeometric_tail(10, 4, 3, 2), 40.0 / 120.0, 1e-12);
  EXPECT_NEAR(hypergeometric_tail(10, 4, 3, 0), 1, 1e-12);
  EXPECT_NEAR(hypergeometric_tail(10, 4, 3, 3), 4.0 / 120.0, 1e-12);
  EXPECT_NEAR(hypergeometric_tail(10, 8, 9, 7), 1, 1e-12);
}

TEST(Slices, DesignEffectIsOneForIndependentRowsAndGrowsWithClusters) {
  Rng rng(1, "design");
  std::vector<std::uint32_t> alone;
  std::vector<std::uint32_t> fours;
  RowSet failing(4000);
  RowSet together(4000);
  bool fails = false;
  for (std::uint32_t row = 0; row < 4000; ++row) {
    alone.push_back(row);
    fours.push_back(row / 4);
    if (rng.chance(0.2)) {
      failing.add(row);
    }
    if (row % 4 == 0) {
      fails = rng.chance(0.2);
    }
    if (fails) {
      together.add(row);
    }
  }
  const RowSet all(4000, true);
  EXPECT_NEAR(design_effect(all, failing, alone), 1, 0.01);
  EXPECT_NEAR(design_effect(all, together, fours), 4, 0.05);
}

TEST(FalseDiscovery, EqualsTheDefinition) {
  const std::vector<double> p = {0.01, 0.04, 0.03, std::nan(""), 0.5};
  const auto adjusted = benjamini_hochberg(p);
  EXPECT_NEAR(adjusted[0], 0.04, 1e-12);
  EXPECT_NEAR(adjusted[2], 0.16 / 3, 1e-12);
  EXPECT_NEAR(adjusted[1], 0.16 / 3, 1e-12);
  EXPECT_TRUE(std::isnan(adjusted[3]));
  EXPECT_NEAR(adjusted[4], 0.5, 1e-12);
}

}  // namespace
}  // namespace spotter::kernels
