#include "kernels/label_quality.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include <gtest/gtest.h>

#include "kernels/objectlab.h"
#include "kernels/planted_labels.h"

namespace spotter::kernels {
namespace {

// Average precision of a ranking in which `total` right ones could be, and precision and recall of
// what was reported.
struct Tally {
  struct Row {
    double suspicion = 0;
    bool right = false;
    bool reported = false;
  };
  std::vector<Row> rows;
  double total = 0;

  [[nodiscard]] double average_precision() {
    std::stable_sort(rows.begin(), rows.end(),
                     [](const Row& a, const Row& b) { return a.suspicion > b.suspicion; });
    double right = 0;
    double sum = 0;
    for (std::size_t i = 0; i < rows.size(); ++i) {
      right += rows[i].right ? 1 : 0;
      sum += rows[i].right ? right / static_cast<double>(i + 1) : 0;
    }
    return sum / total;
  }
  [[nodiscard]] double reported_right() const {
    return static_cast<double>(std::count_if(rows.begin(), rows.end(),
                                             [](const Row& r) { return r.reported && r.right; }));
  }
  [[nodiscard]] double precision() const {
    const auto reported =
        std::count_if(rows.begin(), rows.end(), [](const Row& r) { return r.reported; });
    return reported == 0 ? 0 : reported_right() / static_cast<double>(reported);
  }
  [[nodiscard]] double recall() const { return reported_right() / total; }
};

using Tallies = std::array<Tally, 4>;  // by kind

Tallies blank(const PlantedLabels& world) {
  Tallies tallies;
  tallies[0].total = static_cast<double>(world.overlooked);
  for (std::size_t k = 1; k < 4; ++k) {
    tallies[k].total = static_cast<double>(world.wrong_truths[k].size());
  }
  return tallies;
}

Tallies by_spotter(const PlantedLabels& world) {
  Tallies tallies = blank(world);
  for (const auto& issue : find_label_issues(world.truths, world.detections, world.size, 0)) {
    const auto k = static_cast<std::size_t>(issue.kind);
    const bool right = issue.kind == LabelIssueKind::kOverlooked
                           ? world.overlooked_detections.contains(issue.detection)
                           : world.wrong_truths[k].contains(issue.truth);
    tallies[k].rows.push_back({issue.score, right, issue.score >= 0.5});
  }
  return tallies;
}

Tallies by_objectlab(const PlantedLabels& world) {
  Tallies tallies = blank(world);
  const auto lab = objectlab(world.truths, world.detections, world.size);
  const auto limit = [&](const CocoColumns& rows, std::size_t i) {
    return static_cast<double>(lab.limits[static_cast<std::size_t>(rows.category[i])]);
  };
  for (std::size_t d = 0; d < world.detections.size(); ++d) {
    const double quality = lab.overlooked[d];
    if (!std::isnan(quality)) {
      tallies[0].rows.push_back({-quality,
                                 world.overlooked_detections.contains(static_cast<std::int32_t>(d)),
                                 quality <= limit(world.detections, d)});
    }
  }
  for (std::size_t t = 0; t < world.truths.size(); ++t) {
    const auto row = static_cast<std::int32_t>(t);
    const double cut = limit(world.truths, t);
    tallies[1].rows.push_back(
        {-lab.swapped[t], world.wrong_truths[1].contains(row), lab.swapped[t] <= cut});
    tallies[2].rows.push_back(
        {-lab.badly_located[t], world.wrong_truths[2].contains(row), lab.badly_located[t] <= cut});
  }
  return tallies;
}

TEST(LabelQuality, FindsPlantedErrorsWhereThePlainFormulaDoesNot) {
  constexpr std::array<double, 4> kAtLeast = {0.85, 0.5, 0.65, 0.15};
  for (const std::uint64_t seed : {11U, 12U, 13U}) {
    const auto world = LabelPlanter(seed).make(400);
    auto ours = by_spotter(world);
    auto plain = by_objectlab(world);
    for (std::size_t k = 0; k < 4; ++k) {
      std::printf("seed %d %-13s", static_cast<int>(seed), kLabelIssueKinds[k].data());
      std::printf(
          "  AP %.3f, at 0.5 precision %.3f recall %.3f   plain ObjectLab: AP %.3f, "
          "flagged precision %.3f recall %.3f\n",
          ours[k].average_precision(), ours[k].precision(), ours[k].recall(),
          plain[k].average_precision(), plain[k].precision(), plain[k].recall());
      EXPECT_GT(ours[k].average_precision(), kAtLeast[k]) << kLabelIssueKinds[k];
      EXPECT_GT(ours[k].average_precision(), plain[k].average_precision() + 0.1);
    }
  }
}

// The same errors in pictures of ten times the size.
TEST(LabelQuality, DoesNotDependOnTheResolution) {
  auto world = LabelPlanter(5).make(100);
  const auto small = find_label_issues(world.truths, world.detections, world.size, 0.3);
  for (auto* rows : {&world.truths, &world.detections}) {
    for (auto& box : rows->box) {
      for (double& v : box) {
        v *= 10;
      }
    }
  }
  const auto large = find_label_issues(world.truths, world.detections, world.size, 0.3);
  ASSERT_EQ(small.size(), large.size());
  ASSERT_FALSE(small.empty());
  for (std::size_t i = 0; i < small.size(); ++i) {
    EXPECT_EQ(small[i].truth, large[i].truth);
    EXPECT_NEAR(small[i].score, large[i].score, 1e-9);
  }
}

void add(CocoColumns& rows, std::int32_t image, std::int32_t category, std::array<double, 4> box,
         double score = 0) {
  rows.image.push_back(image);
  rows.category.push_back(category);
  rows.box.push_back(box);
  rows.area.push_back(box[2] * box[3]);
  rows.score.push_back(score);
  rows.crowd.push_back(0);
}

// Fifty pictures with one object each that is found, and one more picture for the case.
struct Sound {
  CocoColumns truths;
  CocoColumns detections;
  CocoSize size{51, 2};
  Sound() {
    for (std::int32_t i = 0; i < 50; ++i) {
      const double wobble = i % 5;
      add(truths, i, i % 2, {10, 10, 40, 40});
      add(detections, i, i % 2, {10 + wobble, 10, 40, 40}, 0.6 + 0.006 * i);
      add(detections, i, i % 2, {200, 200, 40, 40}, 0.1);
    }
  }
  [[nodiscard]] std::vector<LabelIssue> issues() const {
    return find_label_issues(truths, detections, size, 0.3);
  }
};

TEST(LabelQuality, SoundLabelsGiveNothing) {
  EXPECT_TRUE(Sound().issues().empty());
}

TEST(LabelQuality, EachKindNamesItsRowsOnce) {
  Sound overlooked;
  add(overlooked.detections, 50, 0, {10, 10, 40, 40}, 0.9);
  add(overlooked.detections, 50, 0, {12, 10, 40, 40}, 0.85);
  auto found = overlooked.issues();
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].kind, LabelIssueKind::kOverlooked);
  EXPECT_EQ(found[0].detection, 100);
  EXPECT_EQ(found[0].truth, -1);

