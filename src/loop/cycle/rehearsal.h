// The rehearsal: a whole cycle on a pinch of the project's data, in a scratch project of its own,
// without the right to deploy. It proves that nothing has rotted, before the real cycle is needed.
#pragma once
#include "loop/cycle/cycle.h"

namespace spotter::cycle {

// Makes the scratch project in .spotter/rehearsal (the old one is removed), trains a first model on
// half of the pinch, then turns the loop once with the other half as production. Returns the
// cycle's JSON with "rehearsal": true, "seconds", and when it failed "failed_step" and "why". The
// real project only gets a note of how it ended. Throws kInvalid when there is nothing to rehearse
// with.
Json rehearse(Project& project, const RunOptions& options);

// {"state","started_at","seconds","failed_step","why"} of the last one, or null.
[[nodiscard]] Json last_rehearsal(Project& project);

}  // namespace spotter::cycle
