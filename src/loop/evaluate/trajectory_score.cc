#include "loop/evaluate/trajectory_score.h"

#include <fmt/format.h>

#include "base/error.h"

namespace spotter::evaluate {
namespace {

bool even(std::span<const std::int64_t> frames) {
  for (std::size_t i = 2; i < frames.size(); ++i) {
    if (frames[i] - frames[i - 1] != frames[1] - frames[0]) {
      return false;
    }
  }
  return true;
}

void score_agent(const formats::AgentTrack& track, kernels::WindowShape shape, std::size_t k,
                 const FindProposals& proposals, TrajectoryScore& score) {
  score.rows += static_cast<std::int64_t>(track.path.size());
  ++score.agents;
  const auto guess = kernels::constant_velocity_errors(track.path, shape);
  score.constant_velocity.add(guess);
  if (track.focal) {
    score.focal.add(guess);
  }
  kernels::for_each_window(track.path, shape, [&](std::size_t first, auto, auto future) {
    score.uneven += even(std::span(track.frames).subspan(first, shape.rows())) ? 0 : 1;
    const auto last_seen = track.frames[first + shape.observed - 1];
    const auto* paths = proposals(track.id, last_seen);
    if (paths == nullptr) {
      return;
    }
    for (const auto& path : *paths) {
      if (path.size() < future.size()) {
        fail(ErrorCode::kInvalid,
             fmt::format("a predicted path of agent \"{}\" after frame {} has {} points and not {}",
                         track.id, last_seen, path.size(), future.size()));
      }
    }
    const auto top = kernels::best_of(*paths, future, 1);
    const auto best = kernels::best_of(*paths, future, k);
    score.most_probable.add(top.ade, top.fde);
    score.best.add(best.ade, best.fde);
  });
}

}  // namespace

void TrajectoryScore::add(const TrajectoryScore& other) {
  rows += other.rows;
  agents += other.agents;
  uneven += other.uneven;
  constant_velocity.add(other.constant_velocity);
  focal.add(other.focal);
  most_probable.add(other.most_probable);
  best.add(other.best);
}

TrajectoryScore score_trajectories(std::span<const formats::AgentTrack> tracks,
                                   kernels::WindowShape shape, std::size_t k,
                                   const FindProposals& proposals) {
  TrajectoryScore score;
  for (const auto& track : tracks) {
    score_agent(track, shape, k, proposals, score);
  }
  return score;
}

}  // namespace spotter::evaluate
