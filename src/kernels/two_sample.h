// Do two samples come from one distribution? Statistics for numbers and for vectors, with p-values
// by permuting whole groups (scenes), never single rows: frames of one scene are alike, and a test
// that takes them for independent alarms without drift.
#pragma once
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "kernels/knn.h"

namespace spotter::kernels {

// Two samples pooled: rows of the reference first, then those of the current window.
struct PooledGroups {
  std::vector<std::uint32_t> group;      // of each pooled row; ids 0..group_count-1
  std::vector<std::uint8_t> is_current;  // of each group
};
// Numbers the groups 0.. in order of appearance. A scene that is in both samples becomes two
// groups.
[[nodiscard]] PooledGroups pool_groups(std::span<const std::uint32_t> reference,
                                       std::span<const std::uint32_t> current);

struct PermutationOptions {
  std::size_t permutations = 500;
  std::uint64_t seed = 1;
};

struct TwoSampleResult {
  double statistic = 0;
  double p = 1;  // (1 + permutations at least as extreme) / (1 + permutations)
  double detectable =
      0;  // 95th percentile without drift: a smaller effect could not have been seen
};

// Exchanges groups between the two samples, keeping the number of groups in each; `statistic` gets
// one flag a group (1 = current), is called once a permutation, and must be larger for more extreme
// data.
[[nodiscard]] TwoSampleResult permutation_test(
    const PooledGroups& pooled, const PermutationOptions& options,
    const std::function<double(std::span<const std::uint8_t>)>& statistic);

// Kolmogorov and Smirnov's D = sup |F_reference - F_current|. `pooled_values` as PooledGroups
// orders rows.
[[nodiscard]] TwoSampleResult ks_test(std::span<const double> pooled_values,
                                      const PooledGroups& pooled,
                                      const PermutationOptions& options);

// |difference of the means| in standard deviations of the pooled values.
[[nodiscard]] TwoSampleResult mean_test(std::span<const double> pooled_values,
                                        const PooledGroups& pooled,
                                        const PermutationOptions& options);

// Population stability index: sum of (q - p) ln(q / p) over bins with equal shares of the
// reference. Empty bins count as half a row.
[[nodiscard]] TwoSampleResult stability_test(std::span<const double> pooled_values,
                                             const PooledGroups& pooled,
                                             const PermutationOptions& options,
                                             std::size_t bins = 10);

// Energy distance as a share of the distance between the samples (Szekely and Rizzo 2013):
// (2E|X-Y| - E|X-X'| - E|Y-Y'|) / 2E|X-Y|, about 0 without drift, 1 for two points. Pairs of rows
// of one group are left out of the within terms. Costs the distances of all pairs: a few thousand
// rows.
[[nodiscard]] TwoSampleResult energy_test(const Vectors& pooled_rows, const PooledGroups& pooled,
                                          const PermutationOptions& options);

}  // namespace spotter::kernels
