// Tracks: where an agent was seen, where it went, where a model says that it will go. They travel
// as JSON: the track is a sample's media, the future an attribute of its label, the modes one of
// its prediction. Metres in a frame fixed to the ground, equal time steps.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "domain/annotation.h"
#include "domain/path.h"

namespace spotter {

inline constexpr const char* kTrackMedia = "application/vnd.spotter.track+json";
inline constexpr const char* kAgentClass = "agent";  // of agents that nobody classified

struct Track {
  PointPath observed;  // oldest first, at least two
  double dt = 0.4;     // seconds between them
  std::string class_name = kAgentClass;
};

// {"observed": [[x, y], …], "dt": seconds, "class": "agent"}. Throws kInvalid naming `origin`.
[[nodiscard]] Track parse_track(std::string_view bytes, std::string_view origin);
[[nodiscard]] std::string track_media(const Track& track);

// Points of a JSON list [[x, y], …]. Throws kInvalid naming `origin`.
[[nodiscard]] PointPath parse_path(const Json& json, std::string_view origin);

// {"future": [[x, y], …]} of a label; empty when it is not known. Throws kInvalid.
[[nodiscard]] PointPath future_of(const Label& label);
[[nodiscard]] std::string future_attributes(const PointPath& future);

struct Mode {
  double probability = 0;
  PointPath path;
};
// {"modes": [{"probability", "path"}, …]} of a prediction, most probable first. Throws kInvalid.
[[nodiscard]] std::vector<Mode> modes_of(const Prediction& prediction);

}  // namespace spotter
