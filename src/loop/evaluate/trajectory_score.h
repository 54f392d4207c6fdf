// Displacement errors of one file of agents: of constant velocity, and of proposals where there are
// some. Needs no project.
#pragma once
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "formats/trajectory_rows.h"
#include "kernels/trajectory_windows.h"

namespace spotter::evaluate {

struct TrajectoryScore {
  std::int64_t rows = 0;
  std::int64_t agents = 0;
  std::int64_t uneven = 0;  // windows with a gap, or steps of unequal length
  kernels::DisplacementSums constant_velocity;
  kernels::DisplacementSums focal;  // constant velocity of the agents that scenarios are about
  kernels::DisplacementSums most_probable;
  kernels::DisplacementSums best;  // of the k most probable: least ADE, least FDE

  void add(const TrajectoryScore& other);
};

// The proposals for an agent after its row of `frame`, most probable first; null = none.
using FindProposals =
    std::function<const std::vector<PointPath>*(const std::string& agent, std::int64_t frame)>;

// Every window of every agent; windows without proposals count for constant velocity only. Throws
// kInvalid when a proposed path is shorter than what is to be predicted.
[[nodiscard]] TrajectoryScore score_trajectories(std::span<const formats::AgentTrack> tracks,
                                                 kernels::WindowShape shape, std::size_t k,
                                                 const FindProposals& proposals);

}  // namespace spotter::evaluate
