#include "loop/label/difference.h"

#include <gtest/gtest.h>

namespace spotter::label {
namespace {

using Names = std::vector<std::string>;

TEST(LabelDifference, FindsWhatIsNewGoneMovedAndRenamed) {
  const std::vector<Label> current = {
      {.object = "a",
       .class_name = "red",
       .box = {0, 0, 10, 10},
       .track = "t",
       .attributes = R"({"colour":"dark"})"},
      {.object = "b", .class_name = "red", .box = {20, 20, 30, 30}},
      {.object = "c", .class_name = "red", .box = {40, 40, 50, 50}},
      {.object = "0", .class_name = "red", .box = {60, 60, 70, 70}}};
  const std::vector<Label> returned = {
      {.object = "x", .class_name = "blue", .box = {20, 20, 30, 30}},
      {.object = "y", .class_name = "red", .box = {0, 0, 10.04, 10}},
      {.object = "z", .class_name = "red", .box = {41, 40, 51, 50}},
      {.object = "w", .class_name = "red", .box = {80, 80, 90, 90}}};
  const auto d = compare(current, returned);
  EXPECT_EQ(d.renamed, Names{"b"});
  EXPECT_EQ(d.moved, Names{"c"});
  EXPECT_EQ(d.removed, Names{"0"});
  ASSERT_EQ(d.added.size(), 1U);
  EXPECT_NE(d.added[0], "0");  // a new object is not called like one that is gone
  ASSERT_EQ(d.merged.size(), 4U);
  EXPECT_EQ(d.merged[1].object, "a");
  EXPECT_EQ(d.merged[1].track, "t");
  EXPECT_EQ(d.merged[1].attributes, R"({"colour":"dark"})");
  EXPECT_EQ(d.merged[1].box, (Box{0, 0, 10, 10}));  // rounding is no move
}

TEST(LabelDifference, NothingChangedIsNoDifference) {
  const std::vector<Label> labels = {{.object = "a", .class_name = "red", .box = {0, 0, 10, 10}},
                                     {.object = "b", .class_name = "blue", .box = {0, 0, 10, 10}}};
  const std::vector<Label> turned = {labels[1], labels[0]};
  EXPECT_TRUE(compare(labels, turned).empty());
  EXPECT_TRUE(compare({}, {}).empty());
}

TEST(LabelDifference, TwinsKeepDifferentNames) {
  const Label twin{.object = "0", .class_name = "red", .box = {0, 0, 10, 10}};
  const auto d = compare({}, {twin, twin, twin});
  EXPECT_EQ(d.added, (Names{"0", "1", "2"}));
}

}  // namespace
}  // namespace spotter::label
