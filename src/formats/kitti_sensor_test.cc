#include <cmath>

#include <gtest/gtest.h>

#include "formats/kitti.h"

namespace spotter::formats {
namespace {

// Where a camera one metre above the ground sees the place (x ahead, y to the left).
std::array<double, 2> seen(double x, double y) {
  return {1000 - 900 * y / x, 700 + 900 / x};
}

// Frames "00", "01" … of six cones each, seen by both sensors; those from `moved` on are seen 20
// pixels further right than they are.
std::map<std::string, std::vector<KittiRow>> recording(int frames, int moved) {
  std::map<std::string, std::vector<KittiRow>> rows;
  for (int frame = 0; frame < frames; ++frame) {
    auto& lines = rows[{static_cast<char>('0' + frame / 10), static_cast<char>('0' + frame % 10)}];
    for (std::size_t k = 1; k <= 6; ++k) {
      KittiRow row{.line = k, .class_name = "cone", .in_3d = true};
      row.x = 4 + 3 * static_cast<double>(k) + 0.3 * frame;
      row.y = k % 2 == 0 ? 2 : -2 - 0.1 * frame;
      const auto [u, v] = seen(row.x, row.y);
      const double right = frame >= moved ? 20 : 0;
      row.box = Box{u - 5 + right, v - 8, u + 5 + right, v + 8};
      lines.push_back(row);
    }
  }
  return rows;
}

double error_at(const GroundMap& map, double x, double y) {
  const auto at = kernels::project(map.image_from_lidar, x, y, 0);
  return at ? std::hypot(at->u - seen(x, y)[0], at->v - seen(x, y)[1]) : INFINITY;
}

TEST(GroundMaps, NoFrameSaysItselfWhereItsObjectsAre) {
  const auto maps = learn_ground_maps(recording(20, 16));
  EXPECT_TRUE(maps.held_out());
  EXPECT_EQ(maps.pairs, 120U);
  ASSERT_NE(maps.of("17"), nullptr);
  EXPECT_LT(error_at(*maps.of("17"), 10, 2), 0.01);  // the four other stretches are right
  EXPECT_GT(error_at(*maps.of("03"), 10, 2), 1);     // they learned from the moved one too
  EXPECT_EQ(maps.of("16"), maps.of("19"));
  EXPECT_NE(maps.of("15"), maps.of("16"));
}

TEST(GroundMaps, FewFramesHaveOneMapAndOneSidedLinesHaveNone) {
  const auto one = learn_ground_maps(recording(4, 4));
  EXPECT_FALSE(one.held_out());
  ASSERT_NE(one.of("02"), nullptr);
  EXPECT_EQ(one.of("00"), one.of("03"));
  EXPECT_LT(one.error_median_px, 0.01);

  auto rows = recording(20, 20);
  for (auto& [stem, lines] : rows) {
    for (auto& row : lines) {
      row.box.reset();
    }
  }
  EXPECT_EQ(learn_ground_maps(rows).of("05"), nullptr);
  EXPECT_EQ(learn_ground_maps({}).of("05"), nullptr);
}

}  // namespace
}  // namespace spotter::formats
