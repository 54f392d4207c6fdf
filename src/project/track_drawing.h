// Tracks for people, where other tasks have pictures: what was observed, where the agent went,
// where the model said that it would go; as numbers for the pages, as a drawing for who asks for a
// picture.
#pragma once
#include <map>
#include <span>
#include <string>

#include "base/json.h"
#include "project/project.h"

namespace spotter {

inline constexpr int kTrackDrawingPx = 512;  // its sides

// By key, of those samples that are tracks: {"dt": seconds, "observed": [[x, y], …], "future",
// "modes": [{"probability", "path"}, …] of this model's prediction (id; empty = the champion's),
// most probable first}; metres to the centimetre, empty where nothing is known. A few reads however
// many samples there are. Throws kInvalid when a track cannot be read.
[[nodiscard]] std::map<std::string, Json> track_cards(Project& project,
                                                      std::span<const Sample> samples,
                                                      std::string_view model);

// SVG of a sample whose media is a track (domain/track.h), with the future of its current label and
// the modes of this model's prediction (id; empty = the champion's), as far as they are there.
// Throws kInvalid when the track cannot be read.
[[nodiscard]] std::string track_drawing(Project& project, const Sample& sample,
                                        std::string_view model);

}  // namespace spotter
