#include "kernels/error_shares.h"

#include <gtest/gtest.h>

#include "base/random.h"

namespace spotter::kernels {
namespace {

struct Scene {
  CocoColumns truths;
  CocoColumns detections;
  CocoSize size{.images = 1, .categories = 2};

  void truth(int category, std::array<double, 4> box, bool crowd = false) {
    truths.image.push_back(0);
    truths.category.push_back(category);
    truths.box.push_back(box);
    truths.area.push_back(box[2] * box[3]);
    truths.crowd.push_back(crowd ? 1 : 0);
  }
  void detection(int category, std::array<double, 4> box, double score) {
    detections.image.push_back(0);
    detections.category.push_back(category);
    detections.box.push_back(box);
    detections.area.push_back(box[2] * box[3]);
    detections.score.push_back(score);
  }
  [[nodiscard]] ErrorShares shares() const { return error_shares(truths, detections, size); }
};

constexpr std::size_t kCls = 0;
constexpr std::size_t kLoc = 1;
constexpr std::size_t kDupe = 3;
constexpr std::size_t kBkg = 4;
constexpr std::size_t kMiss = 5;

TEST(ErrorShares, WrongClass) {
  Scene s;
  s.truth(0, {0, 0, 10, 10});
  s.detection(1, {0, 0, 10, 10}, 0.9);
  const auto shares = s.shares();
  EXPECT_EQ(shares.ap50, 0);
  EXPECT_EQ(shares.count[kCls], 1);
  EXPECT_EQ(shares.count[kMiss], 0);  // the wrong class explains it
  EXPECT_NEAR(shares.gain[kCls], 1, 1e-9);
  EXPECT_NEAR(shares.gain[kMiss], 0, 1e-9);
  EXPECT_NEAR(shares.miss_gain, 1, 1e-9);
}

TEST(ErrorShares, WrongPlaceTwiceIsMendedOnce) {
  Scene s;
  s.truth(0, {0, 0, 10, 10});
  s.detection(0, {6, 0, 10, 10}, 0.9);
  s.detection(0, {0, 6, 10, 10}, 0.8);
  const auto shares = s.shares();
  EXPECT_EQ(shares.count[kLoc], 2);
  EXPECT_NEAR(shares.gain[kLoc], 1, 1e-9);
}

TEST(ErrorShares, DuplicatesAndBackgroundBeforeAHit) {
  Scene s;
  s.truth(0, {0, 0, 10, 10});
  s.truth(0, {50, 0, 10, 10});
  s.detection(0, {0, 0, 10, 10}, 0.9);
  s.detection(0, {0, 0, 10, 9}, 0.8);
  s.detection(0, {90, 90, 10, 10}, 0.7);
  s.detection(0, {50, 0, 10, 10}, 0.6);
  const auto shares = s.shares();
  EXPECT_NEAR(shares.ap50, (51 + 50 * 0.5) / 101, 1e-9);
  EXPECT_NEAR(shares.gain[kDupe], 50 * (2.0 / 3 - 0.5) / 101, 1e-9);
  EXPECT_NEAR(shares.gain[kBkg], 50 * (2.0 / 3 - 0.5) / 101, 1e-9);
  EXPECT_NEAR(shares.false_alarm_gain, 50 * 0.5 / 101, 1e-9);
}

TEST(ErrorShares, MissesLowerTheNumberOfObjects) {
  Scene s;
  s.truth(0, {0, 0, 10, 10});
  s.truth(0, {50, 0, 10, 10});
  s.truth(0, {80, 0, 10, 10}, true);
  s.detection(0, {0, 0, 10, 10}, 0.9);
  const auto shares = s.shares();
  EXPECT_EQ(shares.count[kMiss], 1);
  EXPECT_NEAR(shares.ap50 + shares.gain[kMiss], 1, 1e-9);
}

// Whatever the errors, no oracle lifts the figure above one, and without errors there is nothing to
// gain.
TEST(ErrorShares, StayInBounds) {
  for (std::uint64_t seed = 0; seed < 40; ++seed) {
    Rng rng(seed, "shares");
    Scene s;
    for (int i = 0; i < 12; ++i) {
      const std::array<double, 4> box = {rng.uniform(0, 300), rng.uniform(0, 300),
                                         rng.uniform(10, 60), rng.uniform(10, 60)};
      s.truth(static_cast<int>(rng.index(2)), box, rng.chance(0.1));
      for (std::uint64_t n = rng.index(3); n > 0; --n) {
        s.detection(static_cast<int>(rng.index(2)),
                    {box[0] + rng.normal() * 9, box[1] + rng.normal() * 9, box[2], box[3]},
                    rng.uniform());
      }
    }
    const auto shares = s.shares();
    for (const double gain : shares.gain) {
      EXPECT_GE(gain, 0);
      EXPECT_LE(shares.ap50 + gain, 1 + 1e-9);
    }
    Scene perfect;
    perfect.truth(0, {0, 0, 10, 10});
    perfect.detection(0, {0, 0, 10, 10}, 0.5);
    EXPECT_NEAR(perfect.shares().ap50, 1, 1e-9);
    EXPECT_EQ(perfect.shares().false_alarm_gain, 0);
  }
}

TEST(ErrorShares, NothingToFind) {
  Scene s;
  s.detection(0, {0, 0, 10, 10}, 0.9);
  EXPECT_EQ(s.shares().ap50, -1);
  EXPECT_EQ(s.shares().count[kBkg], 1);
}

}  // namespace
}  // namespace spotter::kernels
