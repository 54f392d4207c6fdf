#include "store/lake/lake.h"

#include <csignal>
#include <cstdio>

#include <gtest/gtest.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"
#include "base/files.h"
#include "base/random.h"
#include "store/lake/care.h"
#include "store/lake/query_within.h"

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
  for (const char* sql :
       {"SELECT * FROM sqlite_scan('/etc/x.db', 'meta')",
        "SELECT * FROM ducklake_snapshots('lake')",
        "SELECT * FROM ducklake_delete_orphaned_files('lake', cleanup_all => true)",
        "ATTACH '/tmp/x.db'", "COPY (SELECT 1) TO '/tmp/x.csv'", "LOAD httpfs", "INSTALL httpfs",
        "SET threads = 1", "SET enable_external_access = true", "SELECT 1; SELECT 2",
        "SELECT * FROM glob('/*')", "SELECT * FROM read_csv('/etc/passwd')",
        "SELECT getenv('HOME')", "CREATE TABLE t (a INT)", "", "EXPORT DATABASE '/tmp/x'",
        "CALL pragma_version()", "EXPLAIN SELECT 1"}) {
    EXPECT_THROW((void)lake->query(sql), Error) << sql;
  }
}

TEST(Lake, EveryTypeOfColumnIsAnswered) {
  const TemporaryFolder folder;
  auto lake = open_lake(folder.path() / "lake");
  const auto one = [&](const std::string& expression) {
    return lake->query("SELECT " + expression + " AS x, 7 AS y").rows.at(0).at(0);
  };
  for (const auto& [expression, number] :
       std::vector<std::pair<std::string, double>>{{"0.5", 0.5},
                                                   {"-0.25", -0.25},
                                                   {"-12345678.5", -12345678.5},
                                                   {"123456789012345.25", 123456789012345.25},
                                                   {"(-1.5)::DECIMAL(38, 3)", -1.5}}) {
    EXPECT_EQ(std::get<double>(one(expression)), number) << expression;
  }
  for (const auto& [expression, text] : std::vector<std::pair<std::string, std::string>>{
           {"DATE '2026-01-02'", "2026-01-02"},
           {"TIMESTAMP '2026-01-02 03:04:05'", "2026-01-02 03:04:05"},
           {"TIMESTAMPTZ '2026-01-02 03:04:05+00'", "2026-01-02 03:04:05+00"},
           {"UUID '12345678-1234-1234-1234-1234567890ab'", "12345678-1234-1234-1234-1234567890ab"},
           {"INTERVAL 2 DAY", "2 days"},
           {"['a', 'b']", "[a, b]"},
           {"{'k': 1}", "{'k': 1}"}}) {
    EXPECT_EQ(std::get<std::string>(one(expression)), text) << expression;
  }
  EXPECT_EQ(std::get<std::vector<double>>(one("[1, 2]")), (std::vector<double>{1, 2}));
  EXPECT_EQ(std::get<std::vector<double>>(one("[0.5, 2]")), (std::vector<double>{0.5, 2}));
  EXPECT_EQ(std::get<std::int64_t>(one("sum(5)")), 5);
  EXPECT_TRUE(std::holds_alternative<std::monostate>(one("NULL")));
  EXPECT_TRUE(std::holds_alternative<std::monostate>(one("NULL::DATE")));
  const auto bound = lake->query("SELECT $1 * 0.5, DATE '2026-01-02' + $2::INTEGER AS d ; ",
                                 {Value(std::int64_t{3}), Value(std::int64_t{1})});
  EXPECT_EQ(bound.real(0, 0), 1.5);
  EXPECT_EQ(bound.text(0, 1), "2026-01-03");
  EXPECT_EQ(bound.columns.at(1), "d");
}

