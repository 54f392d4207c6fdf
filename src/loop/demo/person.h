// The scripted person of the demo: what somebody who reads the gate's report would decide. They do
// not wave through what the gate could not decide; they need evidence, and write it down.
#pragma once
#include <cstddef>
#include <string>

#include "base/json_fwd.h"

namespace spotter::demo {

struct Choice {
  std::string decision;   // ship, hold
  std::string note;       // why, for the report
  std::string undecided;  // why the gate could not decide, one line; empty if it could
};

// Of a report of gate::run. Ships what passes, holds what fails. Where the gate could not decide,
// ships only if some slice shows a gain beyond chance, none shows a loss, and, when a gain looks
// too good, no scene is in both the training and the test split (`shared_scenes`).
[[nodiscard]] Choice choose(const Json& report, std::size_t shared_scenes);

}  // namespace spotter::demo
