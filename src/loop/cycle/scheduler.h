// The calendar of cycles and rehearsals: says what is due, catches up a missed run once, and raises
// an alarm when one that was expected did not happen. A server (or `spotter worker`) drives it;
// what it starts is a process of its own, so that it survives the server.
#pragma once
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/json_fwd.h"
#include "project/project.h"

namespace spotter::cycle {

enum class Planned { kCycle, kRehearsal };
[[nodiscard]] std::string_view name(Planned planned);

struct DueRun {
  Planned what = Planned::kCycle;
  TimeMs planned_at =
      0;              // the last planned minute that passed; earlier missed ones are not repeated
  bool late = false;  // by more than a minute: it is caught up
};

struct ScheduleAlarm {
  Planned what = Planned::kCycle;
  TimeMs planned_at = 0;
  std::string message;  // "the cycle planned for … did not run: …"
};

class Scheduler {
 public:
  // Throws kInvalid when a schedule of the configuration is none.
  explicit Scheduler(Project& project);

  // What is due and not taken yet. A schedule that was just written starts now, not in the past.
  [[nodiscard]] std::vector<DueRun> due();
  // Takes a due run for this process; false when another one was quicker.
  bool take(const DueRun& run);
  // Takes what is due and starts each as a process (`start` gets the arguments of `spotter`). A
  // cycle that has not ended keeps the next from starting; that is an alarm, not an error. Returns
  // what was started.
  std::vector<DueRun> tick(const std::function<void(const std::vector<std::string>&)>& start);

  // Runs that were expected by now, after a quarter of an hour's patience, and did not start.
  [[nodiscard]] std::vector<ScheduleAlarm> alarms();
  [[nodiscard]] std::optional<TimeMs> next(Planned what) const;
  // {"schedules":[{"what","cron","next","last_planned"}],"alarms":[{"what","planned_at","message"}]}
  [[nodiscard]] Json status();

 private:
  Project& project_;
};

// Starts `spotter` with these arguments in a session of its own; its output goes to
// .spotter/schedule.log. Returns the pid, for poll_child to reap when it has ended.
int start_spotter(const Project& project, const std::vector<std::string>& arguments);

}  // namespace spotter::cycle
