#include "kernels/look_alikes.h"

#include <gtest/gtest.h>

#include "base/random.h"

namespace spotter::kernels {
namespace {

// 400 scenes of three pictures with two objects; a tenth of the scenes look strange, which nobody
// wrote down.
struct Street {
  std::vector<float> pictures;
  std::vector<std::uint32_t> picture_of;
  std::vector<std::uint32_t> scene_of;
  std::vector<bool> strange;
  RowSet failing;
};

Street make_street(std::uint64_t seed, double rate_strange) {
  Rng rng(seed, "street");
  Street street;
  street.failing = RowSet(400 * 3 * 2);
  for (std::uint32_t scene = 0; scene < 400; ++scene) {
    const bool strange = scene % 10 == 3;
    const int look = strange ? 9 : static_cast<int>(rng.index(3));
    for (int frame = 0; frame < 3; ++frame) {
      for (int d = 0; d < 24; ++d) {
        const double centre = d == look % 24 ? 4 : 0;
        street.pictures.push_back(static_cast<float>(centre + 0.7 * rng.normal()));
      }
      for (int o = 0; o < 2; ++o) {
        const auto row = street.picture_of.size();
        street.picture_of.push_back(3 * scene + static_cast<std::uint32_t>(frame));
        street.scene_of.push_back(scene);
        street.strange.push_back(strange);
        if (rng.chance(strange ? rate_strange : 0.1)) {
          street.failing.add(row);
        }
      }
    }
  }
  return street;
}

std::vector<LookAlikes> search(const Street& street, std::vector<const RowSet*> conditions) {
  return find_look_alikes({.pictures = {street.pictures, 24},
                           .picture_of = street.picture_of,
                           .scene_of = street.scene_of,
                           .failing = street.failing,
                           .conditions = std::move(conditions)},
                          0.05);
}

TEST(LookAlikes, AGroupThatNobodyNamedIsFoundAndNothingElse) {
  int in_one_piece = 0;
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    const auto street = make_street(seed, 0.6);
    RowSet strange(2400);
    for (std::size_t row = 0; row < 2400; ++row) {
      if (street.strange[row]) {
        strange.add(row);
      }
    }
    const auto found = search(street, {&strange});
    ASSERT_FALSE(found.empty()) << "seed " << seed;
    RowSet all(2400);
    for (const auto& group : found) {
      all |= group.rows;
      ASSERT_FALSE(group.nearest.empty());
      EXPECT_EQ(group.nearest[0] / 3 % 10, 3U);
    }
    EXPECT_GE(all.count_with(strange), 220U) << "of 240 objects";
    EXPECT_LE(all.count(), 260U);
    if (found.size() == 1) {
      ++in_one_piece;
      EXPECT_EQ(found[0].condition, 0) << "the metadata has a name for it";
      EXPECT_EQ(search(street, {})[0].condition, -1);
    }
  }
  EXPECT_GE(in_one_piece, 3) << "of 5: a mixture may cut a cloud in pieces";
}

TEST(LookAlikes, WithoutASliceAtMostFivePercentOfRunsFindOne) {
  int false_runs = 0;
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    false_runs += search(make_street(seed, 0.1), {}).empty() ? 0 : 1;
  }
  EXPECT_LE(false_runs, 1) << "of 20";
}

TEST(LookAlikes, NothingToLookAtIsNoError) {
  const RowSet none(0);
  EXPECT_TRUE(find_look_alikes({.pictures = {}, .failing = none}, 0.05).empty());
}

}  // namespace
}  // namespace spotter::kernels
