#include "kernels/column_drift.h"

#include <algorithm>
#include <cmath>

#include <gtest/gtest.h>

#include "base/random.h"
#include "kernels/sort_values.h"

namespace spotter::kernels {
namespace {

std::vector<double> normal_values(std::size_t count, double mean, std::uint64_t seed) {
  Rng rng(seed);
  std::vector<double> values(count);
  std::generate(values.begin(), values.end(), [&] { return mean + rng.normal(); });
  return values;
}

TEST(SortValues, EqualsComparing) {
  for (const std::size_t count : {0U, 1U, 100U, 5000U}) {
    auto values = normal_values(count, 0, 1);
    for (std::size_t i = 0; i < count; i += 3) {
      values[i] = std::round(values[i] * 4);  // ties, zeros of both signs
    }
    auto expected = values;
    std::sort(expected.begin(), expected.end());
    sort_values(values);
    EXPECT_EQ(values, expected);
  }
}

// Tables of the distributions; the same to the digits printed here as scipy 1.17 has them.
TEST(ColumnDrift, TailsAreThoseOfTheTables) {
  EXPECT_NEAR(kolmogorov_tail(1.3581), 0.05, 1e-5);
  EXPECT_NEAR(kolmogorov_tail(1.6276), 0.01, 1e-5);
  EXPECT_EQ(kolmogorov_tail(0), 1);
  EXPECT_NEAR(chi_square_tail(3.841458820694124, 1), 0.05, 1e-12);
  EXPECT_NEAR(chi_square_tail(18.307038053275146, 10), 0.05, 1e-12);
  EXPECT_NEAR(chi_square_tail(200, 10), 1.6139305336977317e-37, 1e-47);
  EXPECT_NEAR(chi_square_quantile(0.05, 10), 18.307038053275146, 1e-9);
  EXPECT_NEAR(chi_square_quantile(0.5, 1000), 999.333412403381, 1e-8);
}

TEST(ColumnDrift, NumbersByHand) {
  std::vector<double> reference = {1, 2, 3, 4};
  std::vector<double> current = {3, 4, 5, 6};
  const auto drift = number_drift(reference, current);
  EXPECT_DOUBLE_EQ(drift.statistic, 0.5);
  EXPECT_DOUBLE_EQ(drift.effect, 0.5);
  std::vector<double> same = {2, 2, 2};
  std::vector<double> also = {2};
  EXPECT_EQ(number_drift(same, also).statistic, 0);
  EXPECT_EQ(number_drift(same, also).p, 1);
}

// scipy.stats.chi2_contingency([[10, 20, 30], [20, 20, 20]], correction=False): 5.333, p 0.06948.
TEST(ColumnDrift, CategoriesAsScipy) {
  const std::vector<double> reference = {10, 20, 30, 0};
  const std::vector<double> current = {20, 20, 20, 0};
  const auto drift = category_drift(reference, current);
  EXPECT_NEAR(drift.statistic, 16.0 / 3, 1e-12);
  EXPECT_NEAR(drift.p, 0.0694834512228015, 1e-12);
  EXPECT_NEAR(drift.effect, 1.0 / 6, 1e-12);
  EXPECT_GT(drift.detectable, drift.effect);
}

TEST(ColumnDrift, AlarmsWithoutDriftAreAsOftenAsPromised) {
  int numbers = 0;
  int categories = 0;
  constexpr int kRounds = 1000;
  for (int round = 0; round < kRounds; ++round) {
    const auto seed = static_cast<std::uint64_t>(round);
    auto reference = normal_values(300, 0, 2 * seed + 1);
    auto current = normal_values(100, 0, 2 * seed + 2);
    numbers += number_drift(reference, current).p <= 0.05 ? 1 : 0;
    std::vector<double> a(5, 0.0);
    std::vector<double> b(5, 0.0);
    Rng rng(seed, "categories");
    for (int i = 0; i < 300; ++i) {
      a[rng.index(5)] += 1;
      b[rng.index(5)] += i < 100 ? 1 : 0;
    }
    categories += category_drift(a, b).p <= 0.05 ? 1 : 0;
  }
  EXPECT_NEAR(numbers, 50, 25);
  EXPECT_NEAR(categories, 50, 25);
}

// An effect at the detectable size has p 0.05.
TEST(ColumnDrift, TheDetectableEffectIsTheOneThatIsJustSeen) {
  auto reference = normal_values(400, 0, 1);
  auto current = normal_values(200, 0, 2);
  const auto drift = number_drift(reference, current);
  const double root = std::sqrt(400.0 * 200.0 / 600.0);
  EXPECT_NEAR(kolmogorov_tail((root + 0.12 + 0.11 / root) * drift.detectable), 0.05, 1e-5);
}

// Frames of a scene are alike: rows as such alarm without drift, whole scenes don't.
TEST(ColumnDrift, WholeScenesAreExchanged) {
  int by_row = 0;
  int by_scene = 0;
  for (std::uint64_t round = 0; round < 40; ++round) {
    Rng rng(round, "scenes");
    std::vector<double> values[2];
    std::vector<std::uint32_t> scenes[2];
    for (std::uint32_t scene = 0; scene < 40; ++scene) {
      const double level = rng.normal();
      for (int frame = 0; frame < 20; ++frame) {
        values[scene % 2].push_back(level + 0.1 * rng.normal());
        scenes[scene % 2].push_back(scene);
      }
    }
    std::vector<double> pooled_values = values[0];
    pooled_values.insert(pooled_values.end(), values[1].begin(), values[1].end());
    const auto pooled = pool_groups(scenes[0], scenes[1]);
    by_row += number_drift(values[0], values[1]).p <= 0.05 ? 1 : 0;
    by_scene +=
        number_drift(pooled_values, pooled, {.permutations = 200, .seed = round}).p <= 0.05 ? 1 : 0;
  }
  EXPECT_GT(by_row, 30);
  EXPECT_LE(by_scene, 6);
}

TEST(ColumnDrift, CategoriesOfWholeScenes) {
  std::vector<std::int32_t> codes;
  std::vector<std::uint32_t> reference;
  std::vector<std::uint32_t> current;
  for (std::uint32_t scene = 0; scene < 20; ++scene) {
    codes.push_back(0);
    codes.push_back(1);
    reference.insert(reference.end(), 2, scene);
  }
  for (std::uint32_t scene = 0; scene < 20; ++scene) {
    codes.push_back(1);
    codes.push_back(1);
    current.insert(current.end(), 2, scene);
  }
  const auto drift = category_drift(codes, 2, pool_groups(reference, current), {});
  EXPECT_DOUBLE_EQ(drift.effect, 0.5);
  EXPECT_LT(drift.p, 0.005);
  EXPECT_LT(drift.detectable, 0.4);
}

}  // namespace
}  // namespace spotter::kernels
