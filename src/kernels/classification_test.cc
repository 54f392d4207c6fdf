#include "kernels/classification.h"

#include <cmath>

#include <gtest/gtest.h>

namespace spotter::kernels {
namespace {

// By hand: three classes, six rows, one guess of a class that is never true.
TEST(Classification, FiguresByHand) {
  const ClassGuesses rows{.truth = {0, 0, 0, 1, 1, 1},
                          .guess = {0, 0, 1, 1, 2, 1},
                          .probability_of_truth = {0.5, 1, 0.25, 0.5, 0, -1}};
  const auto r = classification_result(rows, 4);
  EXPECT_DOUBLE_EQ(r.accuracy, 4.0 / 6);
  EXPECT_DOUBLE_EQ(r.classes[0].precision, 1);
  EXPECT_DOUBLE_EQ(r.classes[0].recall, 2.0 / 3);
  EXPECT_DOUBLE_EQ(r.classes[0].f1, 0.8);
  EXPECT_DOUBLE_EQ(r.classes[1].precision, 2.0 / 3);
  EXPECT_DOUBLE_EQ(r.classes[1].f1, 2.0 / 3);
  EXPECT_DOUBLE_EQ(r.classes[2].precision, 0);
  EXPECT_EQ(r.classes[2].recall, -1);
  EXPECT_EQ(r.classes[3].f1, -1);
  EXPECT_DOUBLE_EQ(r.macro_f1, (0.8 + 2.0 / 3 + 0) / 3);
  EXPECT_DOUBLE_EQ(r.macro_recall, (2.0 / 3 + 2.0 / 3 + 0) / 3);
  EXPECT_EQ(r.confusion[0 * 4 + 1], 1);
  EXPECT_EQ(r.confusion[1 * 4 + 2], 1);
  const double nothing = -std::log(std::numeric_limits<double>::epsilon());
  EXPECT_NEAR(r.log_loss, (std::log(2) + 0 + std::log(4) + std::log(2) + nothing) / 5, 1e-12);
}

TEST(Classification, NothingIsUndefined) {
  const auto r = classification_result({}, 2);
  EXPECT_EQ(r.accuracy, -1);
  EXPECT_EQ(r.macro_f1, -1);
  EXPECT_EQ(r.log_loss, -1);
}

TEST(Classification, ClassesOutsideTheListAreWrong) {
  const auto r = classification_result(
      {.truth = {0, 0}, .guess = {-1, 0}, .probability_of_truth = {-1, -1}}, 1);
  EXPECT_DOUBLE_EQ(r.accuracy, 0.5);
  EXPECT_DOUBLE_EQ(r.classes[0].recall, 0.5);
  EXPECT_DOUBLE_EQ(r.classes[0].precision, 1);
}

}  // namespace
}  // namespace spotter::kernels
