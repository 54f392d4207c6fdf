#include "kernels/trajectories.h"

#include <gtest/gtest.h>

namespace spotter::kernels {
namespace {

TEST(Trajectories, DisplacementsByHand) {
  const PointPath a = {{0, 0}, {1, 0}, {2, 0}};
  const PointPath b = {{0, 1}, {1, 2}, {5, 4}};
  EXPECT_DOUBLE_EQ(average_displacement(a, b), (1.0 + 2 + 5) / 3);
  EXPECT_DOUBLE_EQ(final_displacement(a, b), 5);
  EXPECT_DOUBLE_EQ(final_displacement(a, std::span(b).first(2)), 2);  // the steps that both have
  EXPECT_EQ(average_displacement(a, {}), 0);
}

TEST(Trajectories, ConstantVelocityRepeatsTheLastStep) {
  const PointPath seen = {{9, 9}, {0, 0}, {1, 2}};
  EXPECT_EQ(constant_velocity(seen, 2), (PointPath{{2, 4}, {3, 6}}));
  EXPECT_EQ(constant_velocity(std::span(seen).first(1), 1), (PointPath{{9, 9}}));
  EXPECT_TRUE(constant_velocity({}, 3).empty());
}

TEST(Trajectories, TheBestOfKTakesEachMinimumByItself) {
  const PointPath truth = {{0, 0}, {0, 0}};
  const std::vector<PointPath> proposals = {{{0, 0}, {3, 0}}, {{5, 0}, {1, 0}}, {{0, 0}, {0, 0}}};
  const auto two = best_of(proposals, truth, 2);
  EXPECT_DOUBLE_EQ(two.ade, 1.5);
  EXPECT_DOUBLE_EQ(two.fde, 1);
  EXPECT_DOUBLE_EQ(best_of(proposals, truth, 9).ade, 0);
  EXPECT_EQ(best_of({}, truth, 3).ade, -1);
}

}  // namespace
}  // namespace spotter::kernels
