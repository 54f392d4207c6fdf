#include <chrono>

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <signal.h>

#include "base/error.h"
#include "base/files.h"
#include "base/hash.h"
#include "base/json.h"
#include "base/subprocess.h"
#include "base/text.h"
#include "exec/follow.h"
#include "exec/job_folder.h"
#include "exec/processes.h"

namespace spotter::exec {
namespace {

namespace fs = std::filesystem;

// The job contract, run over every executor of the registry ("local" today).
class ExecutorContract : public ::testing::TestWithParam<std::string> {
 protected:
  [[nodiscard]] std::unique_ptr<Executor> executor() const {
    return make_executor(GetParam(), Json::object());
  }
  [[nodiscard]] JobSpec shell(const std::string& script, const std::string& name = "job") const {
    return {.name = "spotter-test-" + name,
            .folder = folder_.path() / name,
            .command = {"/bin/sh", "-c", script},
            .grace_seconds = 1};
  }
  // Waits for the event, with a limit far above what any machine needs.
  template <typename Condition>
  static void await(Executor& executor, const JobSpec& spec, Condition condition) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    while (!condition()) {
      ASSERT_LT(std::chrono::steady_clock::now(), deadline) << "the event did not come";
      executor.wait(std::span(&spec, 1), 50);
    }
  }
  JobStatus run(const JobSpec& spec) const {
    const auto runs = executor();
    runs->submit(spec);
    await(*runs, spec, [&] { return terminal(runs->poll(spec).state); });
    return runs->poll(spec);
  }
  TemporaryFolder folder_;
};

TEST_P(ExecutorContract, EndsDoneWithItsOutputs) {
  auto spec = shell("echo hello; printf abc > $SPOTTER_JOB_DIR/out.txt; echo oops >&2");
  spec.outputs = {"out.txt"};
  const auto status = run(spec);
  EXPECT_EQ(status.state, JobState::kDone);
  EXPECT_EQ(status.exit_code, 0);
  EXPECT_EQ(status.fraction, 1);
  const auto result = read_json(spec.folder / "result.json");
  EXPECT_EQ(result["class"], "none");
  EXPECT_EQ(result["outputs"][0]["sha256"], sha256_hex("abc"));
  EXPECT_EQ(executor()->logs(spec, 1000), "hello\noops\n");
  EXPECT_TRUE(fs::exists(spec.folder / "heartbeat"));
}

TEST_P(ExecutorContract, PassesTheEnvironmentAndTheAttempt) {
  auto spec = shell("echo $COLOUR $SPOTTER_ATTEMPT $OMP_WAIT_POLICY $SPOTTER_CKPT_DIR; pwd");
  spec.environment = {{"COLOUR", "green"}};
  spec.attempt = 3;
  spec.checkpoint_folder = folder_.path() / "kept";
  spec.working_folder = folder_.path();
  EXPECT_EQ(run(spec).state, JobState::kDone);
  const auto where = fs::canonical(folder_.path()).string();
  EXPECT_EQ(executor()->logs(spec, 1000),
            fmt::format("green 3 passive {}/kept\n{}\n", folder_.path().string(), where));
}

TEST_P(ExecutorContract, CountsTheTimeOfTheWholeTree) {
  const auto status = run(shell("(i=0; while [ $i -lt 100000 ]; do i=$((i+1)); done) & wait"));
  EXPECT_EQ(status.state, JobState::kDone);
  EXPECT_GT(status.cpu_seconds, 0.005);
}

TEST_P(ExecutorContract, ClassifiesHowItEnded) {
  struct Case {
    std::string name;
    std::string script;
    JobState state;
    FailureClass failure;
  };
  const std::vector<Case> cases = {
      {"code", "echo first; echo last; exit 3", JobState::kFailed, FailureClass::kCode},
      {"data", "exit 65", JobState::kFailed, FailureClass::kData},
      {"disk", "exit 74", JobState::kFailed, FailureClass::kInfra},
      {"crash", "kill -SEGV $$", JobState::kFailed, FailureClass::kCode},
      {"stopped", "kill -TERM $$", JobState::kFailed, FailureClass::kPreempted},
      {"killed", "kill -KILL $$", JobState::kFailed, FailureClass::kInfra},
      {"again", "exit 75", JobState::kRequeue, FailureClass::kNone},
  };
  for (const auto& c : cases) {
    const auto status = run(shell(c.script, c.name));
    EXPECT_EQ(name(status.state), name(c.state)) << c.name;
    EXPECT_EQ(name(status.failure), name(c.failure)) << c.name;
  }
  const auto code = executor()->poll(shell("", "code"));
  EXPECT_EQ(code.last_lines, (std::vector<std::string>{"first", "last"}));
}

TEST_P(ExecutorContract, AMissingOutputIsAFailureOfTheCode) {
  auto spec = shell("true");
  spec.outputs = {"done.json"};
  const auto status = run(spec);
  EXPECT_EQ(status.failure, FailureClass::kCode);
  EXPECT_NE(status.message.find("done.json"), std::string::npos);
}

TEST_P(ExecutorContract, AProgramThatIsNotThereIsAFailureOfTheCode) {
  auto spec = shell("");
  spec.command = {"/no/such/program"};
  const auto status = run(spec);
  EXPECT_EQ(status.failure, FailureClass::kCode);
  EXPECT_NE(status.message.find("/no/such/program"), std::string::npos);
}

TEST_P(ExecutorContract, SubmittingAgainRunsNothingAgain) {
  const auto spec = shell("echo ran >> $SPOTTER_JOB_DIR/../count");
  const auto first = executor();
  for (int i = 0; i < 5; ++i) {
    first->submit(spec);
    executor()->submit(spec);  // as by a process that knows nothing of the first
  }
  await(*first, spec, [&] { return terminal(first->poll(spec).state); });
  first->submit(spec);
  EXPECT_EQ(executor()->poll(spec).state, JobState::kDone);
  EXPECT_EQ(read_file(folder_.path() / "count"), "ran\n");
}

TEST_P(ExecutorContract, ShowsProgress) {
  const auto spec = shell(
      "cd $SPOTTER_JOB_DIR; echo '{\"fraction\":0.25,\"message\":\"step 1\"}' > p; mv p "
      "progress.json; "
      "exec sleep 1000");
  const auto runs = executor();
  runs->submit(spec);
  await(*runs, spec, [&] { return runs->poll(spec).fraction == 0.25; });
  EXPECT_EQ(runs->poll(spec).state, JobState::kRunning);
  EXPECT_EQ(runs->poll(spec).message, "step 1");
  runs->cancel(spec);
  EXPECT_EQ(runs->poll(spec).state, JobState::kCancelled);
}

TEST_P(ExecutorContract, CancelKillsWhatIgnoresIt) {
  const auto spec = shell(
      "trap '' TERM; touch $SPOTTER_JOB_DIR/x; mv $SPOTTER_JOB_DIR/x $SPOTTER_JOB_DIR/up; "
      "while :; do sleep 1000; done");
  const auto runs = executor();
  runs->submit(spec);
  await(*runs, spec, [&] { return fs::exists(spec.folder / "up"); });
  const int leader = read_runner(spec.folder)->child;
  runs->cancel(spec);
  EXPECT_EQ(runs->poll(spec).state, JobState::kCancelled);
  EXPECT_TRUE(session_processes(leader).empty());
}

TEST_P(ExecutorContract, CancelLeavesAFinishedJobFinished) {
  const auto spec = shell("true");
  run(spec);
  executor()->cancel(spec);
  EXPECT_EQ(executor()->poll(spec).state, JobState::kDone);
}

TEST_P(ExecutorContract, AJobCancelledBeforeItsSubmissionNeverStarts) {
  const auto spec = shell("touch $SPOTTER_JOB_DIR/ran");
  executor()->cancel(spec);
  EXPECT_EQ(run(spec).state, JobState::kCancelled);
  EXPECT_FALSE(fs::exists(spec.folder / "ran"));
}

TEST_P(ExecutorContract, StopsAtTheTimeLimit) {
  auto spec = shell("exec sleep 1000");
  spec.timeout_seconds = 1;
  const auto status = run(spec);
  EXPECT_EQ(name(status.failure), name(FailureClass::kTimeout));
  EXPECT_TRUE(retried(status.failure));
}

TEST_P(ExecutorContract, WarnsBeforeTheLimitWhoListens) {
  auto spec = shell("trap 'exit 75' USR1; while :; do sleep 0.05; done");
  spec.timeout_seconds = 2;
  EXPECT_EQ(run(spec).state, JobState::kRequeue);
}

TEST_P(ExecutorContract, IsLostWhenItsRunnerIsKilled) {
  const auto spec = shell(
      "touch $SPOTTER_JOB_DIR/x; mv $SPOTTER_JOB_DIR/x $SPOTTER_JOB_DIR/up; "
      "sleep 1000 & exec sleep 1000");
  const auto runs = executor();
  runs->submit(spec);
  await(*runs, spec, [&] { return fs::exists(spec.folder / "up"); });
  const auto runner = *read_runner(spec.folder);
  ::kill(runner.pid, SIGKILL);
  await(*runs, spec, [&] { return terminal(runs->poll(spec).state); });
  const auto status = executor()->poll(spec);
  EXPECT_EQ(name(status.state), name(JobState::kLost));
  EXPECT_TRUE(retried(status.failure));
  await(*runs, spec, [&] { return session_processes(runner.child).empty(); });
}

TEST_P(ExecutorContract, LeavesNoProcessBehind) {
  const auto spec = shell("sleep 1000 & setsid sleep 1000 & echo $!; exit 0");
  EXPECT_EQ(run(spec).state, JobState::kDone);
  const int escaped = std::stoi(std::string(trim(executor()->logs(spec, 100))));
  EXPECT_EQ(process_start_ticks(escaped), 0);
}

TEST_P(ExecutorContract, FollowingRequeuesFromTheCheckpoint) {
  const auto runs = executor();
  std::vector<JobPlan> plans(2);
  for (std::size_t i = 0; i < plans.size(); ++i) {
    plans[i] = {.name = fmt::format("spotter-test-p{}", i),
                .folder = folder_.path() / fmt::format("p{}", i),
                .prototype = shell("n=$SPOTTER_CKPT_DIR/n; echo $SPOTTER_ATTEMPT >> $n; "
                                   "[ $SPOTTER_ATTEMPT -ge 3 ] || exit 75; cp $n {job}/out")};
    plans[i].prototype.command.back().insert(0, ": {job}; ");
    plans[i].prototype.outputs = {"out"};
  }
  std::vector<std::string> seen;
  const auto on_status = [&](std::size_t plan, const JobSpec& spec, const JobStatus&) {
    seen.push_back(fmt::format("{}/{}", plan, spec.name));
  };
  const auto outcomes = follow_jobs(*runs, plans, {}, 1, on_status);
  for (const auto& outcome : outcomes) {
    EXPECT_EQ(outcome.status.state, JobState::kDone);
    EXPECT_EQ(outcome.attempts, 3);
    EXPECT_EQ(read_file(outcome.spec.folder / "out"), "1\n2\n3\n");
  }
  EXPECT_NE(std::find(seen.begin(), seen.end(), "1/spotter-test-p1-a3"), seen.end());
  // Following again, as after a crash of the follower, reads what is there and runs nothing.
  const auto again = follow_jobs(*runs, plans, {}, 2, on_status);
  EXPECT_EQ(read_file(again[0].spec.folder / "out"), "1\n2\n3\n");
}

TEST_P(ExecutorContract, FollowingRetriesOnlyWhatMayPassByItself) {
  const auto runs = executor();
  const std::vector<JobPlan> plans = {{.name = "spotter-test-infra",
                                       .folder = folder_.path() / "infra",
                                       .prototype = shell("exit 74")},
                                      {.name = "spotter-test-code",
                                       .folder = folder_.path() / "code",
                                       .prototype = shell("exit 1")}};
  const auto outcomes = follow_jobs(*runs, plans, {.retries_max = 2}, 2, [](auto&&...) {});
  EXPECT_EQ(outcomes[0].attempts, 3);
  EXPECT_EQ(outcomes[1].attempts, 1);
  EXPECT_NE(explain(outcomes[1]).find("exit code 1"), std::string::npos);
}

INSTANTIATE_TEST_SUITE_P(Registry, ExecutorContract, ::testing::ValuesIn(executor_names()),
                         [](const auto& each) { return each.param; });

TEST(Executors, AnUnknownOneIsRefusedWithAHint) {
  try {
    (void)make_executor("locl", Json::object());
    FAIL();
  } catch (const Error& e) {
    EXPECT_EQ(e.code, ErrorCode::kNotFound);
    EXPECT_NE(std::string(e.what()).find("did you mean \"local\""), std::string::npos);
  }
}

}  // namespace
}  // namespace spotter::exec
