#include <fstream>
#include <thread>

#include <gtest/gtest.h>

#include "base/error.h"
#include "base/files.h"
#include "base/hash.h"
#include "base/json.h"
#include "base/parallel.h"
#include "base/random.h"
#include "base/subprocess.h"
#include "base/text.h"
#include "base/time.h"

namespace spotter {
namespace {

TEST(Json, NamesLineAndColumnOfBrokenText) {
  try {
    (void)parse_json("{\n  \"a\": 1,,\n}", "x.json");
    FAIL() << "broken text was accepted";
  } catch (const Error& e) {
    EXPECT_EQ(e.code, ErrorCode::kInvalid);
    EXPECT_NE(std::string(e.what()).find("line 2"), std::string::npos) << e.what();
    EXPECT_NE(std::string(e.what()).find("x.json"), std::string::npos);
  }
}

TEST(Json, RefusesDeepNesting) {
  EXPECT_THROW((void)parse_json(std::string(100'000, '['), "deep"), Error);
}

TEST(Json, RefusesBadUtf8) {
  EXPECT_THROW((void)parse_json("\"\xff\xfe\"", "bytes"), Error);
}

TEST(Files, AtomicWriteReplacesAndLeavesNoTemporary) {
  const TemporaryFolder folder;
  const auto path = folder.path() / "a" / "b.txt";
  write_file_atomic(path, "one");
  write_file_atomic(path, "two");
  EXPECT_EQ(read_file(path), "two");
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(path.parent_path()), {}), 1);
}

TEST(Files, AReaderSeesOneVersionWholeWhileAnotherReplacesIt) {
  const TemporaryFolder folder;
  const auto path = folder.path() / "state.json";
  const std::string small(10, 's');
  const std::string large(100, 'l');
  write_file_atomic(path, small, Sync::kNone);
  std::jthread writer([&](const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      write_file_atomic(path, large, Sync::kNone);
      write_file_atomic(path, small, Sync::kNone);
    }
  });
  for (int i = 0; i < 20'000; ++i) {
    const auto bytes = read_file(path);
    ASSERT_TRUE(bytes == small || bytes == large) << bytes;
  }
}

TEST(Files, SafeRelativePathRefusesEscapes) {
  for (const char* bad : {"", "/etc/passwd", "../x", "a/../../x", "a\\b", "."}) {
    EXPECT_FALSE(safe_relative_path(bad)) << bad;
  }
  EXPECT_EQ(safe_relative_path("a/./b.jpg"), "a/b.jpg");
}

TEST(Files, LockTellsWhoHoldsIt) {
  const TemporaryFolder folder;
  const FileLock first(folder.path() / "lock", "the lake", 0);
  try {
    const FileLock second(folder.path() / "lock", "the lake", 20);
    FAIL() << "locked twice";
  } catch (const Error& e) {
    EXPECT_EQ(e.code, ErrorCode::kUnavailable);
    EXPECT_NE(std::string(e.what()).find(std::to_string(::getpid())), std::string::npos);
  }
}

TEST(Hash, KnownValue) {
  EXPECT_EQ(sha256_hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST(Rng, NeighbouringSeedsAreUnrelated) {
  Rng a(1);
  Rng b(2);
  int equal = 0;
  for (int i = 0; i < 64; ++i) {
    const auto x = a.next();
    equal += x == b.next() ? 1 : 0;
  }
  EXPECT_EQ(equal, 0);
}

TEST(Rng, StreamIsPinned) {
  EXPECT_EQ(Rng(7).next(), Rng(7).next());
}

TEST(Time, RoundTrip) {
  EXPECT_EQ(iso_time(parse_time("2026-11-24T05:30:00.125Z")), "2026-11-24T05:30:00.125Z");
  EXPECT_EQ(iso_time(0), "1970-01-01T00:00:00Z");
  EXPECT_EQ(parse_time("2026-11-24 05:30:00"), parse_time("2026-11-24T05:30:00Z"));
  EXPECT_THROW((void)parse_time("2026-13-01T00:00:00Z"), Error);
  EXPECT_THROW((void)parse_time("soon"), Error);
}

TEST(Text, DidYouMean) {
  const std::vector<std::string> known = {"import", "export", "query"};
  EXPECT_EQ(did_you_mean("imprt", known), ", did you mean \"import\"?");
  EXPECT_EQ(did_you_mean("zzzzzz", known), "");
}

TEST(Subprocess, CapturesOutputAndExitCode) {
  const auto result = run_command({.arguments = {"sh", "-c", "echo hello; exit 3"},
                                   .folder = {},
                                   .environment = {},
                                   .stdout_file = {},
                                   .stderr_file = {}});
  EXPECT_EQ(result.exit_code, 3);
  EXPECT_EQ(result.output, "hello\n");
}

TEST(Subprocess, MissingProgramIsAnError) {
  EXPECT_THROW((void)run_command({.arguments = {"/no/such/program"},
                                  .folder = {},
                                  .environment = {},
                                  .stdout_file = {},
                                  .stderr_file = {}}),
               Error);
}

TEST(Parallel, CoversEveryIndexOnceAndRethrows) {
  std::vector<int> seen(1000, 0);
  parallel_for(seen.size(), 7, [&](std::size_t begin, std::size_t end) {
    for (auto i = begin; i < end; ++i) {
      ++seen[i];
    }
  });
  EXPECT_EQ(std::count(seen.begin(), seen.end(), 1), 1000);
  EXPECT_THROW(parallel_for(10, 1, [](std::size_t, std::size_t) { throw std::runtime_error("x"); }),
               std::runtime_error);
}

}  // namespace
}  // namespace spotter
