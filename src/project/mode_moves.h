// The moves of failure modes that follow from measurements (mode_evaluations.h): fixed when a newer
// model fails much less there than the one that the mode was found with, regressed when a still
// newer one fails again.
#pragma once
#include <span>
#include <string_view>

#include "project/failure_modes.h"

namespace spotter {

// Moves the modes on by what the newly measured model shows, in the caller's transaction.
// All modes are asked at once, so p-values are adjusted over the modes of the evaluation (Holm
// 1979), for the question "fixed?" and for "regressed?" alone: the chance that any of them moves
// by luck stays below 5 %. Repeating it moves nothing.
void move_modes(Project& project, std::span<const FailureMode> modes, std::string_view model);

}  // namespace spotter
