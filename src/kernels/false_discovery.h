// Corrections for asking many questions at once.
#pragma once
#include <span>
#include <vector>

namespace spotter::kernels {

// Adjusted p-values of Benjamini and Hochberg (1995), in the order given: rejecting those <= q
// keeps the expected share of false discoveries at q. NaN (a test that could not be made) stays NaN
// and is not counted.
[[nodiscard]] std::vector<double> benjamini_hochberg(std::span<const double> p_values);

}  // namespace spotter::kernels
