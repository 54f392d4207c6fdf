#include "loop/cycle/scheduler.h"

#include <array>
#include <charconv>

#include <fmt/format.h>

#include "base/attempt.h"
#include "base/error.h"
#include "base/files.h"
#include "base/json.h"
#include "base/subprocess.h"
#include "loop/cycle/cron.h"
#include "loop/cycle/journal.h"

namespace spotter::cycle {
namespace {

constexpr std::array kPlanned = {Planned::kCycle, Planned::kRehearsal};
constexpr TimeMs kLateMs = 60'000;
constexpr TimeMs kPatienceMs = 15 * 60'000;
constexpr const char* kStartedBy = "schedule";

const std::string& expression(const Project& project, Planned what) {
  return what == Planned::kCycle ? project.config.schedule : project.config.rehearsal_schedule;
}

// What the catalog remembers of a schedule: "<time taken or first seen> <expression>".
std::string memory_key(Planned what) {
  return fmt::format("schedule/{}", name(what));
}

struct Memory {
  TimeMs since = 0;
  std::string stored;  // the row's text, for taking turns
};

// The time up to which runs were taken; a new expression starts now.
Memory remember(Project& project, Planned what) {
  auto& db = *project.catalog;
  const std::string key = memory_key(what);
  const std::string& cron = expression(project, what);
  const auto rows = db.query("SELECT value FROM meta WHERE key = $1", {key});
  if (!rows.empty()) {
    const std::string stored = rows.front().text(0);
    const auto blank = stored.find(' ');
    TimeMs since = 0;
    std::from_chars(stored.data(), stored.data() + blank, since);
    if (blank != std::string::npos && stored.substr(blank + 1) == cron) {
      return {since, stored};
    }
  }
  const std::string fresh = fmt::format("{} {}", project.now(), cron);
  db.execute(
      "INSERT INTO meta (key, value) VALUES ($1, $2) ON CONFLICT (key) DO UPDATE SET value = "
      "excluded.value",
      {key, fresh});
  return {project.now(), fresh};
}

// The last planned minute in (since, now].
std::optional<TimeMs> last_planned(const Cron& cron, TimeMs since, TimeMs now) {
  std::optional<TimeMs> last;
  // Long gaps are looked at from near their end: only the last planned minute matters.
  constexpr TimeMs kDay = 86'400'000;
  for (const TimeMs window : {2 * kDay, 32 * kDay, 400 * kDay, 1500 * kDay}) {
    const TimeMs start = std::max(since, now - window);
    for (auto at = cron.next_after(start); at && *at <= now; at = cron.next_after(*at)) {
      last = at;
    }
    if (last || start == since) {
      break;
    }
  }
  return last;
}

std::string unfinished(const Project& project, const CycleRow& cycle) {
  if (cycle.state == CycleState::kWaiting) {
    return fmt::format("cycle {} is waiting for people", cycle.number);
  }
  return cycle.state == CycleState::kRunning
             ? fmt::format("cycle {} {}", cycle.number,
                           std::filesystem::exists(project.state_folder() / "cycle.lock")
                               ? "has not ended"
                               : "was interrupted")
             : "";
}

// When the newest run of this kind that the calendar started began.
TimeMs last_started(Project& project, Planned what) {
  if (what == Planned::kRehearsal) {
    const auto rows = project.catalog->query("SELECT value FROM meta WHERE key = 'rehearsal/last'");
    return rows.empty()
               ? 0
               : parse_time(json_get<std::string>(parse_json(rows.front().text(0), "the catalog"),
                                                  "started_at", "the catalog"));
  }
  const auto rows =
      project.catalog->query("SELECT coalesce(max(created_at), 0) FROM cycles WHERE rehearsal = 0");
  return rows.front().integer(0);
}

}  // namespace

std::string_view name(Planned planned) {
  return planned == Planned::kCycle ? "cycle" : "rehearsal";
}

Scheduler::Scheduler(Project& project) : project_(project) {
  for (const Planned what : kPlanned) {
    if (!expression(project, what).empty()) {
      const auto problem = problem_of([&] { (void)Cron::parse(expression(project, what)); });
      if (!problem.empty()) {
        fail(ErrorCode::kInvalid,
             fmt::format("spotter.yaml, schedule.{}: {}", name(what), problem));
      }
    }
  }
}

std::vector<DueRun> Scheduler::due() {
  std::vector<DueRun> runs;
  const TimeMs now = project_.now();
  for (const Planned what : kPlanned) {
    if (expression(project_, what).empty()) {
      continue;
    }
    const auto memory = remember(project_, what);
    const auto planned = last_planned(Cron::parse(expression(project_, what)), memory.since, now);
    if (planned) {
      runs.push_back({what, *planned, now - *planned > kLateMs});
    }
  }
  return runs;
}

bool Scheduler::take(const DueRun& run) {
  const auto memory = remember(project_, run.what);
  if (memory.since >= run.planned_at) {
    return false;
  }
  const std::string next = fmt::format("{} {}", run.planned_at, expression(project_, run.what));
  return project_.catalog->execute("UPDATE meta SET value = $3 WHERE key = $1 AND value = $2",
                                   {memory_key(run.what), memory.stored, next}) == 1;
}

std::vector<DueRun> Scheduler::tick(
    const std::function<void(const std::vector<std::string>&)>& start) {
  std::vector<DueRun> started;
  for (const auto& run : due()) {
    if (!take(run)) {
      continue;
    }
    const auto newest = Journal(project_).newest();
    if (run.what == Planned::kCycle && newest && !unfinished(project_, *newest).empty()) {
      continue;
    }
    std::vector<std::string> arguments = {
        "cycle", "run", "--project", project_.root.string(), "--started-by", kStartedBy, "--json"};
    if (run.what == Planned::kRehearsal) {
      arguments.emplace_back("--rehearsal");
    }
    start(arguments);
    started.push_back(run);
  }
  return started;
}

std::vector<ScheduleAlarm> Scheduler::alarms() {
  std::vector<ScheduleAlarm> alarms;
  const TimeMs now = project_.now();
  for (const Planned what : kPlanned) {
    if (expression(project_, what).empty()) {
      continue;
    }
    const auto memory = remember(project_, what);
    const auto cron = Cron::parse(expression(project_, what));
    // Either nobody took a run that is long due, or it was taken and nothing started.
    TimeMs expected = last_planned(cron, memory.since, now).value_or(0);
    if (expected == 0 && cron.next_after(memory.since - 1) == memory.since) {
      expected = memory.since;
    }
    if (expected == 0 || now - expected < kPatienceMs || last_started(project_, what) >= expected) {
      continue;
    }
    const auto newest = Journal(project_).newest();
    std::string why = newest && what == Planned::kCycle ? unfinished(project_, *newest) : "";
    if (why.empty()) {
      why =
          "no server or worker was there to start it, or it could not be started "
          "(.spotter/schedule.log)";
    }
    alarms.push_back({what, expected,
                      fmt::format("the {} planned for {} did not run: {}", name(what),
                                  iso_time(expected), why)});
  }
  return alarms;
}

std::optional<TimeMs> Scheduler::next(Planned what) const {
  const auto& cron = expression(project_, what);
  return cron.empty() ? std::nullopt : Cron::parse(cron).next_after(project_.now());
}

Json Scheduler::status() {
  Json schedules = Json::array();
  for (const Planned what : kPlanned) {
    if (!expression(project_, what).empty()) {
      const auto at = next(what);
      schedules.push_back({{"what", name(what)},
                           {"cron", expression(project_, what)},
                           {"next", at ? Json(iso_time(*at)) : Json(nullptr)},
                           {"since", iso_time(remember(project_, what).since)}});
    }
  }
  Json list = Json::array();
  for (const auto& alarm : alarms()) {
    list.push_back({{"what", name(alarm.what)},
                    {"planned_at", iso_time(alarm.planned_at)},
                    {"message", alarm.message}});
  }
  return {{"schedules", schedules}, {"alarms", list}};
}

int start_spotter(const Project& project, const std::vector<std::string>& arguments) {
  CommandSpec command{.arguments = {(program_folder() / "spotter").string()},
                      .stdout_file = project.state_folder() / "schedule.log",
                      .stderr_file = project.state_folder() / "schedule.log"};
  command.arguments.insert(command.arguments.end(), arguments.begin(), arguments.end());
  return spawn_command(command);
}

}  // namespace spotter::cycle
