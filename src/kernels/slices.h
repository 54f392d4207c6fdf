// Slice discovery: which conditions, alone or together, explain why some rows fail. Searches
// conjunctions level by level with bounds on size and score, and scores them, as SliceLine does
// (Sagadeeva and Boehm, SIGMOD 2021); keeps those whose excess is beyond chance, in one half of the
// scenes and again in the other; goes on with what they leave unexplained, so that nested and
// overlapping slices are reported once.
#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "kernels/clustered_counts.h"
#include "kernels/row_set.h"

namespace spotter::kernels {

// One condition and the rows that satisfy it. Conditions on one column are never put together.
struct SlicePredicate {
  int column = 0;
  RowSet rows;
  int complexity =
      1;  // of what it says: of slices that are nearly the same, the simplest is reported
};

struct SliceOptions {
  std::size_t rows_min = 10;       // support: rows in a slice
  std::size_t failing_min = 3;     // failing rows in it
  std::size_t groups_min = 3;      // distinct groups among the failing rows
  std::size_t conditions_max = 2;  // of one slice, at most 3
  double ratio_min = 1.5;          // failing rate inside over outside ...
  double excess_min = 0.15;        // ... or inside minus outside, where failing is common anyway
  double size_weight = 0.05;  // 1 - alpha of SliceLine: how much a small slice is held against it
  double false_discovery = 0.05;  // Benjamini and Hochberg's level over all candidates of a round
  bool replicate = false;      // look in one half of the groups, at `discovery`, and confirm in the
  double discovery = 0.1;      // other at `false_discovery`; both ways round
  double same_overlap = 0.8;   // slices that share so much of their rows are nearly the same
  double refine_level = 0.01;  // a slice must beat each that leaves one condition out at this level
  std::size_t slices_max = 12;
};

struct FoundSlice {
  std::vector<std::size_t> predicates;  // one to three indices, rising
  std::size_t rows = 0;                 // counted before earlier slices were taken out
  std::size_t failing = 0;
  std::size_t rows_left = 0;  // of those, not in a slice found before
  std::size_t failing_left = 0;
  double rate_inside = 0;   // failing_left / rows_left
  double rate_outside = 0;  // of the rows in no slice found so far
  double score = 0;         // SliceLine's
  double p_adjusted = 1;    // one-sided, after Benjamini and Hochberg; where it was found
  double p_replicated = 1;  // the same in the other half, over all that were looked for there
};

// `failing` is over the same rows as the predicates; `group[row]` names the scene of a row, because
// rows of one scene fail together: counts are shrunk by the design effect before the hypergeometric
// test, and halves are halves of the groups. Deterministic; uses all cores. Costs O(pairs × rows /
// 64) a round, and as much for each pair that three conditions could still improve.
[[nodiscard]] std::vector<FoundSlice> find_slices(std::span<const SlicePredicate> predicates,
                                                  const RowSet& failing,
                                                  std::span<const std::uint32_t> group,
                                                  const SliceOptions& options);

}  // namespace spotter::kernels
