// Which candidates a campaign takes: relevant ones that differ from each other. Greedy k-centre
// weighted by relevance (the product rule: relevance × distance to what is taken), within quotas,
// with few frames a scene and no near-duplicates. Pure and deterministic.
#pragma once
#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "kernels/knn.h"

namespace spotter::curate {

struct Candidate {
  std::string key;
  std::string scene;
  double relevance = 0;     // 0..1; 0 is never taken
  std::size_t quota = 0;    // index of the quota that it may fill
  bool has_vector = false;  // whether its row of the vectors means anything
};

struct SelectOptions {
  std::size_t budget = 200;
  std::vector<double> quota_shares = {1};  // of the budget; what one cannot fill goes to the others
  double relevance_first = 0.4;  // candidates of at least this relevance are taken before any other
  std::size_t scene_first = 2;   // frames of one scene while other scenes are left …
  std::size_t scene_max = 4;     // … and at most
  double duplicate_share =
      0.13;  // nearer than this share of the usual distance between scenes = duplicate
};

struct Picked {
  std::size_t candidate = 0;  // index
  std::size_t quota = 0;      // that it was counted to
  double distance =
      -1;  // to the nearest taken before it, in usual distances; -1 = unknown or first
};

struct Selection {
  std::vector<Picked> picked;  // in order of choice
  std::size_t duplicates = 0;  // left out as near-duplicates of something taken
  std::size_t scene_full = 0;  // left out because their scene had enough
  double usual_distance = 0;   // median distance to the nearest of another scene
};

// `vectors` has one row a candidate (or no dimensions). Never takes more than the budget, nor one
// candidate twice. Costs O(candidates × dimensions) a pick.
[[nodiscard]] Selection select(std::span<const Candidate> candidates,
                               const kernels::Vectors& vectors, const SelectOptions& options);

// exp(-d / sigma) of the distance to the nearest example, sigma = its mean over all rows: near 1
// for copies of an example. Rows without a vector give 0.
[[nodiscard]] std::vector<double> similarity_to(const kernels::Vectors& rows,
                                                const std::vector<bool>& has_vector,
                                                const kernels::Vectors& examples);

}  // namespace spotter::curate
