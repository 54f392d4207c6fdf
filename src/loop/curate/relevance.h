// How relevant each unlabelled sample is to each thing that a campaign looks for, and why. Pure:
// the data is given, so that it can be tested without a store.
#pragma once
#include <map>
#include <span>
#include <string>
#include <vector>

#include "domain/sample.h"
#include "kernels/knn.h"

namespace spotter::curate {

// One thing that a campaign looks for: a failure mode, what was flagged, likeness to examples, a
// filter.
struct Target {
  std::string title;  // "missed cones in rain"
  double share = 1;   // of the budget
  std::vector<std::uint8_t>
      inside;                // a flag for each candidate: in the slice; empty = there is no slice
  bool only_inside = false;  // candidates outside are never taken
  std::string words;         // of the slice, for reasons: "weather = 'rain'"
  std::map<std::string, double> hits;  // samples with a finding or flag of it → its score
  std::string hit_words;               // "found by a check", "flagged"
  std::vector<std::string> examples;   // samples to be like; their vectors come from `known`
};

// Vectors by sample, from one model; empty when there is no model.
struct KnownVectors {
  std::map<std::string, std::size_t> row_of;
  std::vector<float> values;
  std::size_t dimensions = 0;
};

struct Relevance {
  double score = 0;  // 0..1
  std::string reason;
};

// Relevance of every candidate to the target. In the slice counts 0.4, a finding or likeness to an
// example up to 0.6 more; outside the slice only likeness from 0.6 on counts, and half.
[[nodiscard]] std::vector<Relevance> relevance_to(const Target& target,
                                                  std::span<const Sample> candidates,
                                                  const KnownVectors& vectors,
                                                  std::span<const double> object_likeness);

// The filter that explains best why just these samples are marked, among conditions on metadata;
// empty when none is beyond chance. `marked` has a flag for each sample.
struct Explanation {
  std::string where;
  std::vector<std::uint8_t> inside;  // a flag for each sample
};
[[nodiscard]] std::vector<Explanation> explain_marks(std::span<const Sample> samples,
                                                     const std::vector<std::uint8_t>& marked);

}  // namespace spotter::curate
