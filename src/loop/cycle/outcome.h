// What came of a step in a few words, from its outputs: "m2 and m2-control were trained". Not for
// why it ran or was skipped: that is the row's reason.
#pragma once
#include <string>

#include "loop/cycle/journal.h"

namespace spotter::cycle {

// Empty for a step that is not done or whose outputs say nothing worth a word.
[[nodiscard]] std::string outcome(const StepRow& step);

}  // namespace spotter::cycle
