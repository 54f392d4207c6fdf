// Failure modes that people split: a part takes some of the samples out of a mode and goes its own
// way. Used by update and by the command.
#pragma once
#include <string>

#include "project/failure_modes.h"
#include "project/project.h"

namespace spotter::triage {

// Whether the mode was split off another.
[[nodiscard]] bool is_part(const FailureMode& mode);

// Findings of the mode whose samples are in a part of it go there, and the mode's frequency is
// shared out by the number of findings. Nothing for a mode without parts.
void move_to_parts(Project& project, const std::string& mode);

}  // namespace spotter::triage
