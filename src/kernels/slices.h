// Slice discovery: which conditions, alone or in pairs, explain why some rows fail. Scores slices
// as SliceLine does (Sagadeeva and Boehm, SIGMOD 2021), keeps those whose excess is beyond chance,
// and goes on with what they leave unexplained, so that nested and overlapping slices are reported
// once.
#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "kernels/row_set.h"

namespace spotter::kernels {

// One condition and the rows that satisfy it. Conditions on one column are never paired.
struct SlicePredicate {
  int column = 0;
  RowSet rows;
  int complexity =
      1;  // of what it says: of slices that are nearly the same, the simplest is reported
};

struct SliceOptions {
  std::size_t rows_min = 10;    // support: rows in a slice
  std::size_t failing_min = 3;  // failing rows in it
  std::size_t groups_min = 3;   // distinct groups among the failing rows
  double ratio_min = 1.5;       // failing rate inside over outside ...
  double excess_min = 0.15;     // ... or inside minus outside, where failing is common anyway
  double size_weight = 0.05;    // 1 - alpha of SliceLine: how much a small slice is held against it
  double false_discovery = 0.05;  // Benjamini and Hochberg's level over all candidates of a round
  double same_overlap = 0.8;      // slices that share so much of their rows are nearly the same
  double refine_level = 0.01;     // a pair must beat each of its halves at this level
  std::size_t slices_max = 12;
};

struct FoundSlice {
  std::vector<std::size_t> predicates;  // one or two indices
  std::size_t rows = 0;                 // counted before earlier slices were taken out
  std::size_t failing = 0;
  std::size_t rows_left = 0;  // of those, not in a slice found before
  std::size_t failing_left = 0;
  double rate_inside = 0;   // failing_left / rows_left
  double rate_outside = 0;  // of the rows in no slice found so far
  double score = 0;         // SliceLine's
  double p_adjusted = 1;    // one-sided, after Benjamini and Hochberg
};

// `failing` is over the same rows as the predicates; `group[row]` names the scene of a row, because
// rows of one scene fail together: counts are shrunk by the design effect (Rao and Scott 1992)
// before the hypergeometric test. Deterministic. Costs O(pairs × rows / 64) a round.
[[nodiscard]] std::vector<FoundSlice> find_slices(std::span<const SlicePredicate> predicates,
                                                  const RowSet& failing,
                                                  std::span<const std::uint32_t> group,
                                                  const SliceOptions& options);

// How many times larger the variance of the failing rate is than for independent rows; at least 1.
// Only rows in `within` count.
[[nodiscard]] double design_effect(const RowSet& within, const RowSet& failing,
                                   std::span<const std::uint32_t> group);

// P(X >= hits) when `drawn` of `total` items are drawn and `marked` of the total are marked
// (Fisher's exact test, one-sided). Requires hits <= drawn, marked; both <= total.
[[nodiscard]] double hypergeometric_tail(std::size_t total, std::size_t marked, std::size_t drawn,
                                         std::size_t hits);

}  // namespace spotter::kernels
