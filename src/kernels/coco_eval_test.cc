#include "kernels/coco_eval.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include <gtest/gtest.h>

#include "base/random.h"

namespace spotter::kernels {
namespace {

// The definition read literally and slowly, one picture, class, size and threshold at a time.
struct Oracle {
  const CocoColumns& truths;
  const CocoColumns& detections;
  CocoSize size;

  struct Row {
    double score = 0;
    bool hit = false;
    bool ignored = false;
  };
  static constexpr double kRanges[4][2] = {{0, 1e10}, {0, 1024}, {1024, 9216}, {9216, 1e10}};
  static bool outside(double area, int range) {
    return area < kRanges[range][0] || area > kRanges[range][1];
  }

  [[nodiscard]] double overlap(std::size_t d, std::size_t g) const {
    const auto& a = detections.box[d];
    const auto& b = truths.box[g];
    const double w = std::max(0.0, std::min(a[0] + a[2], b[0] + b[2]) - std::max(a[0], b[0]));
    const double h = std::max(0.0, std::min(a[1] + a[3], b[1] + b[3]) - std::max(a[1], b[1]));
    const double united = a[2] * a[3] + (truths.crowd[g] != 0 ? 0 : b[2] * b[3] - w * h);
    return w * h > 0 ? w * h / united : 0;
  }

  // Rows of a picture and class by falling score, with whether each found something.
  std::vector<Row> picture(int k, int image, int range, double least, std::size_t most,
                           double& counted) const {
    std::vector<std::size_t> gs;
    std::vector<std::size_t> ds;
    for (std::size_t g = 0; g < truths.size(); ++g) {
      if (truths.category[g] == k && truths.image[g] == image) {
        gs.push_back(g);
      }
    }
    const auto ignored = [&](std::size_t g) {
      return truths.crowd[g] != 0 || outside(truths.area[g], range);
    };
    std::stable_sort(gs.begin(), gs.end(), [&](auto a, auto b) { return ignored(a) < ignored(b); });
    for (const auto g : gs) {
      counted += ignored(g) ? 0 : 1;
    }
    for (std::size_t d = 0; d < detections.size(); ++d) {
      if (detections.category[d] == k && detections.image[d] == image) {
        ds.push_back(d);
      }
    }
    std::stable_sort(ds.begin(), ds.end(),
                     [&](auto a, auto b) { return detections.score[a] > detections.score[b]; });
    ds.resize(std::min(ds.size(), std::min<std::size_t>(most, 100)));
    std::vector<bool> taken(gs.size());
    std::vector<Row> rows;
    for (const auto d : ds) {
      int chosen = -1;
      double best = least;
      for (std::size_t i = 0; i < gs.size(); ++i) {
        if (taken[i] && truths.crowd[gs[i]] == 0) {
          continue;
        }
        if (chosen >= 0 && !ignored(gs[static_cast<std::size_t>(chosen)]) && ignored(gs[i])) {
          break;
        }
        if (overlap(d, gs[i]) >= best) {
          best = overlap(d, gs[i]);
          chosen = static_cast<int>(i);
        }
      }
      Row row{.score = detections.score[d], .hit = chosen >= 0};
      if (chosen >= 0) {
        taken[static_cast<std::size_t>(chosen)] = true;
        row.ignored = ignored(gs[static_cast<std::size_t>(chosen)]);
      } else {
        row.ignored = outside(detections.area[d], range);
      }
      rows.push_back(row);
    }
    return rows;
  }

  // {average precision at one overlap, recall}, −1 when there is nothing to find.
  [[nodiscard]] std::pair<double, double> curve(int k, int range, double least,
                                                std::size_t most) const {
    std::vector<Row> rows;
    double counted = 0;
    for (int image = 0; image < size.images; ++image) {
      const auto more = picture(k, image, range, least, most, counted);
      rows.insert(rows.end(), more.begin(), more.end());
    }
    if (counted == 0) {
      return {-1, -1};
    }
    std::stable_sort(rows.begin(), rows.end(),
                     [](const Row& a, const Row& b) { return a.score > b.score; });
    std::vector<double> recall;
    std::vector<double> precision;
    double hits = 0;
    double alarms = 0;
    for (const auto& row : rows) {
      if (!row.ignored) {
        hits += row.hit ? 1 : 0;
        alarms += row.hit ? 0 : 1;
        recall.push_back(hits / counted);
        precision.push_back(hits / (hits + alarms));
      }
    }
    double sum = 0;
    for (int r = 0; r <= 100; ++r) {
      double best = 0;
      for (std::size_t i = 0; i < recall.size(); ++i) {
        best = recall[i] >= 0.01 * r ? std::max(best, precision[i]) : best;
      }
      sum += best;
    }
    return {sum / 101, hits / counted};
  }

