#include "loop/cycle/scheduler.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "base/files.h"
#include "base/json.h"
#include "loop/cycle/journal.h"

namespace spotter::cycle {
namespace {

constexpr TimeMs kHour = 3'600'000;
constexpr TimeMs kDay = 24 * kHour;

class CycleSchedule : public ::testing::Test {
 protected:
  void SetUp() override {
    make_folders(folder_.path() / ".spotter");
    Config config;
    config.schedule = "0 2 * * *";
    config.rehearsal_schedule = "";
    project_ = std::make_unique<Project>(test_project(folder_.path(), config));
    clock_ = std::make_shared<FakeClock>();
    project_->clock = clock_;
    clock_->advance_ms(parse_time("2026-11-24T12:00:00Z") - clock_->now_ms());
  }
  std::string tick() {
    std::string started;
    Scheduler(*project_).tick([&](const std::vector<std::string>& arguments) {
      started += arguments[1];
      Journal journal(*project_);
      const auto cycle = journal.create({"a"}, "schedule", false, Json::object());
      journal.set_state(cycle.id, CycleState::kDone);
    });
    return started;
  }

  TemporaryFolder folder_;
  std::unique_ptr<Project> project_;
  std::shared_ptr<FakeClock> clock_;
};

TEST_F(CycleSchedule, StartsOnTimeAndNotForThePast) {
  EXPECT_EQ(tick(), "");
  clock_->advance_ms(14 * kHour - 1);
  EXPECT_EQ(tick(), "");
  clock_->advance_ms(1);
  EXPECT_EQ(tick(), "run");
  EXPECT_EQ(tick(), "");
  clock_->advance_ms(kDay);
  EXPECT_EQ(tick(), "run");
}

TEST_F(CycleSchedule, CatchesUpAMissedRunOnce) {
  tick();
  clock_->advance_ms(5 * kDay);
  const auto due = Scheduler(*project_).due();
  ASSERT_EQ(due.size(), 1U);
  EXPECT_TRUE(due[0].late);
  EXPECT_EQ(iso_time(due[0].planned_at), "2026-11-29T02:00:00Z");
  EXPECT_EQ(tick(), "run");
  EXPECT_EQ(tick(), "");
}

TEST_F(CycleSchedule, OnlyOneOfTwoServersStartsIt) {
  tick();
  clock_->advance_ms(kDay);
  Scheduler one(*project_);
  Scheduler two(*project_);
  const auto due = one.due();
  ASSERT_EQ(due.size(), 1U);
  EXPECT_TRUE(one.take(due[0]));
  EXPECT_FALSE(two.take(due[0]));
}

TEST_F(CycleSchedule, AnUnfinishedCycleKeepsTheNextAndIsAnAlarm) {
  tick();
  Journal journal(*project_);
  const auto cycle = journal.create({"a"}, "tester", false, Json::object());
  journal.set_state(cycle.id, CycleState::kWaiting);
  clock_->advance_ms(14 * kHour);
  EXPECT_EQ(tick(), "");
  EXPECT_TRUE(Scheduler(*project_).alarms().empty());  // there is patience yet
  clock_->advance_ms(kHour);
  const auto alarms = Scheduler(*project_).alarms();
  ASSERT_EQ(alarms.size(), 1U);
  EXPECT_EQ(
      alarms[0].message,
      "the cycle planned for 2026-11-25T02:00:00Z did not run: cycle 1 is waiting for people");
}

TEST_F(CycleSchedule, ARunThatNobodyStartedIsAnAlarm) {
  tick();
  clock_->advance_ms(15 * kHour);
  ASSERT_EQ(Scheduler(*project_).alarms().size(), 1U);
  EXPECT_EQ(tick(), "run");
  EXPECT_TRUE(Scheduler(*project_).alarms().empty());
  const auto status = Scheduler(*project_).status();
  EXPECT_EQ(status["schedules"][0]["next"], "2026-11-26T02:00:00Z");
}

TEST_F(CycleSchedule, AChangedScheduleStartsNow) {
  tick();
  clock_->advance_ms(5 * kDay);
  project_->config.schedule = "0 3 * * *";
  EXPECT_EQ(tick(), "");
  project_->config.schedule = "every day";
  EXPECT_THROW(Scheduler{*project_}, Error);
}

}  // namespace
}  // namespace spotter::cycle
