#include "kernels/two_sample.h"

#include <cmath>

#include <gtest/gtest.h>

#include "base/random.h"

namespace spotter::kernels {
namespace {

// Scenes of four frames whose values share a scene effect, as frames of one scene do.
struct Windows {
  std::vector<std::uint32_t> reference;
  std::vector<std::uint32_t> current;
  std::vector<double> values;
  std::vector<float> vectors;
  PooledGroups pooled;
};

constexpr std::size_t kDimensions = 16;

Windows make_windows(std::uint64_t seed, std::size_t reference_scenes, std::size_t current_scenes,
                     double shift) {
  Rng rng(seed, "windows");
  Windows w;
  for (std::size_t scene = 0; scene < reference_scenes + current_scenes; ++scene) {
    const bool current = scene >= reference_scenes;
    std::vector<double> scene_effect(kDimensions);
    for (auto& e : scene_effect) {
      e = rng.normal();
    }
    for (int frame = 0; frame < 4; ++frame) {
      (current ? w.current : w.reference).push_back(static_cast<std::uint32_t>(scene));
      w.values.push_back(scene_effect[0] + 0.3 * rng.normal() + (current ? shift : 0));
      for (const double e : scene_effect) {
        w.vectors.push_back(static_cast<float>(e + 0.3 * rng.normal() + (current ? shift : 0)));
      }
    }
  }
  w.pooled = pool_groups(w.reference, w.current);
  return w;
}

// The share of p-values at or below 0.05 over seeds, without drift.
template <typename Test>
double false_alarm_rate(const Test& test) {
  int alarms = 0;
  const int runs = 200;
  for (int seed = 0; seed < runs; ++seed) {
    const auto w = make_windows(static_cast<std::uint64_t>(seed), 40, 20, 0);
    alarms += test(w).p <= 0.05 ? 1 : 0;
  }
  return alarms / static_cast<double>(runs);
}

const PermutationOptions kOptions{.permutations = 199, .seed = 7};

// 200 runs at 5 %: three standard errors are 4.6 percentage points.
TEST(TwoSample, CalibratedWithoutDrift) {
  EXPECT_LE(
      false_alarm_rate([](const Windows& w) { return ks_test(w.values, w.pooled, kOptions); }),
      0.096);
  EXPECT_LE(
      false_alarm_rate([](const Windows& w) { return mean_test(w.values, w.pooled, kOptions); }),
      0.096);
  EXPECT_LE(false_alarm_rate(
                [](const Windows& w) { return stability_test(w.values, w.pooled, kOptions); }),
            0.096);
  EXPECT_LE(false_alarm_rate([](const Windows& w) {
              return energy_test({w.vectors, kDimensions}, w.pooled, kOptions);
            }),
            0.096);
}

// The reason for permuting scenes: the same test over frames alarms far too often.
TEST(TwoSample, PermutingFramesWouldAlarmWithoutDrift) {
  const double rate = false_alarm_rate([](const Windows& w) {
    std::vector<std::uint32_t> reference(w.reference.size());
    std::vector<std::uint32_t> current(w.current.size());
    for (std::uint32_t i = 0; i < reference.size(); ++i) {
      reference[i] = i;
    }
    for (std::uint32_t i = 0; i < current.size(); ++i) {
      current[i] = i;
    }
    return mean_test(w.values, pool_groups(reference, current), kOptions);
  });
  EXPECT_GE(rate, 0.2);
}

TEST(TwoSample, DriftIsSeen) {
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    const auto w = make_windows(seed, 60, 40, 1.2);
    EXPECT_LE(ks_test(w.values, w.pooled, kOptions).p, 0.01);
    EXPECT_LE(mean_test(w.values, w.pooled, kOptions).p, 0.01);
    EXPECT_LE(stability_test(w.values, w.pooled, kOptions).p, 0.01);
    const auto energy = energy_test({w.vectors, kDimensions}, w.pooled, kOptions);
    EXPECT_LE(energy.p, 0.01);
    EXPECT_GT(energy.statistic, energy.detectable);
  }
}

TEST(TwoSample, StatisticsEqualTheDefinitions) {
  const std::vector<std::uint32_t> reference = {0, 1, 2, 3};
  const std::vector<std::uint32_t> current = {0, 1};
  const auto pooled = pool_groups(reference, current);
  EXPECT_EQ(pooled.is_current.size(), 6U);
  const std::vector<double> values = {1, 2, 3, 4, 3, 5};
  EXPECT_NEAR(ks_test(values, pooled, kOptions).statistic, 0.5, 1e-12);
  const double deviation = std::sqrt(5.0 / 3);
  EXPECT_NEAR(mean_test(values, pooled, kOptions).statistic, 1.5 / deviation, 1e-12);
  const std::vector<float> rows = {0, 0, 0, 0, 1, 1};
  EXPECT_NEAR(energy_test({rows, 1}, pooled, kOptions).statistic, 1, 1e-6);
}

TEST(TwoSample, SameSeedSameAnswer) {
  const auto w = make_windows(3, 30, 30, 0.3);
  EXPECT_EQ(ks_test(w.values, w.pooled, kOptions).p, ks_test(w.values, w.pooled, kOptions).p);
}

}  // namespace
}  // namespace spotter::kernels
