// Corrections for asking many questions at once.
#pragma once
#include <cstddef>
#include <span>
#include <vector>

namespace spotter::kernels {

// Adjusted p-values of Benjamini and Hochberg (1995), in the order given: rejecting those <= q
// keeps the expected share of false discoveries at q. NaN (a test that could not be made) stays NaN
// and is not counted. `tests`, when larger than the values given, is how many tests there were:
// those left out had larger p-values than all that are given.
[[nodiscard]] std::vector<double> benjamini_hochberg(std::span<const double> p_values,
                                                     std::size_t tests = 0);

// Adjusted p-values of Holm (1979), in the order given: rejecting those <= a keeps the chance of
// any false rejection at a, however the tests hang together. NaN as above.
[[nodiscard]] std::vector<double> holm(std::span<const double> p_values);

}  // namespace spotter::kernels