TEST(Lake, AQueryIsEndedWhenItsTimeIsOver) {
  const TemporaryFolder folder;
  auto lake = open_lake(folder.path() / "lake");
  const std::string endless =
      "SELECT sum(a.range * b.range) FROM range(10000000) a, range(10000000) b";
  try {
    (void)query_within(*lake, std::chrono::seconds(1), endless, {});
    FAIL() << "it came to an end";
  } catch (const Error& e) {
    EXPECT_EQ(e.code, ErrorCode::kInvalid);
    EXPECT_NE(std::string(e.what()).find("more than 1 s"), std::string::npos) << e.what();
  }
  EXPECT_EQ(query_within(*lake, std::chrono::seconds(60), "SELECT 7", {}).integer(0, 0), 7);
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
  for (int round = 0; round < 4; ++round) {
    const pid_t child = fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      auto lake = open_lake(path);
      for (int i = 0; i < 1000; ++i) {
        std::vector<Sample> batch;
        std::vector<ModelOutput> said;
        for (int k = 0; k < 50; ++k) {
          batch.push_back(sample(std::to_string(i) + "/" + std::to_string(k)));
          said.push_back(output(batch.back().key, 0.5));
        }
        (void)lake->add_samples("batch " + std::to_string(i), batch);
        (void)lake->add_predictions("round " + std::to_string(round) + "/" + std::to_string(i), "m",
                                    said);
        if (i % 5 == 4) {
          (void)lake->compact();
        }
      }
      _exit(0);
    }
    usleep(static_cast<useconds_t>(900'000 + 310'000 * round));
    kill(child, SIGKILL);
    int status = 0;
    waitpid(child, &status, 0);
    auto lake = open_lake(path);
    const auto keys =
        lake->query("SELECT count(*) FROM write_keys WHERE key LIKE 'batch %'").integer(0, 0);
    EXPECT_EQ(lake->query("SELECT count(*) FROM samples").integer(0, 0), keys * 50);
    EXPECT_EQ(lake->query("SELECT count(*) FROM predictions").integer(0, 0),
              lake->query("SELECT count(*) FROM prediction_sets").integer(0, 0));
    EXPECT_EQ(lake->verify(), std::vector<std::string>{});
  }
  auto lake = open_lake(path);
  (void)lake->compact();
  EXPECT_EQ(unneeded_bytes(*lake, path), 0U);
  EXPECT_EQ(lake->verify(), std::vector<std::string>{});
}

// The kept list of files is only a copy: without it, or with one that says something else, nothing
// changes.
TEST(Lake, ReadersAreRightWhateverTheKeptListSays) {
  const TemporaryFolder folder;
  const auto path = folder.path() / "la[k]e *?";
  auto writer = open_lake(path);
  EXPECT_TRUE(writer->add_samples("one", std::vector{sample("a")}));
  auto reader = open_lake(path);
  EXPECT_EQ(reader->samples().size(), 1U);
  const auto old = read_file(path / "current.json");
  EXPECT_TRUE(writer->add_samples("two", std::vector{sample("b")}));
  // As after a writer that was killed between its commit and the list.
  for (const std::string& kept :
       {old, std::string("{\"format\":1"), std::string("[]"), std::string()}) {
    write_file_atomic(path / "current.json", kept);
    EXPECT_EQ(reader->samples().size(), 2U);
    EXPECT_EQ(open_lake(path)->samples().size(), 2U);
  }
  writer.reset();
  std::filesystem::remove(path / "current.json");
  EXPECT_EQ(open_lake(path)->samples().size(), 2U);
  EXPECT_TRUE(std::filesystem::exists(path / "current.json"));
  EXPECT_EQ(reader->samples().size(), 2U);
}

TEST(Lake, ManySmallWritesDoNotBecomeManyFiles) {
  const TemporaryFolder folder;
  auto lake = open_lake(folder.path());
  auto reader = open_lake(folder.path());
  constexpr std::size_t kWrites = 110;
  for (std::size_t i = 0; i < kWrites; ++i) {
    EXPECT_TRUE(lake->add_samples(std::to_string(i), std::vector{sample(std::to_string(i))}));
    if (i % 20 == 0) {
      EXPECT_EQ(reader->samples().size(), i + 1);
    }
  }
  std::size_t files = 0;
  for (const auto& entry :
       std::filesystem::recursive_directory_iterator(folder.path() / "data" / "main" / "samples")) {
    files += entry.is_regular_file() ? 1U : 0U;
  }
  EXPECT_LT(files, kWrites / 2);
  EXPECT_EQ(reader->samples().size(), kWrites);
  EXPECT_FALSE(lake->add_samples("7", std::vector{sample("x")}));
  EXPECT_EQ(lake->verify(), std::vector<std::string>{});
}

