#include "kernels/track_metrics.h"

#include <cmath>

#include <gtest/gtest.h>

#include "base/error.h"

namespace spotter::kernels {
namespace {

// A box 100 pixels wide; `shift` pixels to the right of the place of object `object`.
Box box_of(int object, double shift = 0) {
  return {300.0 * object + shift, 0, 300.0 * object + shift + 100, 100};
}

void add(TrackRows& rows, std::int64_t frame, std::int64_t track, const Box& box) {
  rows.frame.push_back(frame);
  rows.track.push_back(track);
  rows.box.push_back(box);
}

TrackTally tally(const TrackRows& truths, const TrackRows& outputs,
                 ClearRules rules = ClearRules::kMotmetrics) {
  return tally_tracks(truths, outputs, {.rules = rules});
}

TEST(TrackMetrics, APerfectTrackerHasFullMarks) {
  TrackRows truths;
  for (int frame = 1; frame <= 5; ++frame) {
    add(truths, frame, 7, box_of(0));
    add(truths, frame, -3, box_of(1));
  }
  for (const auto rules : {ClearRules::kMotmetrics, ClearRules::kTrackeval}) {
    const auto counts = tally(truths, truths, rules);
    const auto figures = track_metrics(counts, rules);
    EXPECT_EQ(figures.mota, 1);
    EXPECT_EQ(figures.motp, rules == ClearRules::kMotmetrics ? 0 : 1);
    EXPECT_EQ(figures.idf1, 1);
    for (const double value : {figures.hota, figures.det_a, figures.ass_a, figures.loc_a}) {
      EXPECT_NEAR(value, 1, 1e-12);
    }
    EXPECT_EQ(counts.mostly_tracked, 2);
    EXPECT_EQ(counts.switches + counts.fragmentations, 0);
  }
}

TEST(TrackMetrics, ASwitchCostsIdentityAndNotDetection) {
  TrackRows truths;
  TrackRows outputs;
  for (int frame = 1; frame <= 4; ++frame) {
    add(truths, frame, 1, box_of(0));
    add(outputs, frame, frame <= 2 ? 1 : 2, box_of(0));
  }
  const auto counts = tally(truths, outputs);
  const auto figures = track_metrics(counts, ClearRules::kMotmetrics);
  EXPECT_EQ(counts.switches, 1);
  EXPECT_DOUBLE_EQ(figures.mota, 0.75);
  EXPECT_DOUBLE_EQ(figures.idf1, 0.5);
  // Each half agrees on 2 of the 4 boxes of truth or track: 2/4.
  EXPECT_NEAR(figures.ass_a, 0.5, 1e-12);
  EXPECT_NEAR(figures.det_a, 1, 1e-12);
  EXPECT_NEAR(figures.hota, std::sqrt(0.5), 1e-12);
}

TEST(TrackMetrics, MissesFalseAlarmsAndFragmentations) {
  TrackRows truths;
  TrackRows outputs;
  for (int frame = 1; frame <= 10; ++frame) {
    add(truths, frame, 1, box_of(0));
    if (frame == 1 || frame == 3 || frame == 10) {
      add(outputs, frame, 1, box_of(0, 20));  // IoU 80/120
    }
    if (frame == 6) {
      add(outputs, frame, 2, box_of(1));
    }
  }
  for (const auto rules : {ClearRules::kMotmetrics, ClearRules::kTrackeval}) {
    const auto counts = tally(truths, outputs, rules);
    const auto figures = track_metrics(counts, rules);
    EXPECT_EQ(figures.misses, 7);
    EXPECT_EQ(figures.false_alarms, 1);
    EXPECT_EQ(counts.partly_tracked, 1);
    EXPECT_NEAR(figures.motp, rules == ClearRules::kMotmetrics ? 1.0 / 3 : 2.0 / 3, 1e-12);
    // In frames 2, 4, 5, 7, 8 and 9 the tracker says nothing at all: TrackEval forgets nothing
    // then.
    EXPECT_EQ(counts.fragmentations, rules == ClearRules::kMotmetrics ? 2 : 1);
  }
}

TEST(TrackMetrics, TheRulesDifferInWhatTheyRememberOverAGap) {
  TrackRows truths;
  TrackRows outputs;
  for (int frame = 1; frame <= 3; ++frame) {
    add(truths, frame, 1, box_of(0));
    add(truths, frame, 2, box_of(1));
    if (frame != 2) {
      add(outputs, frame, 1, box_of(0, 20));
    }
    if (frame == 3) {
      add(outputs, frame, 2, box_of(0));  // better than track 1
    }
    add(outputs, frame, 3, box_of(1));
  }
  EXPECT_EQ(tally(truths, outputs, ClearRules::kMotmetrics).switches, 0);
  EXPECT_EQ(tally(truths, outputs, ClearRules::kTrackeval).switches, 1);
}

TEST(TrackMetrics, AnObjectThatLeavesTheTruthIsAFragmentationForTrackevalOnly) {
  TrackRows truths;
  for (int frame = 1; frame <= 3; ++frame) {
    add(truths, frame, 1, box_of(1));
    if (frame != 2) {
      add(truths, frame, 2, box_of(0));
    }
  }
  EXPECT_EQ(tally(truths, truths, ClearRules::kMotmetrics).fragmentations, 0);
  EXPECT_EQ(tally(truths, truths, ClearRules::kTrackeval).fragmentations, 1);
}

TEST(TrackMetrics, EmptySidesAreCountedAndUndefinedSharesAreNotNumbers) {
  TrackRows rows;
  add(rows, 1, 1, box_of(0));
  const auto nothing = track_metrics(tally({}, {}), ClearRules::kMotmetrics);
  EXPECT_TRUE(std::isnan(nothing.mota));
  const auto silent = tally(rows, {});
  EXPECT_EQ(silent.mostly_lost, 1);
  EXPECT_EQ(track_metrics(silent, ClearRules::kMotmetrics).mota, 0);
  EXPECT_TRUE(std::isnan(track_metrics(silent, ClearRules::kMotmetrics).motp));
  EXPECT_EQ(track_metrics(silent, ClearRules::kMotmetrics).hota, 0);
  const auto loud = track_metrics(tally({}, rows), ClearRules::kMotmetrics);
  EXPECT_EQ(loud.false_alarms, 1);
  EXPECT_TRUE(std::isnan(loud.mota));
}

TEST(TrackMetrics, TalliesAddUp) {
  TrackRows truths;
  TrackRows outputs;
  for (int frame = 1; frame <= 6; ++frame) {
    add(truths, frame, 1, box_of(0));
    add(outputs, frame, frame / 3, box_of(0, 3.0 * frame));
  }
  auto counts = tally(truths, outputs);
  const auto once = track_metrics(counts, ClearRules::kMotmetrics);
  counts.add(tally(truths, outputs));
  const auto twice = track_metrics(counts, ClearRules::kMotmetrics);
  EXPECT_EQ(counts.truths, 12);
  EXPECT_NEAR(once.hota, twice.hota, 1e-12);
  EXPECT_NEAR(once.mota, twice.mota, 1e-12);
  EXPECT_NEAR(once.idf1, twice.idf1, 1e-12);
  EXPECT_NEAR(once.motp, twice.motp, 1e-12);
}

TEST(TrackMetrics, RowsMustComeByFrame) {
  TrackRows rows;
  add(rows, 2, 1, box_of(0));
  add(rows, 1, 1, box_of(0));
  EXPECT_THROW((void)tally(rows, {}), Error);
}

}  // namespace
}  // namespace spotter::kernels
