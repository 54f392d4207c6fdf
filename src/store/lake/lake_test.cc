#include "store/lake/lake.h"

#include <csignal>

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"
#include "base/files.h"

namespace spotter::lake {
namespace {

Sample sample(const std::string& key) {
  return {.key = key, .width = 10, .height = 8, .attributes = "{}"};
}

LabelSet labels(const std::string& key, int count) {
  LabelSet set{.sample = key, .author = "test", .created_at = 5};
  for (int i = 0; i < count; ++i) {
    set.labels.push_back(
        {.object = std::to_string(i), .class_name = "cone", .box = {1, 2, 3, 4.5}});
  }
  return set;
}

ModelOutput output(const std::string& key, double score) {
  ModelOutput out{.set = {.sample = key}, .loss = 0.5, .embedding_row = 3, .segment = "abc"};
  out.set.predictions.push_back({.class_name = "cone",
                                 .score = score,
                                 .box = {0, 0, 1, 1},
                                 .probabilities = {0.1, 0.9},
                                 .aleatoric = {1, 2, 3, 4}});
  return out;
}

TEST(Lake, WhatGoesInComesOut) {
  const TemporaryFolder folder;
  auto lake = open_lake(folder.path() / "lake");
  const std::vector<Sample> samples = {sample("b"), sample("a"), sample("a")};
  EXPECT_TRUE(lake->add_samples("one", samples));
  EXPECT_FALSE(lake->add_samples("one", samples));
  EXPECT_TRUE(lake->add_samples("two", samples));  // another write of samples that are there
  ASSERT_EQ(lake->samples().size(), 2U);
  EXPECT_EQ(lake->samples()[0].key, "a");

  const std::vector<LabelSet> sets = {labels("a", 2), labels("b", 0)};
  EXPECT_TRUE(lake->add_labels("l1", sets));
  EXPECT_TRUE(lake->add_labels("l2", std::vector{labels("a", 1)}));
  const auto current = lake->labels({}, kLabelLayer);
  ASSERT_EQ(current.size(), 2U);
  EXPECT_EQ(current[0].revision, 2);
  EXPECT_EQ(current[0].labels.size(), 1U);
  EXPECT_EQ(current[0].labels[0].box, (Box{1, 2, 3, 4.5}));
  EXPECT_EQ(current[1].labels.size(), 0U);

  EXPECT_TRUE(lake->add_version("v", "v1", std::vector<VersionItem>{{"a", "train", 1}}));
  const auto frozen = lake->labels({}, kLabelLayer, "v1");
  ASSERT_EQ(frozen.size(), 1U);
  EXPECT_EQ(frozen[0].labels.size(), 2U);

  EXPECT_TRUE(lake->add_predictions("p1", "m1", std::vector{output("a", 0.25), output("b", 0.5)}));
  EXPECT_TRUE(lake->add_predictions("p2", "m1", std::vector{output("a", 0.75)}));
  const auto said = lake->predictions("m1", {});
  ASSERT_EQ(said.size(), 2U);
  EXPECT_EQ(said[0].set.predictions[0].score, 0.75);
  EXPECT_EQ(said[0].set.predictions[0].probabilities, (std::vector<double>{0.1, 0.9}));
  EXPECT_TRUE(said[0].set.predictions[0].epistemic.empty());
  EXPECT_EQ(lake->predictions("m1", std::vector<std::string>{"b"}).size(), 1U);
  EXPECT_EQ(lake->verify(), std::vector<std::string>{});
  (void)lake->compact();
  EXPECT_EQ(lake->predictions("m1", {}).size(), 2U);
  EXPECT_EQ(lake->labels({}, kLabelLayer, "v1")[0].labels.size(), 2U);
}

TEST(Lake, QueriesOnlyRead) {
  const TemporaryFolder folder;
  auto lake = open_lake(folder.path() / "lake");
  EXPECT_EQ(lake->query("SELECT count(*) FROM samples").integer(0, 0), 0);
  EXPECT_THROW((void)lake->query("DELETE FROM samples"), Error);
  EXPECT_THROW((void)lake->query("SELECT * FROM read_text('/etc/passwd')"), Error);
  EXPECT_THROW((void)lake->query("SELECT nothing FROM samples"), Error);
}

TEST(Lake, AnotherProcessSeesWritesAndThisOneSeesIts) {
  const TemporaryFolder folder;
  auto lake = open_lake(folder.path() / "lake");
  EXPECT_TRUE(lake->add_samples("one", std::vector{sample("a")}));
  auto other = open_lake(folder.path() / "lake");
  EXPECT_EQ(other->samples().size(), 1U);
  EXPECT_TRUE(other->add_samples("two", std::vector{sample("b")}));
  EXPECT_EQ(lake->samples().size(), 2U);
  EXPECT_GT(lake->snapshot(), 0);
}

TEST(Lake, AMovedFolderIsTheSameLake) {
  const TemporaryFolder folder;
  {
    EXPECT_TRUE(open_lake(folder.path() / "lake")->add_samples("one", std::vector{sample("a")}));
  }
  std::filesystem::rename(folder.path() / "lake", folder.path() / "moved");
  EXPECT_EQ(open_lake(folder.path() / "moved")->samples().size(), 1U);
}

// A child writes until it is killed; whatever moment that is, each write is there whole or not at
// all.
TEST(Lake, KilledInTheMiddleOfWritesLosesAndDoublesNothing) {
  const TemporaryFolder folder;
  const auto path = folder.path() / "lake";
  {
    (void)open_lake(path)->samples();
  }
  for (int round = 0; round < 3; ++round) {
    const pid_t child = fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      auto lake = open_lake(path);
      for (int i = 0; i < 1000; ++i) {
        std::vector<Sample> batch;
        for (int k = 0; k < 50; ++k) {
          batch.push_back(sample(std::to_string(i) + "/" + std::to_string(k)));
        }
        (void)lake->add_samples("batch " + std::to_string(i), batch);
      }
      _exit(0);
    }
    usleep(static_cast<useconds_t>(700'000 + 130'000 * round));
    kill(child, SIGKILL);
    int status = 0;
    waitpid(child, &status, 0);
    auto lake = open_lake(path);
    const auto keys = lake->query("SELECT count(*) FROM write_keys").integer(0, 0);
    EXPECT_EQ(lake->query("SELECT count(*) FROM samples").integer(0, 0), keys * 50);
    EXPECT_EQ(lake->verify(), std::vector<std::string>{});
  }
}

}  // namespace
}  // namespace spotter::lake
