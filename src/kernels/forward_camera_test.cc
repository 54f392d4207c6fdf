#include "kernels/forward_camera.h"

#include <vector>

#include <gtest/gtest.h>

#include "base/random.h"

namespace spotter::kernels {
namespace {

constexpr double kWidth = 640;
constexpr double kHeight = 400;
constexpr double kFocal_px = 600;
constexpr double kAboveGround_m = 1.4;
constexpr double kHorizon_px = 170;

// A post 0.6 m wide and 1 m high, `right` and `ahead` of the camera.
Detection post(double right, double ahead) {
  const double scale = kFocal_px / ahead;
  const double foot = kHorizon_px + kAboveGround_m * scale;
  const double x = kWidth / 2 + right * scale;
  return {Box{x - 0.3 * scale, foot - scale, x + 0.3 * scale, foot}, 0, 0.9};
}

// Pictures before and after driving, of six posts each.
struct Drives {
  std::vector<std::vector<Detection>> before;
  std::vector<std::vector<Detection>> after;
  std::vector<double> metres;

  Drives(int count, double forward) {
    Rng rng(1);
    for (int i = 0; i < count; ++i) {
      before.emplace_back();
      after.emplace_back();
      metres.push_back(rng.uniform(1, 5));
      for (int k = 0; k < 6; ++k) {
        const double right = rng.uniform(-5, 5);
        const double ahead = rng.uniform(8, 40);
        before.back().push_back(post(right, ahead));
        after.back().push_back(post(right, ahead - forward * metres.back()));
        for (double* side : {&after.back().back().box.x1, &after.back().back().box.y2}) {
          *side += 0.5 * rng.normal();
        }
      }
    }
  }
  [[nodiscard]] std::optional<ForwardCamera> learn() const {
    std::vector<Drive> drives;
    for (std::size_t i = 0; i < metres.size(); ++i) {
      drives.push_back({before[i], after[i], metres[i]});
    }
    return learn_forward_camera(drives, kWidth, kHeight);
  }
};

TEST(ForwardCamera, IsLearnedFromWhatIsSeenBeforeAndAfter) {
  const auto camera = Drives(60, 1).learn();
  ASSERT_TRUE(camera);
  EXPECT_NEAR(camera->horizon_y, kHorizon_px, 0.02 * kHeight);
  EXPECT_NEAR(camera->growth * kFocal_px * kAboveGround_m, 1, 0.15);
}

TEST(ForwardCamera, IsNotInventedWhereNothingMovesOrLittleIsKnown) {
  EXPECT_FALSE(Drives(60, 0).learn());  // as beside a road: the metres explain nothing
  EXPECT_FALSE(Drives(40, 1).learn());
  EXPECT_FALSE(learn_forward_camera({}, kWidth, kHeight));
}

TEST(ForwardCamera, MovesUprightThingsAsThePictureDoes) {
  const ForwardCamera camera{
      .centre_x = kWidth / 2, .horizon_y = kHorizon_px, .growth = 1 / (kFocal_px * kAboveGround_m)};
  const auto expect_near = [](const Box& a, const Box& b) {
    EXPECT_NEAR(a.x1, b.x1, 1e-9);
    EXPECT_NEAR(a.y1, b.y1, 1e-9);
    EXPECT_NEAR(a.x2, b.x2, 1e-9);
    EXPECT_NEAR(a.y2, b.y2, 1e-9);
  };
  expect_near(moved(post(-3, 20).box, motion_of(camera, 5)), post(-3, 15).box);
  // Driving on, and back.
  const auto five = then(motion_of(camera, 2), motion_of(camera, 3));
  expect_near(moved(post(2, 20).box, five), post(2, 15).box);
  expect_near(moved(post(2, 15).box, *inverse(five)), post(2, 20).box);
  EXPECT_EQ(moved(post(2, 4).box, motion_of(camera, 5)), post(2, 4).box);  // passed
}

}  // namespace
}  // namespace spotter::kernels
