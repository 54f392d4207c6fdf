// A track as a drawing, so that people see it where they see pictures: what was observed, where the
// agent went, where the model said that it would go.
#pragma once
#include <string>

#include "project/project.h"

namespace spotter {

inline constexpr int kTrackDrawingPx = 512;  // its sides

// SVG of a sample whose media is a track (domain/track.h), with the future of its current label and
// the modes of this model's prediction (id; empty = the champion's), as far as they are there.
// Throws kInvalid when the track cannot be read.
[[nodiscard]] std::string track_drawing(Project& project, const Sample& sample,
                                        std::string_view model);

}  // namespace spotter
