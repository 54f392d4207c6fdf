// Distribution functions that tests and intervals need. Not for drawing random numbers: see
// base/random.h.
#pragma once

namespace spotter::kernels {

// P(Z <= z) of the standard normal distribution.
[[nodiscard]] double normal_cdf(double z);
// The z with P(Z <= z) = p, for p in (0, 1); to about 1e-12.
[[nodiscard]] double normal_quantile(double p);

// P(T <= t) of Student's distribution with `freedom` > 0 degrees of freedom.
[[nodiscard]] double student_cdf(double t, double freedom);
// The t with P(T <= t) = p, for p in (0, 1); to about 1e-9, at most 1e9 in size.
[[nodiscard]] double student_quantile(double p, double freedom);

}  // namespace spotter::kernels
