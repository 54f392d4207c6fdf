#include "kernels/calibration.h"

#include <algorithm>
#include <cmath>

#include <gtest/gtest.h>

#include "base/error.h"
#include "base/random.h"

namespace spotter::kernels {
namespace {

struct Rows {
  std::vector<double> scores;
  std::vector<std::uint8_t> right;
  [[nodiscard]] Scored scored() const { return {scores, right}; }
};

// A model whose logits are `sharpness` times too large.
Rows model(std::size_t count, double sharpness, std::uint64_t seed) {
  Rng rng(seed);
  Rows rows;
  for (std::size_t i = 0; i < count; ++i) {
    const double logit = 2 * rng.normal();
    rows.right.push_back(rng.chance(1 / (1 + std::exp(-logit))) ? 1 : 0);
    rows.scores.push_back(1 / (1 + std::exp(-logit * sharpness)));
  }
  return rows;
}

const Rows kFour = {{.9, .8, .3, .1}, {1, 0, 1, 0}};

TEST(Calibration, HandComputed) {
  // Two bins of equal width: {.3, .1} one right of mean score .2, {.9, .8} one right of .85.
  EXPECT_NEAR(ece_equal_width(kFour.scored(), 2), (.5 * .3 + .5 * .35), 1e-15);
  EXPECT_NEAR(ece_equal_mass(kFour.scored(), 2), (.5 * .3 + .5 * .35), 1e-15);
  EXPECT_NEAR(ece_equal_width(kFour.scored(), 10), (.1 + .8 + .7 + .1) / 4, 1e-15);
  EXPECT_NEAR(brier(kFour.scored()), (.01 + .64 + .49 + .01) / 4, 1e-15);
  EXPECT_NEAR(overconfidence(kFour.scored()), 2.1 / 4 - .5, 1e-15);
  EXPECT_EQ(ece_equal_width({}, 15), 0);
  EXPECT_EQ(ece_equal_mass({}, 15), 0);
}

TEST(Calibration, PlacesSplitTheBins) {
  // On the left overconfident, on the right underconfident: together it looks calibrated.
  const Rows rows = {{.5, .5, .5, .5}, {0, 0, 1, 1}};
  const std::vector<double> x = {.1, .2, .8, .9};
  EXPECT_NEAR(ece_equal_width(rows.scored(), 4), 0, 1e-15);
  EXPECT_NEAR(detection_ece(rows.scored(), x, 1, 2, 1), .5, 1e-15);
  EXPECT_EQ(detection_ece(rows.scored(), x, 1, 2, 3), 0);  // no bin has three rows
}

// Quadratic, from the definition.
double by_definition(const Rows& rows, std::size_t bins) {
  double sum = 0;
  for (std::size_t b = 0; b < bins; ++b) {
    double scores = 0;
    double right = 0;
    for (std::size_t i = 0; i < rows.scores.size(); ++i) {
      const double low = static_cast<double>(b) / static_cast<double>(bins);
      const double high = static_cast<double>(b + 1) / static_cast<double>(bins);
      const bool last = b + 1 == bins && rows.scores[i] == 1;
      if (rows.scores[i] >= low && (rows.scores[i] < high || last)) {
        scores += rows.scores[i];
        right += rows.right[i];
      }
    }
    sum += std::abs(scores - right);
  }
  return sum / static_cast<double>(rows.scores.size());
}

TEST(Calibration, AgreesWithTheDefinition) {
  for (const std::uint64_t seed : {1U, 2U, 3U}) {
    const auto rows = model(999, 1.7, seed);
    EXPECT_NEAR(ece_equal_width(rows.scored(), 16), by_definition(rows, 16), 1e-12);
  }
}

double log_loss(const Rows& rows, double temperature) {
  double sum = 0;
  for (std::size_t i = 0; i < rows.scores.size(); ++i) {
    const double p = apply_temperature(rows.scores[i], temperature);
    sum -= std::log(rows.right[i] != 0 ? p : 1 - p);
  }
  return sum;
}

TEST(Calibration, TheTemperatureIsTheBestOfAGrid) {
  for (const double sharpness : {0.4, 1.0, 2.5}) {
    const auto rows = model(4000, sharpness, 7);
    const double found = fit_temperature(rows.scored());
    EXPECT_NEAR(found, sharpness, 0.15 * sharpness);
    for (double t = 0.2; t < 4; t += 0.01) {
      EXPECT_GE(log_loss(rows, t) + 1e-9, log_loss(rows, found));
    }
  }
  EXPECT_EQ(fit_temperature(Scored{std::vector<double>{.4, .9}, std::vector<std::uint8_t>{1, 1}}),
            1);
}

TEST(Calibration, TwoClassesAreTheBinaryCase) {
  const auto rows = model(500, 2, 3);
  std::vector<double> probabilities;
  std::vector<std::int64_t> truths;
  for (std::size_t i = 0; i < rows.scores.size(); ++i) {
    probabilities.push_back(1 - rows.scores[i]);
    probabilities.push_back(rows.scores[i]);
    truths.push_back(rows.right[i]);
  }
  EXPECT_NEAR(fit_temperature(probabilities, 2, truths), fit_temperature(rows.scored()), 1e-6);
}

TEST(Calibration, IsotonicHandComputed) {
  const Rows rows = {{.1, .2, .3, .3, .9}, {0, 1, 0, 1, 1}};
  const auto map = fit_isotonic(rows.scored());
  EXPECT_NEAR(map(.1), 0, 1e-15);
  EXPECT_NEAR(map(.05), 0, 1e-15);
  EXPECT_NEAR(map(.2), 2.0 / 3, 1e-15);  // 1, then ½ twice
  EXPECT_NEAR(map(.3), 2.0 / 3, 1e-15);
  EXPECT_NEAR(map(.95), 1, 1e-15);
}

// The least squared error among all rising functions, by trying every way to cut into blocks.
double best_rising_error(const std::vector<double>& y) {
  double best = 1e9;
  for (std::size_t cuts = 0; cuts < (std::size_t{1} << (y.size() - 1)); ++cuts) {
    double error = 0;
    double before = -1e9;
    bool rising = true;
    for (std::size_t begin = 0; begin < y.size();) {
      std::size_t end = begin + 1;
      while (end < y.size() && (cuts >> (end - 1) & 1) == 0) {
        ++end;
      }
      double mean = 0;
      for (std::size_t i = begin; i < end; ++i) {
        mean += y[i] / static_cast<double>(end - begin);
      }
      for (std::size_t i = begin; i < end; ++i) {
        error += (y[i] - mean) * (y[i] - mean);
      }
      rising = rising && mean >= before;
      before = mean;
      begin = end;
    }
    best = rising ? std::min(best, error) : best;
  }
  return best;
}

TEST(Calibration, PoolingIsTheBestRisingFit) {
  Rng rng(9);
  for (int round = 0; round < 50; ++round) {
    std::vector<double> y(8);
    std::generate(y.begin(), y.end(), [&] { return rng.uniform(); });
    auto fitted = y;
    pool_adjacent(fitted, std::vector<double>(8, 1));
    double error = 0;
    for (std::size_t i = 0; i < y.size(); ++i) {
      error += (y[i] - fitted[i]) * (y[i] - fitted[i]);
    }
    EXPECT_TRUE(std::is_sorted(fitted.begin(), fitted.end()));
    EXPECT_NEAR(error, best_rising_error(y), 1e-12);
  }
}

TEST(Calibration, ScoresOutsideAreRefused) {
  const Rows rows = {{.5, 1.5}, {0, 1}};
  EXPECT_THROW((void)ece_equal_width(rows.scored(), 15), Error);
  EXPECT_THROW((void)brier({std::vector<double>{NAN}, std::vector<std::uint8_t>{0}}), Error);
}

}  // namespace
}  // namespace spotter::kernels
