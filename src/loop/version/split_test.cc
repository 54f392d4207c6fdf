#include "loop/version/split.h"

#include <set>

#include <gtest/gtest.h>

#include "base/error.h"

namespace spotter::version {
namespace {

std::vector<VersionEntry> scenes(int count, int frames = 3, int from = 0) {
  std::vector<VersionEntry> entries;
  for (int s = from; s < from + count; ++s) {
    for (int f = 0; f < frames; ++f) {
      entries.push_back({.sample = std::to_string(s) + "/" + std::to_string(f),
                         .scene = "scene-" + std::to_string(s)});
    }
  }
  return entries;
}

std::map<std::string, std::string> by_scene(const std::vector<VersionEntry>& entries,
                                            const std::vector<std::string>& splits) {
  std::map<std::string, std::string> result;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    result[entries[i].scene] = splits[i];
  }
  return result;
}

TEST(Split, SharesAreExactAndScenesStayWhole) {
  const auto entries = scenes(100);
  const auto splits = deal_splits(entries, {}, {.test_share = 0.2, .val_share = 0.1, .seed = 7});
  std::map<std::string, int> count;
  for (const auto& [scene, split] : by_scene(entries, splits)) {
    ++count[split];
  }
  EXPECT_EQ(count["test"], 20);
  EXPECT_EQ(count["val"], 10);
  EXPECT_EQ(count["train"], 70);
  for (std::size_t i = 0; i < entries.size(); ++i) {
    EXPECT_EQ(splits[i], by_scene(entries, splits)[entries[i].scene]);
  }
}

TEST(Split, ASceneKeepsItsSplitWhenOthersArrive) {
  const auto first = scenes(50);
  const auto known = by_scene(first, deal_splits(first, {}, {}));
  auto second = scenes(30, 2, 50);
  second.insert(second.end(), first.begin(), first.end());
  const auto after = by_scene(second, deal_splits(second, known, {.test_share = 0.5}));
  for (const auto& [scene, split] : known) {
    EXPECT_EQ(after.at(scene), split);
  }
}

TEST(Split, OrderOfArrivalDoesNotMatter) {
  auto entries = scenes(40, 1);
  const auto a = by_scene(entries, deal_splits(entries, {}, {}));
  std::reverse(entries.begin(), entries.end());
  EXPECT_EQ(a, by_scene(entries, deal_splits(entries, {}, {})));
}

TEST(Split, TwoScenesAreEnoughToTrainAndTest) {
  for (int count = 2; count < 5; ++count) {
    const auto entries = scenes(count, 1);
    const auto splits = deal_splits(entries, {}, {.test_share = 0.01});
    EXPECT_EQ(std::set<std::string>(splits.begin(), splits.end()),
              (std::set<std::string>{"train", "test"}));
  }
}

TEST(Split, TheAttributeDecides) {
  auto entries = scenes(3, 1);
  entries[1].wanted = "test";
  EXPECT_EQ(deal_splits(entries, {{"scene-1", "train"}}, {})[1], "test");
  EXPECT_EQ(wanted_split({.key = "a", .attributes = R"({"split":"val"})"}), "val");
  EXPECT_EQ(wanted_split({.key = "a"}), "");
  EXPECT_THROW((void)wanted_split({.key = "a", .attributes = R"({"split":"tset"})"}), Error);
}

}  // namespace
}  // namespace spotter::version
