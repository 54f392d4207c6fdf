#include "kernels/rle.h"

#include <cmath>

#include <gtest/gtest.h>

#include "base/error.h"
#include "base/random.h"

namespace spotter::kernels {
namespace {

// One flag a pixel, down the columns.
std::vector<bool> pixels(const Rle& mask) {
  std::vector<bool> out;
  for (std::size_t i = 0; i < mask.runs.size(); ++i) {
    out.insert(out.end(), mask.runs[i], i % 2 == 1);
  }
  return out;
}

Rle random_mask(std::uint32_t height, std::uint32_t width, Rng& rng) {
  Rle mask{.height = height, .width = width};
  std::uint32_t left = height * width;
  while (left > 0) {
    const auto run = std::min(left, static_cast<std::uint32_t>(rng.index(9)));
    mask.runs.push_back(run);
    left -= run;
  }
  return mask;
}

TEST(Rle, AreaBoxUnionAndOverlapEqualPixelByPixel) {
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    Rng rng(seed, "rle");
    const std::vector<Rle> masks = {random_mask(7, 11, rng), random_mask(7, 11, rng),
                                    random_mask(7, 11, rng)};
    const auto a = pixels(masks[0]);
    const auto b = pixels(masks[1]);
    const auto c = pixels(masks[2]);
    const auto all = pixels(rle_union(masks));
    std::uint64_t area = 0;
    std::uint64_t both = 0;
    std::array<double, 4> edges = {11, 7, 0, 0};
    ASSERT_EQ(all.size(), a.size());
    for (std::size_t i = 0; i < a.size(); ++i) {
      area += a[i] ? 1 : 0;
      both += a[i] && b[i] ? 1 : 0;
      EXPECT_EQ(all[i], a[i] || b[i] || c[i]);
      if (a[i]) {
        const double x = std::floor(static_cast<double>(i) / 7);
        const double y = static_cast<double>(i) - 7 * x;
        edges = {std::min(edges[0], x), std::min(edges[1], y), std::max(edges[2], x + 1),
                 std::max(edges[3], y + 1)};
      }
    }
    EXPECT_EQ(masks[0].area(), area);
    EXPECT_EQ(rle_intersection(masks[0], masks[1]), both);
    const auto box = masks[0].box();
    EXPECT_EQ(box[0], edges[0]);
    EXPECT_EQ(box[2], edges[2] - edges[0]);
  }
}

TEST(Rle, PolygonsOfWholePixelsFillThem) {
  const std::vector<double> square = {2, 1, 6, 1, 6, 4, 2, 4};
  const auto mask = rle_from_polygon(square, 10, 12);
  EXPECT_EQ(mask.area(), 12U);
  EXPECT_EQ(mask.box(), (std::array<double, 4>{2, 1, 4, 3}));
  const std::vector<double> outside = {-50, -50, -20, -50, -20, -20};
  EXPECT_EQ(rle_from_polygon(outside, 10, 12).area(), 0U);
  const std::vector<double> around = {-5, -5, 50, -5, 50, 50, -5, 50};
  EXPECT_EQ(rle_from_polygon(around, 10, 12).area(), 120U);
}

TEST(Rle, TextIsCheckedAgainstThePicture) {
  EXPECT_THROW(static_cast<void>(rle_from_text("o", 4, 4)), Error);
  EXPECT_THROW(static_cast<void>(rle_from_text("5", 4, 4)), Error);  // 5 of 16 pixels
  EXPECT_THROW(static_cast<void>(rle_from_text("~", 4, 4)), Error);
  EXPECT_EQ(rle_from_text("538", 4, 4).runs, (std::vector<std::uint32_t>{5, 3, 8}));
}

}  // namespace
}  // namespace spotter::kernels
