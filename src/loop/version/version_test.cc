#include "loop/version/version.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "base/files.h"

namespace spotter::version {
namespace {

class Versions : public testing::Test {
 protected:
  void add(const std::string& key, int scenes, int labels) {
    std::vector<Sample> samples;
    std::vector<LabelSet> sets;
    for (int s = 0; s < scenes; ++s) {
      const auto name = key + std::to_string(s);
      samples.push_back({.key = name, .media = "hash", .sequence = "scene " + name});
      LabelSet set{.sample = name, .author = "test"};
      for (int i = 0; i < labels; ++i) {
        set.labels.push_back(
            {.object = std::to_string(i), .class_name = "cone", .box = {0, 0, 1, 1}});
      }
      sets.push_back(std::move(set));
    }
    project_.lake->add_samples("s" + key, samples);
    project_.lake->add_labels("l" + key + std::to_string(labels), sets);
  }

  TemporaryFolder folder_;
  Project project_ = test_project(folder_.path() / "p", {.test_share = 0.2, .val_share = 0.1});
};

TEST_F(Versions, NothingLabelledIsRefused) {
  EXPECT_THROW((void)commit(project_, {.message = "empty"}), Error);
  EXPECT_THROW((void)find(project_, "latest"), Error);
}

TEST_F(Versions, AreImmutableAndKnowTheirParent) {
  add("a", 20, 2);
  const auto one = commit(project_, {.message = "first"});
  EXPECT_EQ(one.id, "v1");
  EXPECT_EQ(one.counts["splits"]["test"], 4);
  EXPECT_EQ(one.counts["labels"], 40);
  const auto again = commit(project_, {.message = "nothing new"});
  EXPECT_FALSE(again.created);
  EXPECT_EQ(again.id, "v1");

  add("b", 10, 1);
  project_.lake->add_labels("more", std::vector{LabelSet{.sample = "a3", .author = "test"}});
  const auto two = commit(project_, {.message = "second"});
  EXPECT_EQ(two.id, "v2");
  EXPECT_EQ(two.parent, "v1");
  EXPECT_EQ(two.counts["samples"], 30);
  const Json change = diff(project_, "v1", "v2");
  EXPECT_EQ(change["added"]["count"], 10);
  EXPECT_EQ(change["relabelled"]["count"], 1);
  EXPECT_EQ(change["moved"]["count"], 0);
  EXPECT_EQ(change["classes"]["cone"], 8);

  // The first version still says what it said.
  EXPECT_EQ(
      project_.lake->labels(std::vector<std::string>{"a3"}, kLabelLayer, "v1")[0].labels.size(),
      2U);
  EXPECT_TRUE(
      project_.lake->labels(std::vector<std::string>{"a3"}, kLabelLayer, "v2")[0].labels.empty());
  EXPECT_EQ(find(project_, two.content_hash.substr(0, 8)).id, "v2");
  EXPECT_EQ(log(project_).size(), 2U);
}

TEST_F(Versions, ACommitThatWasKilledBeforeItsRowLeavesNoTrace) {
  add("a", 4, 1);
  project_.lake->add_version("left over", "v1", std::vector<lake::VersionItem>{{"a0", "train", 1}});
  const auto made = commit(project_, {.message = "after the kill"});
  EXPECT_EQ(made.id, "v2");
  EXPECT_EQ(project_.lake->version_items(made.id).size(), 4U);
}

}  // namespace
}  // namespace spotter::version
