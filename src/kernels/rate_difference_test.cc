#include "kernels/rate_difference.h"

#include <vector>

#include <gtest/gtest.h>

#include "base/random.h"

namespace spotter::kernels {
namespace {

std::vector<SceneRates> drawn(Rng& rng, int scenes, double first, double second) {
  std::vector<SceneRates> result;
  for (int s = 0; s < scenes; ++s) {
    SceneRates scene;
    const double hard = 0.6 * (rng.uniform() - 0.5);  // scenes differ: their frames are alike
    for (int i = 0; i < 8; ++i) {
      scene.first_failed += rng.chance(first + hard) ? 1 : 0;
      scene.second_failed += rng.chance(second + hard) ? 1 : 0;
    }
    scene.first_units = scene.second_units = 8;
    result.push_back(scene);
  }
  return result;
}

TEST(RateDifference, SharesAreOverAllUnits) {
  const std::vector<SceneRates> scenes = {{1, 2, 0, 2}, {3, 8, 2, 8}};
  const auto d = rate_difference(scenes);
  EXPECT_DOUBLE_EQ(d.first, 0.4);
  EXPECT_DOUBLE_EQ(d.second, 0.2);
  EXPECT_LE(d.low, -0.2);
  EXPECT_GE(d.high, -0.2);
}

TEST(RateDifference, OneSceneDecidesNothing) {
  const std::vector<SceneRates> scenes = {{100, 100, 0, 100}};
  const auto d = rate_difference(scenes);
  EXPECT_EQ(d.p_fall, 1);
  EXPECT_EQ(d.low, -1);
  EXPECT_EQ(d.high, 1);
  EXPECT_EQ(rate_difference({}).p_fall, 1);
}

TEST(RateDifference, AFewScenesThatAgreeProveLittle) {
  const auto p = [](std::size_t count) {
    return rate_difference(std::vector<SceneRates>(count, {20, 20, 0, 20})).p_fall;
  };
  EXPECT_GT(p(2), 0.05);
  EXPECT_LT(p(6), 0.01);
  EXPECT_LT(p(20), p(6));
}

// Under no difference, false alarms of a one-sided test at 5 %, over 2,000 drawn pairs.
TEST(RateDifference, KeepsItsLevelAndSeesWhatIsThere) {
  Rng rng(11, "rates");
  constexpr int kDraws = 2000;
  int alarms = 0;
  int seen = 0;
  int covered = 0;
  for (int i = 0; i < kDraws; ++i) {
    const auto same = rate_difference(drawn(rng, 12, 0.4, 0.4));
    alarms += same.p_rise < 0.05 ? 1 : 0;
    covered += same.low <= 0 && same.high >= 0 ? 1 : 0;
    seen += rate_difference(drawn(rng, 12, 0.3, 0.65)).p_rise < 0.05 ? 1 : 0;
  }
  EXPECT_LE(alarms, kDraws * 6 / 100);
  EXPECT_GE(covered, kDraws * 94 / 100);
  EXPECT_GE(seen, kDraws * 60 / 100);
}

TEST(RateDifference, TheIntervalOfOneModelHoldsTheTruth) {
  Rng rng(12, "rates");
  int covered = 0;
  for (int i = 0; i < 1000; ++i) {
    const auto r = rate_interval(drawn(rng, 15, 0.35, 0.35));
    covered += r.low <= 0.35 && r.high >= 0.35 ? 1 : 0;
  }
  EXPECT_GE(covered, 930);
}

}  // namespace
}  // namespace spotter::kernels
