// Paths of agents on the ground, as public trajectory sets have them: where each agent was in each
// frame, in metres.
#pragma once
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "base/rejects.h"
#include "domain/path.h"

namespace spotter::formats {

struct AgentTrack {
  std::string id;
  std::string class_name;            // empty where the file states none
  bool focal = false;                // the agent that the scenario is about
  std::vector<std::int64_t> frames;  // rising
  PointPath path;                    // x, y in metres, aligned with `frames`
};

// Both give agents in the order of their first row, and reject, with file and line, rows that are
// not complete, not finite, or a second place of an agent in one frame. They throw kNotFound, and
// kInvalid for a file of another kind.

// ETH/UCY text: frame, agent, x, y, separated by blanks or tabs.
[[nodiscard]] std::vector<AgentTrack> read_ucy_tracks(const std::filesystem::path& path,
                                                      Rejects& rejects);

// An Argoverse 2 forecasting scenario as CSV: columns track_id, object_type, timestep, position_x,
// position_y, focal_track_id (optional), found by name.
[[nodiscard]] std::vector<AgentTrack> read_argoverse_tracks(const std::filesystem::path& path,
                                                            Rejects& rejects);

}  // namespace spotter::formats
