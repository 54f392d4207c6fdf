#include "loop/cycle/engine.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "base/files.h"
#include "project/ledger.h"

namespace spotter::cycle {
namespace {

// Steps that write their names down, with what makes them misbehave.
class CycleEngine : public ::testing::Test {
 protected:
  void SetUp() override {
    make_folders(folder_.path() / ".spotter");
    project_ = std::make_unique<Project>(test_project(folder_.path(), Config{}));
  }

  // a runs in every cycle; b depends on a's output and may be reused; c depends on b.
  std::vector<Step> table() {
    return {
        {.name = "a",
         .inputs = [this](const StepContext&) -> Json { return {{"setting", a_setting_}}; },
         .run = [this](const StepContext& c) { return work(c, "a", {{"made", a_makes_}}); }},
        {.name = "b",
         .needs = {"a"},
         .inputs = [](const StepContext& c) -> Json {
           return {{"a", c.output<int>("a", "made", -1)}};
         },
         .run = [this](const StepContext& c) { return work(c, "b", {{"made", 10 * a_makes_}}); },
         .still_there = [this](const StepContext&, const Json&) { return b_still_there_; }},
        {.name = "c",
         .needs = {"b"},
         .inputs = [](const StepContext& c) -> Json {
           return {{"b", c.output<int>("b", "made", -1)}};
         },
         .run = [this](const StepContext& c) { return work(c, "c", {}); },
         .still_there = [](const StepContext&, const Json&) { return true; }}};
  }

  StepResult work(const StepContext& context, const std::string& name, const Json& outputs) {
    ran_ += name;
    context.progress(0.5, "half");
    if (name == fails_) {
      fail(ErrorCode::kInvalid, "broken on purpose");
    }
    if (name == waits_) {
      return {.state = StepState::kWaiting, .reason = "somebody must look"};
    }
    if (name == skips_) {
      return {.state = StepState::kSkipped, .reason = "nothing to do"};
    }
    return {.outputs = outputs.is_null() ? Json::object() : outputs};
  }

  std::string begin() {
    return Journal(*project_).create({"a", "b", "c"}, "tester", false, Json::object()).id;
  }
  CycleRow advance(const std::string& id) {
    ran_.clear();
    const auto steps = table();
    return advance_cycle(*project_, id, steps, {});
  }
  std::string states(const CycleRow& row) {
    std::string text(name(row.state));
    for (const auto& step : row.steps) {
      text += fmt::format(" {}:{}:{}", step.name, name(step.state), step.finished_count);
    }
    return text;
  }

