#include "nn/data.h"

#include "base/error.h"
#include "nn/defaults.h"
#include "nn/test_pictures.h"

namespace spotter::nn {
namespace {

class Manifest : public Pictures {};

TEST_F(Manifest, APictureKeepsItsShapeInTheCornerOfTheInput) {
  Rejects rejects;
  const auto items = read_manifest(data(), {"red", "blue"}, rejects);
  ASSERT_EQ(items.size(), static_cast<std::size_t>(kCount));
  const auto loaded = load(items, {.width = 32, .height = 32}, rejects);
  const auto& item = loaded.items[2];
  EXPECT_EQ(item.shown_width, 32);
  EXPECT_EQ(item.shown_height, 24);
  const Box expected{red(2).x1 / 2, 3, red(2).x2 / 2, 10};
  EXPECT_EQ(item.objects[0].box, expected);
  const auto* pixels = loaded.picture(2);
  EXPECT_EQ(pixels[3 * (5 * 32 + 8)], 220);  // inside the red square
  EXPECT_EQ(pixels[3 * (28 * 32 + 8)], 0);   // below the picture
  EXPECT_EQ(rejects.count(), 0U);
}

TEST_F(Manifest, SizesComeFromThePictureNotFromTheManifest) {
  std::ofstream manifest(data());
  Json row = manifest_line(0, Json::array({object("red", red(0))}));
  row["width"] = 9999;
  manifest << row.dump() << "\n";
  manifest.close();
  Rejects rejects;
  const auto loaded =
      load(read_manifest(data(), {"red"}, rejects), {.width = 64, .height = 48}, rejects);
  EXPECT_EQ(loaded.items[0].width, 64);
  EXPECT_EQ(loaded.items[0].objects[0].box, red(0));
}

TEST_F(Manifest, LinesThatMeanNothingAreRejectedOneByOne) {
  std::ofstream manifest(data());
  manifest << "{broken\n\n[]\n{\"path\":\"x\"}\n{\"key\":1,\"path\":\"x\"}\n"
           << R"({"key":"w","path":"x","weight":-1})" << "\n"
           << R"({"key":"good","path":"x"})" << "\n";
  manifest.close();
  Rejects rejects;
  const auto items = read_manifest(data(), {"red"}, rejects);
  ASSERT_EQ(items.size(), 1U);
  EXPECT_EQ(items[0].key, "good");
  EXPECT_EQ(items[0].line, 7U);
  EXPECT_EQ(rejects.count(), 5U);
  EXPECT_EQ(rejects.rows()[0].where, "line 1");
}

std::vector<Item> same_items(int width, int height, double side) {
  Item item{.width = width, .height = height, .has_objects = true};
  item.objects.push_back({.box = {0, 0, side, side}});
  return {5, item};
}

TEST(Defaults, TheInputHasTheShapeOfThePicturesAndShowsTheSmallestClass) {
  const auto input = [](const std::vector<Item>& items, TrainParams params = {}) {
    choose_input(params, items, {});
    return std::pair(params.input_width, params.input_height);
  };
  EXPECT_EQ(input(same_items(640, 480, 200)), std::pair(320, 240));
  EXPECT_EQ(input(same_items(1280, 720, 50)), std::pair(416, 224));   // 50 px become 16
  EXPECT_EQ(input(same_items(4000, 3000, 10)), std::pair(512, 384));  // not more
  EXPECT_EQ(input(same_items(200, 100, 3)), std::pair(208, 96));  // never enlarged beyond rounding
  EXPECT_EQ(input({Item{}}), std::pair(320, 320));                // sizes unknown
  EXPECT_EQ(input(same_items(640, 480, 200), {.input_width = 160}), std::pair(160, 128));
  EXPECT_EQ(input(same_items(640, 480, 200), {.input_width = 96, .input_height = 32}),
            std::pair(96, 32));
}

TEST(Defaults, StepsFollowTheNumberOfPictures) {
  const auto steps = [](std::size_t pictures, TrainParams params = {}) {
    choose_steps(params, pictures, 8);
    return params.steps;
  };
  EXPECT_EQ(steps(10), 800);
  EXPECT_EQ(steps(200), 3000);
  EXPECT_EQ(steps(100'000), 4000);
  EXPECT_EQ(steps(200, {.batch = 16}), 1500);
  EXPECT_EQ(steps(200, {.steps = 7}), 7);
}

}  // namespace
}  // namespace spotter::nn