  Sound swapped;
  add(swapped.truths, 50, 1, {10, 10, 40, 40});
  add(swapped.detections, 50, 0, {10, 10, 40, 40}, 0.9);
  found = swapped.issues();
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].kind, LabelIssueKind::kSwapped);
  EXPECT_EQ(found[0].truth, 50);
  EXPECT_EQ(found[0].detection, 100);

  Sound moved;
  add(moved.truths, 50, 0, {30, 10, 40, 40});
  add(moved.detections, 50, 0, {10, 10, 40, 40}, 0.9);
  found = moved.issues();
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].kind, LabelIssueKind::kBadlyLocated);
  EXPECT_EQ(found[0].truth, 50);

  Sound spurious;
  add(spurious.truths, 50, 0, {10, 10, 40, 40});
  found = spurious.issues();
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].kind, LabelIssueKind::kSpurious);
  EXPECT_EQ(found[0].detection, -1);
}

TEST(LabelQuality, ACrowdExplainsWhatLiesInItAndIsNeverDoubted) {
  Sound sound;
  add(sound.truths, 50, 0, {0, 0, 300, 300});
  sound.truths.crowd.back() = 1;
  add(sound.detections, 50, 0, {10, 10, 40, 40}, 0.9);
  EXPECT_TRUE(sound.issues().empty());
}

// What an ignored region accounts for says nothing about the label beside it.
TEST(LabelQuality, WhatACrowdExplainsDoubtsNoOtherLabel) {
  Sound sound;
  add(sound.truths, 50, 0, {10, 10, 40, 40});
  add(sound.truths, 50, 0, {35, 10, 40, 40});
  sound.truths.crowd.back() = 1;
  add(sound.detections, 50, 0, {35, 10, 40, 40}, 0.9);
  for (const auto& issue : sound.issues()) {
    EXPECT_EQ(issue.kind, LabelIssueKind::kSpurious);  // nothing is seen at the first
  }
}

TEST(LabelQuality, TooLittleToJudgeGivesNothing) {
  CocoColumns truths;
  CocoColumns detections;
  EXPECT_TRUE(find_label_issues(truths, detections, {0, 0}, 0).empty());
  add(detections, 0, 0, {10, 10, 40, 40}, 0.9);
  EXPECT_TRUE(find_label_issues(truths, detections, {1, 1}, 0).empty());
}

TEST(ObjectLab, AgreesWithHandComputedScores) {
  CocoColumns truths;
  CocoColumns detections;
  add(truths, 0, 0, {0, 0, 10, 10});
  add(truths, 0, 1, {100, 0, 10, 10});
  add(detections, 0, 0, {0, 0, 10, 10}, 0.99);    // finds the first
  add(detections, 0, 0, {100, 0, 10, 10}, 0.97);  // contradicts the second
  add(detections, 0, 1, {100, 40, 10, 10}, 0.96);
  const auto lab = objectlab(truths, detections, {1, 2});
  const double least = 0.1 * std::exp(-std::hypot(100.0, 40.0) * 0.1);
  EXPECT_TRUE(std::isnan(lab.overlooked[0]));  // it touches a label
  EXPECT_NEAR(lab.overlooked[2], 0.1 * std::exp(-4), 1e-15);
  EXPECT_NEAR(lab.badly_located[0], 1, 1e-15);
  EXPECT_NEAR(lab.badly_located[1], 1, 1e-15);  // nothing of its class touches it
  EXPECT_NEAR(lab.swapped[1], least, 1e-15);    // 1 − 1, but never below the least similarity
  EXPECT_NEAR(lab.limits[0], 0.25F * 0.8F, 1e-7);
  EXPECT_NEAR(lab.limits[1], 0, 1e-7);
  EXPECT_EQ(lab.image_issue[0], 0);
}

TEST(ObjectLab, APictureWithoutBoxesIsSound) {
  const auto lab = objectlab({}, {}, {2, 1});
  EXPECT_EQ(lab.image_scores, (std::vector<double>{1, 1}));
}

}  // namespace
}  // namespace spotter::kernels
