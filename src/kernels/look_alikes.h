// Failures that look alike: groups of a mixture over image embeddings in which a model fails more
// than elsewhere, found in one half of the scenes and confirmed in the other. For what the metadata
// has no name. Pure.
#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "kernels/clustered_counts.h"
#include "kernels/knn.h"
#include "kernels/row_set.h"

namespace spotter::kernels {

struct LookAlikes {
  RowSet rows;  // objects whose pictures are in the group
  Counts counts;
  double rate_outside = 0;
  double p = 1;  // in the half that the mixture did not see, after Benjamini-Hochberg
  std::vector<std::size_t> nearest;  // pictures, the most typical first
  int condition = -1;                // that says it best, where one does; else -1
};

struct LookAlikeInput {
  Vectors pictures;                           // one row a picture
  std::span<const std::uint32_t> picture_of;  // of each object
  std::span<const std::uint32_t> scene_of;    // of each object
  const RowSet& failing;                      // objects
  std::vector<const RowSet*> conditions;      // objects that satisfy each
};

// The worst first; groups that share half of their objects are reported once. `level` is the false
// discovery rate.
[[nodiscard]] std::vector<LookAlikes> find_look_alikes(const LookAlikeInput& input, double level);

}  // namespace spotter::kernels