TEST(Lake, CompactionRemovesWhatNobodyNeedsUnderReaders) {
  const TemporaryFolder folder;
  auto lake = open_lake(folder.path());
  auto reader = open_lake(folder.path());
  for (int i = 0; i < 3; ++i) {
    EXPECT_TRUE(lake->add_samples("s" + std::to_string(i),
                                  std::vector{sample("a"), sample(std::to_string(i))}));
    EXPECT_TRUE(
        lake->add_predictions("p" + std::to_string(i), "m", std::vector{output("a", 0.1 * i)}));
  }
  EXPECT_EQ(reader->predictions("m").size(), 1U);
  write_file_atomic(folder.path() / "data" / "main" / "samples" / "orphan.parquet",
                    "left by a killed writer");
  EXPECT_GT(unneeded_bytes(*lake, folder.path()), 20U);
  EXPECT_GT(lake->compact(), 20U);
  EXPECT_EQ(unneeded_bytes(*lake, folder.path()), 0U);
  EXPECT_FALSE(
      std::filesystem::exists(folder.path() / "data" / "main" / "samples" / "orphan.parquet"));
  ASSERT_EQ(reader->predictions("m").size(), 1U);
  EXPECT_EQ(reader->predictions("m")[0].set.predictions[0].score, 0.2);
  EXPECT_EQ(reader->samples().size(), 4U);
}

TEST(Lake, AMissingFileIsAProblemWithItsName) {
  const TemporaryFolder folder;
  auto lake = open_lake(folder.path());
  EXPECT_TRUE(lake->add_samples("one", std::vector{sample("a")}));
  for (const auto& entry :
       std::filesystem::directory_iterator(folder.path() / "data" / "main" / "samples")) {
    std::filesystem::remove(entry.path());
  }
  const auto problems = lake->verify();
  ASSERT_EQ(problems.size(), 1U);
  EXPECT_NE(problems[0].find("samples"), std::string::npos) << problems[0];
}

// A small file system in a mount namespace of the child's own. Exit codes: 0 good, 77 not allowed
// here.
int fill_small_disk(const std::filesystem::path& path) {
  if (unshare(CLONE_NEWNS) != 0 && unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0) {
    return 77;
  }
  if (mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
      mount("tmpfs", path.c_str(), "tmpfs", 0, "size=4m") != 0) {
    return 77;
  }
  auto lake = open_lake(path / "lake");
  const std::string filler(2'000'000, 'f');
  write_file_atomic(path / "filler", filler);
  std::int64_t writes = 0;
  try {
    for (; writes < 1000; ++writes) {
      std::vector<Sample> batch;
      for (int k = 0; k < 200; ++k) {
        batch.push_back(sample(std::to_string(writes) + "/" + std::to_string(k)));
        batch.back().attributes =
            std::to_string(mix_bits(static_cast<std::uint64_t>(writes * 200 + k)));
      }
      (void)lake->add_samples("batch " + std::to_string(writes), batch);
    }
    return 2;  // it never filled up
  } catch (const Error& e) {
    if (e.code != ErrorCode::kUnavailable) {
      fprintf(stderr, "full disk: %s\n", e.what());
      return 3;
    }
  }
  std::filesystem::remove(path / "filler");
  const auto rows = lake->query("SELECT count(*) FROM samples").integer(0, 0);
  if (rows % 200 != 0 || rows < writes * 200 || !lake->verify().empty()) {
    return 4;
  }
  return lake->add_samples("more", std::vector{sample("more")}) ? 0 : 5;
}

TEST(Lake, AFullDiskIsACleanErrorAndPasses) {
  const TemporaryFolder folder;
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    int code = 6;
    try {
      code = fill_small_disk(folder.path());
    } catch (const std::exception& e) {
      fprintf(stderr, "full disk: %s\n", e.what());
    }
    _exit(code);
  }
  int status = 0;
  waitpid(child, &status, 0);
  if (WIFEXITED(status) && WEXITSTATUS(status) == 77) {
    GTEST_SKIP() << "skipped: this machine lets nobody mount a small disk";
  }
  EXPECT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

TEST(Lake, TheExtensionsAreTheSignedOnes) {
  check_extensions();
}

}  // namespace
}  // namespace spotter::lake
