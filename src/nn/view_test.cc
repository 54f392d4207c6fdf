#include "nn/view.h"

#include <gtest/gtest.h>

namespace spotter::nn {
namespace {

// One black picture of 96×64 in an input of 112×64 with a white box, which is also its only object.
Data one_picture(const Box& box) {
  Data data{.width = 112, .height = 64};
  Item item{.width = 96, .height = 64, .shown_width = 96, .shown_height = 64, .has_objects = true};
  item.objects.push_back({.box = box});
  data.items.push_back(item);
  data.pixels.resize(data.item_bytes());
  for (int y = static_cast<int>(box.y1); y < static_cast<int>(box.y2); ++y) {
    for (int x = static_cast<int>(box.x1); x < static_cast<int>(box.x2); ++x) {
      std::fill_n(data.pixels.begin() + 3 * (y * data.width + x), 3, 255);
    }
  }
  return data;
}

// Where the view's pixels are bright.
Box bright(const View& view, const std::vector<float>& values) {
  Box box{1e9, 1e9, -1e9, -1e9};
  for (int y = 0; y < view.height; ++y) {
    for (int x = 0; x < view.width; ++x) {
      if (values[static_cast<std::size_t>(3 * (y * view.width + x))] > 1) {
        box = {std::min(box.x1, x + 0.0), std::min(box.y1, y + 0.0), std::max(box.x2, x + 1.0),
               std::max(box.y2, y + 1.0)};
      }
    }
  }
  return box;
}

std::vector<float> drawn(const Data& data, const View& view) {
  std::vector<float> values(static_cast<std::size_t>(3 * view.width * view.height));
  render(data, 0, view, values.data());
  return values;
}

TrainParams calm() {
  return {
      .flip_x = false, .scale_min = 1, .scale_max = 1, .gain_min = 1, .gain_max = 1, .offset = 0};
}

void expect_near(const Box& a, const Box& b, double tolerance) {
  EXPECT_NEAR(a.x1, b.x1, tolerance);
  EXPECT_NEAR(a.y1, b.y1, tolerance);
  EXPECT_NEAR(a.x2, b.x2, tolerance);
  EXPECT_NEAR(a.y2, b.y2, tolerance);
}

TEST(View, ThePlainOneShowsThePictureInTheCornerAndNothingBesideIt) {
  const auto data = one_picture({10, 20, 30, 50});
  const auto view = plain_view(data);
  const auto values = drawn(data, view);
  EXPECT_EQ(bright(view, values), (Box{10, 20, 30, 50}));
  EXPECT_FLOAT_EQ(values[0], -2);            // black
  EXPECT_FLOAT_EQ(values[3 * (96 + 5)], 0);  // beside the picture
  EXPECT_EQ(seen({10, 20, 30, 50}, view), (Box{10, 20, 30, 50}));
}

TEST(View, BoxesFollowTheirPixels) {
  auto params = calm();
  params.flip_x = params.flip_y = true;
  params.scale_min = 0.7;
  params.scale_max = 1.6;
  const auto data = one_picture({10, 20, 30, 50});
  for (std::uint64_t seed = 0; seed < 40; ++seed) {
    Rng rng(seed);
    const auto view = random_view(data, data.items[0], params, rng);
    const auto expected = clip(seen(data.items[0].objects[0].box, view), view.width, view.height);
    if (expected.width() > 3 && expected.height() > 3) {
      expect_near(bright(view, drawn(data, view)), expected, 1.01);
    }
  }
}

TEST(View, AQuarterTurnIsExactForAnyBox) {
  const auto data = one_picture({40, 22, 60, 40});
  View view{.width = 64, .height = 112, .turn = {0, -1, 1, 0}, .from = {48, 32}, .to = {32, 48}};
  expect_near(bright(view, drawn(data, view)), seen({40, 22, 60, 40}, view), 0.01);
}

TEST(View, ATurnedCircleKeepsItsSize) {
  const double c = std::cos(0.7);
  const double s = std::sin(0.7);
  const View view{
      .width = 96, .height = 64, .turn = {c, -s, s, c}, .from = {48, 32}, .to = {48, 32}};
  const auto box = seen({40, 20, 60, 40}, view);
  EXPECT_NEAR(box.width(), 20, 1e-9);
  EXPECT_NEAR(box.height(), 20, 1e-9);
}

TEST(View, AWindowLiesInsideThePictureAndMostOftenOnAnObject) {
  auto params = calm();
  params.window_width = 32;
  params.window_height = 32;
  const auto data = one_picture({70, 40, 80, 50});
  int with_object = 0;
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    Rng rng(seed);
    const auto view = random_view(data, data.items[0], params, rng);
    const auto whole = seen({0, 0, 96, 64}, view);
    EXPECT_LE(whole.x1, 1e-9);
    EXPECT_LE(whole.y1, 1e-9);
    EXPECT_GE(whole.x2, 32 - 1e-9);
    EXPECT_GE(whole.y2, 32 - 1e-9);
    const auto box = seen(data.items[0].objects[0].box, view);
    with_object += clip(box, 32, 32).area() > 50 ? 1 : 0;
  }
  EXPECT_GT(with_object, 150);
}

TEST(View, TheSameRandomNumbersGiveTheSameView) {
  const auto data = one_picture({10, 20, 30, 50});
  Rng one(3);
  Rng two(3);
  const TrainParams params{.rotate = 20};
  EXPECT_EQ(drawn(data, random_view(data, data.items[0], params, one)),
            drawn(data, random_view(data, data.items[0], params, two)));
}

}  // namespace
}  // namespace spotter::nn
