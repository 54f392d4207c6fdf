#include "kernels/match.h"

#include <limits>

#include <gtest/gtest.h>

#include "kernels/average_precision.h"
#include "kernels/coco_eval.h"
#include "kernels/false_discovery.h"
#include "kernels/paired_bootstrap.h"

namespace spotter::kernels {
namespace {

TEST(Match, EachErrorHasItsName) {
  const std::vector<Truth> truths = {{.box = {0, 0, 10, 10}},
                                     {.box = {50, 50, 60, 60}, .class_index = 1},
                                     {.box = {100, 0, 110, 10}, .ignored = true},
                                     {.box = {200, 0, 210, 10}}};
  const std::vector<Detection> detections = {
      {.box = {0, 0, 10, 10}, .score = .9},        // hit
      {.box = {1, 0, 11, 10}, .score = .8},        // the same object again
      {.box = {6, 0, 16, 10}, .score = .7},        // badly placed
      {.box = {50, 50, 60, 60}, .score = .6},      // wrong class
      {.box = {300, 300, 310, 310}, .score = .5},  // nothing there
      {.box = {100, 0, 110, 10}, .score = .4},     // on what is ignored
  };
  const auto m = match_objects(truths, detections, 0.5);
  EXPECT_EQ(m[0].kind, MatchKind::kHit);
  EXPECT_EQ(m[1].error, ErrorType::kDuplicate);
  EXPECT_EQ(m[2].error, ErrorType::kLocation);
  EXPECT_EQ(m[3].error, ErrorType::kClass);
  EXPECT_EQ(m[4].error, ErrorType::kBackground);
  EXPECT_EQ(m[5].kind, MatchKind::kIgnored);
  ASSERT_EQ(m.size(), 8U);
  EXPECT_EQ(m[6].error, ErrorType::kMiss);
  EXPECT_EQ(m[6].truth, 1);
  EXPECT_EQ(m[7].truth, 3);
}

// Random pictures scored both ways: the weighted curve with weights of one is COCO's AP50.
TEST(AveragePrecision, EqualsTheCocoEvaluation) {
  Rng rng(5);
  for (int round = 0; round < 20; ++round) {
    CocoColumns truths;
    CocoColumns detections;
    PrecisionInput input;
    constexpr int kPictures = 15;
    input.truths.resize(kPictures);
    for (std::int32_t image = 0; image < kPictures; ++image) {
      std::vector<Truth> t;
      std::vector<Detection> d;
      for (std::uint64_t n = rng.index(6); n > 0; --n) {
        const double x = rng.uniform(0, 100);
        const double y = rng.uniform(0, 100);
        t.push_back({.box = {x, y, x + rng.uniform(10, 40), y + rng.uniform(10, 40)},
                     .ignored = rng.chance(.2)});
        const auto& b = t.back().box;
        truths.image.push_back(image);
        truths.category.push_back(0);
        truths.box.push_back({b.x1, b.y1, b.width(), b.height()});
        truths.area.push_back(b.area());
        truths.crowd.push_back(t.back().ignored ? 1 : 0);
        t.back().crowd = t.back().ignored;
        input.truths[static_cast<std::size_t>(image)] += t.back().ignored ? 0 : 1;
        for (std::uint64_t k = rng.index(3); k > 0; --k) {
          const double s = rng.uniform(-8, 8);
          d.push_back({.box = {b.x1 + s, b.y1, b.x2 + s, b.y2},
                       .score = std::round(rng.uniform() * 20) / 20});
        }
      }
      for (const auto& det : d) {
        detections.image.push_back(image);
        detections.category.push_back(0);
        detections.box.push_back({det.box.x1, det.box.y1, det.box.width(), det.box.height()});
        detections.area.push_back(det.box.area());
        detections.score.push_back(det.score);
      }
      // Ties keep the order in the file within a picture, as the reference's stable sort does.
      std::stable_sort(d.begin(), d.end(),
                       [](const auto& a, const auto& b) { return a.score > b.score; });
      const auto matches = match_objects(t, d, 0.5);
      for (std::size_t i = 0; i < d.size(); ++i) {
        if (matches[i].kind != MatchKind::kIgnored) {
          input.detections.push_back(
              {d[i].score, static_cast<std::uint32_t>(image), matches[i].kind == MatchKind::kHit});
        }
      }
    }
    sort_by_score(input);
    EXPECT_NEAR(average_precision(input),
                coco_evaluate(truths, detections, {kPictures, 1}).metrics[1], 1e-12);
  }
}

PrecisionInput random_input(Rng& rng, std::size_t scenes, double skill) {
  PrecisionInput input;
  input.truths.resize(scenes);
  for (std::uint32_t s = 0; s < scenes; ++s) {
    input.truths[s] = 3;
    for (int i = 0; i < 3; ++i) {
      if (rng.chance(skill)) {
        input.detections.push_back({rng.uniform(), s, true});
      }
      if (rng.chance(0.3)) {
        input.detections.push_back({rng.uniform() * 0.7, s, false});
      }
    }
  }
  sort_by_score(input);
  return input;
}

SceneMetric random_model(Rng& rng, std::size_t scenes, double skill) {
  return precision_metric({random_input(rng, scenes, skill)});
}

// Two equally good models: the test says "worse" in at most about one of twenty cases.
TEST(PairedBootstrap, HoldsItsErrorRate) {
  Rng rng(11);
  int worse = 0;
  constexpr int kRounds = 200;
  for (int round = 0; round < kRounds; ++round) {
    const auto a = random_model(rng, 60, 0.6);
    const auto b = random_model(rng, 60, 0.6);
    const auto d =
        paired_bootstrap(a, b, {.resamples = 200, .seed = static_cast<std::uint64_t>(round)});
    worse += d.p_loss < 0.05 ? 1 : 0;
    EXPECT_LE(d.low, d.high);
  }
  EXPECT_LE(worse, kRounds / 10);
  const auto weak = random_model(rng, 60, 0.3);
  const auto strong = random_model(rng, 60, 0.8);
  const auto gain = paired_bootstrap(weak, strong, {.resamples = 400});
  EXPECT_GT(gain.low, 0);
  EXPECT_LT(gain.p_gain, 0.01);
  EXPECT_EQ(paired_bootstrap(weak, strong, {.resamples = 400}).low, gain.low);
}

// The same with the intervals, down to few scenes: each should cover no difference in about 95 of
// 100 cases.
TEST(PairedBootstrap, IntervalsCoverWithFewScenes) {
  for (const std::size_t scenes : {4U, 8U, 25U}) {
    Rng rng(13, scenes);
    int missed = 0;
    constexpr int kRounds = 400;
    for (int round = 0; round < kRounds; ++round) {
      const auto a = random_model(rng, scenes, 0.6);
      const auto b = random_model(rng, scenes, 0.6);
      const auto d =
          paired_bootstrap(a, b, {.resamples = 400, .seed = static_cast<std::uint64_t>(round)});
      missed += d.low > 0 || d.high < 0 ? 1 : 0;
    }
    EXPECT_LE(missed, kRounds * 8 / 100) << scenes << " scenes";
  }
}

TEST(PairedBootstrap, OneSceneTellsNothing) {
  Rng rng(3);
  const auto weak = random_model(rng, 1, 0.0);
  const auto strong = random_model(rng, 1, 1.0);
  const auto d = paired_bootstrap(weak, strong, {});
  EXPECT_EQ(d.low, -1);
  EXPECT_EQ(d.high, 1);
  EXPECT_EQ(d.p_gain, 1);
  EXPECT_EQ(interval(strong, {}), (std::pair<double, double>{0, 1}));
}

// Where lower is better, a fall is the gain.
TEST(PairedBootstrap, OfAnErrorAFallIsTheGain) {
  const auto model = [](double error) {
    SceneMetric metric = mean_metric({error, 2 * error, 3 * error, 2 * error}, {1, 2, 3, 2});
    metric.lower_is_better = true;
    metric.most = std::numeric_limits<double>::infinity();
    return metric;
  };
  const auto d = paired_bootstrap(model(0.6), model(0.4), {});
  EXPECT_DOUBLE_EQ(d.first, 0.6);
  EXPECT_NEAR(d.gain, 0.2, 1e-12);
  EXPECT_NEAR(d.low, 0.2, 1e-9);  // each draw of scenes says the same
  EXPECT_LT(d.p_gain, 0.05);
  EXPECT_GT(d.p_loss, 0.9);
  EXPECT_EQ(d.truth_count, 8U);
  EXPECT_NEAR(interval(model(2.5), {}).second, 2.5, 1e-9);  // above 1, and not cut off
}

// Weights are repetitions: scenes that are drawn twice count as if they were there twice.
TEST(AveragePrecision, WeightsAreRepetitions) {
  Rng rng(29);
  for (int round = 0; round < 30; ++round) {
    const auto once = random_input(rng, 8, 0.5);
    const auto weights = draw_scenes(8, rng);
    PrecisionInput repeated;
    for (std::uint32_t s = 0; s < 8; ++s) {
      for (std::uint32_t n = 0; n < weights[s]; ++n) {
        const auto copy = static_cast<std::uint32_t>(repeated.truths.size());
        repeated.truths.push_back(once.truths[s]);
        for (auto d : once.detections) {
          if (d.scene == s) {
            d.scene = copy;
            repeated.detections.push_back(d);
          }
        }
      }
    }
    sort_by_score(repeated);
    EXPECT_NEAR(average_precision(once, weights), average_precision(repeated), 1e-9);
  }
}

TEST(Holm, AdjustsStepDown) {
  const auto p = holm(std::vector<double>{0.01, 0.04, 0.03});
  EXPECT_NEAR(p[0], 0.03, 1e-12);
  EXPECT_NEAR(p[2], 0.06, 1e-12);
  EXPECT_NEAR(p[1], 0.06, 1e-12);
}

}  // namespace
}  // namespace spotter::kernels
