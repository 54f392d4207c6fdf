#include "kernels/tracker.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "base/random.h"

namespace spotter::kernels {
namespace {

Box at(double x, double y, double size = 40) {
  return {x, y, x + size, y + size};
}

// Frames 0..count-1; `fill` adds the detections of one.
template <typename Fill>
std::vector<TrackerFrame> frames_of(int count, Fill fill) {
  std::vector<TrackerFrame> frames;
  for (int f = 0; f < count; ++f) {
    TrackerFrame frame;
    frame.number = f;
    fill(f, frame);
    frames.push_back(std::move(frame));
  }
  return frames;
}

TEST(Tracker, TwoObjectsThatCrossKeepTheirTracks) {
  Rng rng(3);
  const auto frames = frames_of(40, [&](int f, TrackerFrame& frame) {
    const double jitter = rng.normal();
    frame.detections.push_back({at(10 + 10.0 * f + jitter, 100), 0, 0.9});
    frame.detections.push_back({at(410 - 10.0 * f, 110 + jitter), 0, 0.9});
  });
  const auto tracks = track_objects(frames, {});
  ASSERT_EQ(tracks.size(), 2U);
  for (std::size_t t = 0; t < 2; ++t) {
    ASSERT_EQ(tracks[t].points.size(), 40U);
    for (const auto& point : tracks[t].points) {
      EXPECT_EQ(point.detection, t) << "frame " << point.frame;
    }
  }
}

TEST(Tracker, AGapIsBridgedWhileTheObjectMovesOn) {
  const auto frames = frames_of(30, [](int f, TrackerFrame& frame) {
    if (f < 10 || f >= 16) {
      frame.detections.push_back({at(12.0 * f, 100), 0, 0.9});  // 72 pixels in the gap
    }
  });
  const auto tracks = track_objects(frames, {});
  ASSERT_EQ(tracks.size(), 1U);
  EXPECT_EQ(tracks[0].points.size(), 24U);
  EXPECT_EQ(track_objects(frames, {.lost_max = 3}).size(), 2U);
}

TEST(Tracker, WeakDetectionsContinueTracksAndStartNone) {
  const auto frames = frames_of(10, [](int f, TrackerFrame& frame) {
    frame.detections.push_back({at(5.0 * f, 0), 0, f == 5 ? 0.2 : 0.9});
    frame.detections.push_back({at(5.0 * f, 300), 0, 0.3});
    frame.detections.push_back({at(5.0 * f, 600), 0, 0.05});
  });
  const auto tracks = track_objects(frames, {});
  ASSERT_EQ(tracks.size(), 1U);
  EXPECT_EQ(tracks[0].points.size(), 10U);
}

TEST(Tracker, TheClassIsVotedOn) {
  const auto frames = frames_of(10, [](int f, TrackerFrame& frame) {
    frame.detections.push_back({at(3.0 * f, 0), f == 4 ? 2 : 1, 0.8});
  });
  const auto tracks = track_objects(frames, {});
  ASSERT_EQ(tracks.size(), 1U);
  EXPECT_EQ(tracks[0].class_index, 1);
  EXPECT_NEAR(tracks[0].class_share, 0.9, 1e-9);
}

TEST(Tracker, AKnownCameraMotionIsTakenOut) {
  // The camera swings by 60 pixels a frame from frame 5 on: nothing overlaps without the motion.
  const auto swing = [](bool told) {
    return frames_of(12, [&](int f, TrackerFrame& frame) {
      const double shift = f < 5 ? 0 : 60.0 * (f - 4);
      frame.detections.push_back({at(100 + shift, 50), 0, 0.9});
      frame.detections.push_back({at(300 + shift, 50), 0, 0.9});
      if (told && f >= 5) {
        frame.motion[2] = 60;
      }
    });
  };
  EXPECT_GT(track_objects(swing(false), {}).size(), 2U);
  const auto tracks = track_objects(swing(true), {});
  ASSERT_EQ(tracks.size(), 2U);
  EXPECT_EQ(tracks[0].points.size(), 12U);
}

TEST(Tracker, FramesMayBeFarApart) {
  auto frames = frames_of(
      10, [](int f, TrackerFrame& frame) { frame.detections.push_back({at(6.0 * f, 0), 0, 0.9}); });
  for (std::size_t f = 6; f < frames.size(); ++f) {
    frames[f].number += 5;
    frames[f].detections[0].box = at(6.0 * static_cast<double>(frames[f].number), 0);
  }
  EXPECT_EQ(track_objects(frames, {}).size(), 1U);
  frames[1].number = 0;
  EXPECT_THROW((void)track_objects(frames, {}), Error);
}

TEST(Tracker, NothingGivesNothing) {
  EXPECT_TRUE(track_objects({}, {}).empty());
  EXPECT_TRUE(track_objects(std::vector<TrackerFrame>(1), {}).empty());
}

TEST(ImageMotion, MovesComposesAndUndoes) {
  const ImageMotion zoom = {2, 0, 10, 0, 2, 20, 0, 0, 1};
  EXPECT_EQ(moved({0, 0, 5, 5}, zoom), (Box{10, 20, 20, 30}));
  const auto back = inverse(zoom);
  ASSERT_TRUE(back);
  const Box there_and_back = moved({3, 4, 9, 11}, then(zoom, *back));
  EXPECT_NEAR(there_and_back.x1, 3, 1e-9);
  EXPECT_NEAR(there_and_back.y2, 11, 1e-9);
  EXPECT_FALSE(inverse({}));
  EXPECT_EQ(moved({0, 0, 5, 5}, {1, 0, 0, 0, 1, 0, 0, 0, -1}), (Box{0, 0, 5, 5}));
}

}  // namespace
}  // namespace spotter::kernels
