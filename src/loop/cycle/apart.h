// Cycles that people start, go on with or end from a page: what cannot be is refused at once, and
// the work is a process of its own, as the calendar's are, so that it outlives whoever asked. Not
// for turning the loop in this process: that is cycle.h.
#pragma once
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json_fwd.h"
#include "project/project.h"

namespace spotter::cycle {

// Starts `spotter` with these arguments; see start_spotter in scheduler.h.
using StartProcess = std::function<void(const std::vector<std::string>& arguments)>;

// Starts a cycle. Returns {"started":true}; the cycle is in the journal a moment later. Throws
// kConflict while another has not ended, kUnavailable while one is running.
Json start_apart(Project& project, const StartProcess& start);
// Goes on with the newest cycle where it stopped. Returns cycle.h's status as it was when asked.
// Throws kNotFound for an unknown one, kConflict when it is not the newest, was cancelled, is done,
// or is at work already.
Json resume_apart(Project& project, std::string_view cycle, const StartProcess& start);
// Ends a cycle for good with its jobs: at once when nobody runs it, else its runner is told, which
// takes up to a minute. Throws kNotFound, and kConflict when it has ended.
Json cancel_apart(Project& project, std::string_view cycle, const StartProcess& start);

}  // namespace spotter::cycle
