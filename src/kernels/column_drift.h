// Has one column drifted between two samples? For numbers Kolmogorov and Smirnov's test, for
// categories the chi-square test of the contingency table (both samples are random; neither is
// taken for the truth); with groups, permutations of whole groups. Each answer has an effect that
// can be compared between columns, and the effect that it took to be seen.
#pragma once
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "kernels/two_sample.h"

namespace spotter::kernels {

struct ColumnDrift {
  std::string_view test;
  double statistic = 0;
  double p = 1;
  // 0 … 1. Numbers: the largest difference of the two distribution functions (= KS statistic).
  // Categories: the total variation, the share of rows that would have to change category.
  double effect = 0;
  // The effect with p = 0.05: a smaller one could not have been seen in so few rows. For categories
  // an upper bound: an effect above it is certainly seen.
  double detectable = 0;
};

// Two-sided; rows independent. Asymptotic p with Stephens' (1970) correction for small samples; too
// large, never too small, where values repeat. Sorts both in place; neither may be empty.
[[nodiscard]] ColumnDrift number_drift(std::vector<double>& reference,
                                       std::vector<double>& current);

// Rows of each category in both samples, in one order; rows independent.
[[nodiscard]] ColumnDrift category_drift(std::span<const double> reference,
                                         std::span<const double> current);

// The same by permuting whole groups (scenes): `values` and `codes` are pooled as PooledGroups
// orders rows. Costs permutations × rows.
[[nodiscard]] ColumnDrift number_drift(std::span<const double> values, const PooledGroups& pooled,
                                       const PermutationOptions& options);
[[nodiscard]] ColumnDrift category_drift(std::span<const std::int32_t> codes,
                                         std::size_t categories, const PooledGroups& pooled,
                                         const PermutationOptions& options);

// P(K > x) of Kolmogorov's distribution.
[[nodiscard]] double kolmogorov_tail(double x);
// P(X > x) of the chi-square distribution with `freedom` degrees of freedom, and the x with a given
// tail in (0, 1).
[[nodiscard]] double chi_square_tail(double x, double freedom);
[[nodiscard]] double chi_square_quantile(double tail, double freedom);

}  // namespace spotter::kernels
