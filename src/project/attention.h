// "What needs me now?": everything in a project that waits for a person or has gone wrong, in one
// list, most urgent first. Reads the catalog only.
#pragma once
#include "base/json_fwd.h"
#include "project/project.h"

namespace spotter {

// {"items":[{"kind","object","title","detail","urgency","since"}]}; kind is approval (object: gate
// report), cycle, batch, alarm (monitor run), job or mode; urgency 3 blocks the loop, 2 should be
// looked at, 1 is for when there is time.
[[nodiscard]] Json attention(Project& project);

// {"name","task","classes","currency","counts":{"samples","labelled","models","versions","cycles",
// "open_modes"},"champion":{"id","name"}|null,"deployed":{"target","model","name","at"}|null,
// "version":{"id","message"}|null,"slices":[{"name","where","class","weight","blocking","source"}]}
[[nodiscard]] Json project_summary(Project& project);

}  // namespace spotter