  TemporaryFolder folder_;
  std::unique_ptr<Project> project_;
  std::string ran_;
  std::string fails_;
  std::string waits_;
  std::string skips_;
  int a_setting_ = 1;
  int a_makes_ = 1;
  bool b_still_there_ = true;
};

TEST_F(CycleEngine, RunsEachStepOnceAndKeepsWhatIsDone) {
  const auto id = begin();
  EXPECT_EQ(states(advance(id)), "done a:done:1 b:done:1 c:done:1");
  EXPECT_EQ(ran_, "abc");
  EXPECT_EQ(states(advance(id)), "done a:done:1 b:done:1 c:done:1");
  EXPECT_EQ(ran_, "");
}

TEST_F(CycleEngine, ANewCycleReusesWhatIsUnchangedAndSaysWhy) {
  advance(begin());
  const auto second = advance(begin());
  EXPECT_EQ(ran_, "a");
  EXPECT_EQ(states(second), "done a:done:1 b:skipped:0 c:skipped:0");
  EXPECT_EQ(second.steps[1].reason, "unchanged since cycle 1, whose result is used");
  EXPECT_EQ(second.steps[1].outputs["made"], 10);
  a_makes_ = 2;
  const auto third = advance(begin());
  EXPECT_EQ(ran_, "abc");
  EXPECT_EQ(third.steps[1].reason, "changed since cycle 1: a");
  b_still_there_ = false;
  const auto fourth = advance(begin());
  EXPECT_EQ(ran_, "ab");
  EXPECT_EQ(fourth.steps[1].reason, "unchanged since cycle 3, but its result is gone");
}

TEST_F(CycleEngine, ThePlanSaysWhatWillHappenAndWhy) {
  const auto steps = table();
  auto row = Journal(*project_).load(begin());
  auto plan = plan_cycle(*project_, row, steps);
  EXPECT_EQ(plan[0].action, "run");
  EXPECT_EQ(plan[1].action, "later");
  EXPECT_EQ(plan[1].reason, "decided when a is done");
  waits_ = "c";
  row = advance(row.id);
  plan = plan_cycle(*project_, row, steps);
  EXPECT_EQ(plan[0].action + plan[1].action + plan[2].action, "keepkeeprun");
  EXPECT_EQ(plan[2].reason, "goes on after waiting");
}

TEST_F(CycleEngine, WaitsAsAStateAndGoesOnWhenResumed) {
  const auto id = begin();
  waits_ = "b";
  auto row = advance(id);
  EXPECT_EQ(states(row), "waiting a:done:1 b:waiting:0 c:pending:0");
  EXPECT_EQ(to_json(*project_, row)["next"], "somebody must look; then `spotter cycle resume`");
  add_ledger(*project_, {.key = "x", .cycle = id, .step = "b", .kind = "human", .seconds = 90});
  waits_.clear();
  row = advance(id);
  EXPECT_EQ(ran_, "bc");
  EXPECT_EQ(states(row), "done a:done:1 b:done:1 c:done:1");
  EXPECT_EQ(to_json(*project_, row)["steps"][1]["human_minutes"], 1.5);
}

TEST_F(CycleEngine, AFailureIsRecordedAndResumable) {
  const auto id = begin();
  fails_ = "b";
  auto row = advance(id);
  EXPECT_EQ(states(row), "failed a:done:1 b:failed:0 c:pending:0");
  EXPECT_EQ(row.steps[1].error, "broken on purpose");
  fails_.clear();
  EXPECT_EQ(states(advance(id)), "done a:done:1 b:done:1 c:done:1");
  EXPECT_EQ(ran_, "bc");
}

TEST_F(CycleEngine, AChangedStepRunsAgainAndCountsAnew) {
  const auto id = begin();
  waits_ = "c";
  advance(id);
  waits_.clear();
  a_setting_ = 2;
  const auto row = advance(id);
  EXPECT_EQ(ran_, "ac");  // b's input, what a made, is the same
  EXPECT_EQ(row.steps[0].reason, "changed since it was done: setting");
  EXPECT_EQ(states(row), "done a:done:1 b:done:1 c:done:1");
}

TEST_F(CycleEngine, ASkippedStepStaysSkipped) {
  const auto id = begin();
  skips_ = "b";
  EXPECT_EQ(states(advance(id)), "done a:done:1 b:skipped:0 c:done:1");
  advance(id);
  EXPECT_EQ(ran_, "");
}

TEST_F(CycleEngine, OnlyOneRunnerAtATime) {
  const auto id = begin();
  const FileLock other(folder_.path() / ".spotter" / "cycle.lock", "test", 0);
  EXPECT_TRUE(runner_alive(*project_));
  try {
    advance(id);
    FAIL() << "it must throw";
  } catch (const Error& e) {
    EXPECT_EQ(e.code, ErrorCode::kUnavailable);
  }
}

TEST_F(CycleEngine, CancelEndsAWaitingCycleForGood) {
  const auto id = begin();
  waits_ = "b";
  advance(id);
  EXPECT_EQ(states(cancel_cycle(*project_, id)), "cancelled a:done:1 b:failed:0 c:pending:0");
  EXPECT_THROW(cancel_cycle(*project_, id), Error);
  advance(id);
  EXPECT_EQ(ran_, "");
}

TEST_F(CycleEngine, ARunningStepSeesTheCancel) {
  const auto id = begin();
  Journal(*project_).request_cancel(id);
  EXPECT_EQ(states(advance(id)), "running a:pending:0 b:pending:0 c:pending:0");
  EXPECT_EQ(ran_, "");
}

}  // namespace
}  // namespace spotter::cycle