  [[nodiscard]] std::array<double, 12> metrics() const {
    const auto mean = [&](int range, std::size_t most, int first, int last, bool recall) {
      double sum = 0;
      double count = 0;
      for (int k = 0; k < size.categories; ++k) {
        for (int t = first; t <= last; ++t) {
          const auto [p, r] = curve(k, range, 0.5 + 0.05 * t, most);
          sum += p < 0 ? 0 : recall ? r : p;
          count += p < 0 ? 0 : 1;
        }
      }
      return count == 0 ? -1 : sum / count;
    };
    return {mean(0, 100, 0, 9, false), mean(0, 100, 0, 0, false), mean(0, 100, 5, 5, false),
            mean(1, 100, 0, 9, false), mean(2, 100, 0, 9, false), mean(3, 100, 0, 9, false),
            mean(0, 1, 0, 9, true),    mean(0, 10, 0, 9, true),   mean(0, 100, 0, 9, true),
            mean(1, 100, 0, 9, true),  mean(2, 100, 0, 9, true),  mean(3, 100, 0, 9, true)};
  }
};

void add_truth(CocoColumns& c, int image, int category, std::array<double, 4> box,
               bool crowd = false) {
  c.image.push_back(image);
  c.category.push_back(category);
  c.box.push_back(box);
  c.area.push_back(box[2] * box[3]);
  c.crowd.push_back(crowd ? 1 : 0);
}

void add_detection(CocoColumns& c, int image, int category, std::array<double, 4> box,
                   double score) {
  c.image.push_back(image);
  c.category.push_back(category);
  c.box.push_back(box);
  c.area.push_back(box[2] * box[3]);
  c.score.push_back(score);
}

TEST(CocoEvaluate, EqualsTheSlowDefinition) {
  constexpr CocoSize kSize{.images = 14, .categories = 4};
  for (std::uint64_t seed = 0; seed < 12; ++seed) {
    Rng rng(seed, "coco");
    CocoColumns truths;
    CocoColumns detections;
    for (int i = 0; i < 90; ++i) {
      const int image = static_cast<int>(rng.index(kSize.images));
      const int category = static_cast<int>(rng.index(3));  // the last class has no truth
      const double side = std::exp(rng.uniform(std::log(8.0), std::log(250.0)));
      const std::array<double, 4> box = {rng.uniform(0, 500), rng.uniform(0, 300), side,
                                         side * rng.uniform(0.5, 2)};
      add_truth(truths, image, category, box, rng.chance(0.1));
      for (std::uint64_t n = rng.index(i % 7 == 0 ? 40 : 5); n > 0; --n) {
        const double far = side * 0.1;
        add_detection(detections, image,
                      rng.chance(0.85) ? category : static_cast<int>(rng.index(4)),
                      {box[0] + far * rng.normal(), box[1] + far * rng.normal(),
                       box[2] * rng.uniform(0.8, 1.2), box[3] * rng.uniform(0.8, 1.2)},
                      std::floor(rng.uniform() * 20) / 20);  // many ties
      }
    }
    const auto wanted = Oracle{truths, detections, kSize}.metrics();
    const auto found = coco_evaluate(truths, detections, kSize);
    for (std::size_t m = 0; m < wanted.size(); ++m) {
      EXPECT_NEAR(found.metrics[m], wanted[m], 1e-12) << kCocoMetrics[m] << " seed " << seed;
    }
    EXPECT_EQ(found.classes[3].metrics[0], -1);
  }
}

TEST(CocoEvaluate, ByHand) {
  CocoColumns truths;
  CocoColumns detections;
  add_truth(truths, 0, 0, {0, 0, 40, 40});
  add_truth(truths, 0, 0, {100, 0, 40, 40});
  add_truth(truths, 0, 0, {200, 0, 100, 100}, true);
  add_detection(detections, 0, 0, {0, 0, 40, 40}, 0.9);      // hit
  add_detection(detections, 0, 0, {0, 0, 40, 38}, 0.8);      // found before: false alarm
  add_detection(detections, 0, 0, {210, 10, 40, 40}, 0.7);   // in the crowd: ignored, …
  add_detection(detections, 0, 0, {220, 20, 40, 40}, 0.65);  // … any number of times
  add_detection(detections, 0, 0, {100, 0, 40, 24}, 0.6);    // overlap 0.6: a hit up to there
  const auto found = coco_evaluate(truths, detections, {.images = 1, .categories = 1});
  EXPECT_EQ(found.classes[0].truths, 2);
  // At 0.5: precision 1 to recall 0.5, then 2/3.
  EXPECT_NEAR(found.metrics[1], (51 + 50 * 2.0 / 3) / 101, 1e-12);
  EXPECT_NEAR(found.metrics[2], 51.0 / 101, 1e-12);
  EXPECT_NEAR(found.metrics[8], 0.5 + 0.5 * 3 / 10, 1e-12);  // 0.50, 0.55, 0.60 of ten
  EXPECT_NEAR(found.metrics[6], 0.5, 1e-12);
  EXPECT_EQ(found.metrics[3], -1);
  EXPECT_EQ(found.metrics[5], -1);
}

TEST(CocoEvaluate, TruthsWithTheIdZeroAreTheReferencesBlindSpot) {
  CocoColumns truths;
  CocoColumns detections;
  add_truth(truths, 0, 0, {0, 0, 40, 40});
  truths.zero_id = {1};
  add_detection(detections, 0, 0, {0, 0, 40, 40}, 0.9);
  EXPECT_EQ(coco_evaluate(truths, detections, {.images = 1, .categories = 1}).metrics[0], 0);
  truths.zero_id = {0};
  EXPECT_NEAR(coco_evaluate(truths, detections, {.images = 1, .categories = 1}).metrics[0], 1,
              1e-12);
}

TEST(CocoEvaluate, EmptySides) {
  const CocoColumns none;
  CocoColumns truths;
  add_truth(truths, 0, 0, {0, 0, 40, 40});
  CocoColumns detections;
  add_detection(detections, 0, 0, {0, 0, 40, 40}, 0.5);
  EXPECT_EQ(coco_evaluate(none, none, {}).metrics[0], -1);
  EXPECT_EQ(coco_evaluate(none, detections, {.images = 1, .categories = 1}).metrics[0], -1);
  EXPECT_EQ(coco_evaluate(truths, none, {.images = 1, .categories = 1}).metrics[0], 0);
}

}  // namespace
}  // namespace spotter::kernels
