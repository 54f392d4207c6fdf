// One turn of the loop by one command: starts, resumes, shows and cancels cycles of a project. The
// engine and its journal are in engine.h and journal.h, what the steps do in steps.h, the rehearsal
// in rehearsal.h.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "loop/cycle/engine.h"
#include "project/project.h"

namespace spotter::cycle {

struct RunOptions {
  std::string started_by;  // empty = the project's person; "schedule" for the calendar
  EngineHooks hooks;
  std::function<void(const Json& plan)>
      on_plan;  // {"steps":[{"name","action","reason"}]}, before it starts
};

// Starts a cycle and takes it as far as it goes. Returns journal.h's JSON with what came out:
// "verdict" of the gate with its "note", "decision" (shipped, refused by the gate, held by a
// person, nothing to ship), "deployed", the model, with "deployed_name", and "left_open", the names
// of the batches that people still have, apart from the one it waits for. Throws kInvalid while
// nothing is labelled, kConflict while another cycle has not ended, kUnavailable while one is
// running.
Json run(Project& project, const RunOptions& options);
// Throws as run does when a cycle cannot be started now.
void check_startable(Project& project);
// Goes on with the newest cycle where it stopped; a cycle that is done is returned as it is. Throws
// kInvalid when it was cancelled, kNotFound when there is none.
Json resume(Project& project, const RunOptions& options);
// The newest cycle, or one by id or number; with "interrupted" when it says running and nobody runs
// it, and "rehearsal_last" (rehearsal.h).
[[nodiscard]] Json status(Project& project, std::string_view cycle = {});
// {"cycles":[as status, oldest first]}
[[nodiscard]] Json history(Project& project);
// Stops the newest unfinished cycle with its jobs, waits for the end, then marks it.
Json cancel(Project& project, std::string_view cycle = {});
// {"steps":[{"name","action","reason"}]} of the cycle that `run` would start or `resume` would go
// on with.
[[nodiscard]] Json plan(Project& project);

// 0 done or waiting, 1 failed or cancelled, 3 the gate said no or could not decide, 75 try again.
[[nodiscard]] int exit_code(const Json& cycle);

}  // namespace spotter::cycle
