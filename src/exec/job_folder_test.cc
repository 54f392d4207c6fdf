#include "exec/job_folder.h"

#include <gtest/gtest.h>
#include <signal.h>

#include "base/files.h"
#include "base/json.h"
#include "exec/job_timer.h"

namespace spotter::exec {
namespace {

TEST(JobJudge, NamesTheClassOfEveryEnding) {
  struct Case {
    const char* what;
    Ending ending;
    JobState state;
    FailureClass failure;
  };
  const std::vector<Case> cases = {
      {"done although told to stop",
       {.exit_code = 0, .timed_out = true},
       JobState::kDone,
       FailureClass::kNone},
      {"done although cancelled",
       {.exit_code = 0, .cancelled = true},
       JobState::kDone,
       FailureClass::kNone},
      {"cancelled with checkpoint",
       {.exit_code = 75, .cancelled = true},
       JobState::kCancelled,
       FailureClass::kNone},
      {"limit with checkpoint",
       {.exit_code = 75, .timed_out = true},
       JobState::kRequeue,
       FailureClass::kNone},
      {"limit",
       {.exit_code = 143, .signal = SIGTERM, .timed_out = true},
       JobState::kFailed,
       FailureClass::kTimeout},
      {"preempted",
       {.exit_code = 1, .preempted = true},
       JobState::kFailed,
       FailureClass::kPreempted},
      {"memory",
       {.exit_code = 137, .signal = SIGKILL, .out_of_memory = true},
       JobState::kFailed,
       FailureClass::kOom},
      {"killed", {.exit_code = 137, .signal = SIGKILL}, JobState::kFailed, FailureClass::kInfra},
      {"abort", {.exit_code = 134, .signal = SIGABRT}, JobState::kFailed, FailureClass::kCode},
      {"usage", {.exit_code = 64}, JobState::kFailed, FailureClass::kData},
      {"not found", {.exit_code = 127}, JobState::kFailed, FailureClass::kCode},
  };
  for (const auto& c : cases) {
    const auto verdict = judge(c.ending);
    EXPECT_EQ(name(verdict.state), name(c.state)) << c.what;
    EXPECT_EQ(name(verdict.failure), name(c.failure)) << c.what;
    EXPECT_EQ(verdict.message.empty(), c.state == JobState::kDone) << c.what;
  }
}

TEST(JobTimer, BeatsWarnsStopsAndKillsOnceEach) {
  JobTimer timer(
      {.timeout_ms = 60'000, .warn_ms = 20'000, .grace_ms = 5'000, .heartbeat_ms = 25'000}, 0);
  EXPECT_EQ(timer.next(), 25'000);
  EXPECT_EQ(timer.due(25'000), std::vector{Act::kHeartbeat});
  EXPECT_EQ(timer.due(39'999), std::vector<Act>{});
  EXPECT_EQ(timer.due(40'000), std::vector{Act::kWarn});
  EXPECT_EQ(timer.due(60'000), (std::vector{Act::kHeartbeat, Act::kStop}));
  EXPECT_EQ(timer.next(), 65'000);
  EXPECT_EQ(timer.due(65'000), std::vector{Act::kKill});
  EXPECT_EQ(timer.due(85'000), std::vector{Act::kHeartbeat});
}

TEST(JobTimer, WarnsAtHalfTimeAtTheEarliestAndNotAfterAStop) {
  JobTimer timer(
      {.timeout_ms = 10'000, .warn_ms = 120'000, .grace_ms = 1'000, .heartbeat_ms = 60'000}, 0);
  EXPECT_EQ(timer.next(), 5'000);
  timer.stopped(2'000);
  timer.stopped(2'500);
  EXPECT_EQ(timer.due(3'000), std::vector{Act::kKill});
  EXPECT_EQ(timer.due(20'000), std::vector<Act>{});
}

TEST(JobStatusOf, FollowsTheOrderOfTruth) {
  const TemporaryFolder folder;
  const auto& path = folder.path();
  EXPECT_EQ(status_of(path, Word::kPending, 0).state, JobState::kQueued);
  write_runner(path, {.pid = 1, .host = "elsewhere", .started = 1'000});
  write_heartbeat(path, 20'000);
  EXPECT_EQ(status_of(path, Word::kRunning, 500'000).state, JobState::kRunning);
  EXPECT_EQ(status_of(path, Word::kUnknown, 50'000).state, JobState::kRunning);
  EXPECT_EQ(status_of(path, Word::kUnknown, 50'001).state, JobState::kLost);
  EXPECT_EQ(status_of(path, Word::kGone, 21'000).state, JobState::kLost);
  write_result(path, {.verdict = {JobState::kDone, FailureClass::kNone, ""},
                      .exit_code = 0,
                      .started = 1'000,
                      .ended = 3'500,
                      .cpu_seconds = 2});
  const auto done = status_of(path, Word::kGone, 500'000);
  EXPECT_EQ(done.state, JobState::kDone);
  EXPECT_EQ(done.seconds, 2.5);
}

TEST(JobStatusOf, BrokenProgressIsNoProgress) {
  const TemporaryFolder folder;
  for (const char* text :
       {"", "{", "[1]", R"({"fraction":"x"})", R"({"fraction":7,"message":3})"}) {
    write_file_atomic(folder.path() / "progress.json", text);
    const auto status = status_of(folder.path(), Word::kPending, 0);
    EXPECT_EQ(status.message, "") << text;
    EXPECT_LE(status.fraction, 1) << text;
  }
}

}  // namespace
}  // namespace spotter::exec
