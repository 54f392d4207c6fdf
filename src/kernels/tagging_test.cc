#include "kernels/tagging.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace spotter::kernels {
namespace {

TEST(Tagging, MacroMeansOverValuesThatOccur) {
  // Value 0: 2 of 3 found; value 1: found, and said once too often; value 3 never occurs.
  const std::vector<std::int32_t> truth = {0, 0, 0, 1, 2};
  const std::vector<std::int32_t> said = {0, 0, 1, 1, -1};
  const auto score = score_tag(truth, said, 4);
  EXPECT_DOUBLE_EQ(score.accuracy, 3.0 / 5);
  EXPECT_DOUBLE_EQ(score.precision, (1.0 + 0.5 + 0) / 3);
  EXPECT_DOUBLE_EQ(score.recall, (2.0 / 3 + 1 + 0) / 3);
  EXPECT_DOUBLE_EQ(score.f1, (0.8 + 2.0 / 3 + 0) / 3);
  EXPECT_EQ(score.values[1].predicted, 2);
}

TEST(Tagging, NothingToScore) {
  const auto score = score_tag({}, {}, 2);
  EXPECT_EQ(score.accuracy, 0);
  EXPECT_EQ(score.f1, 0);
  const std::vector<std::int32_t> one = {0};
  EXPECT_THROW((void)score_tag(one, {}, 1), Error);
}

}  // namespace
}  // namespace spotter::kernels
