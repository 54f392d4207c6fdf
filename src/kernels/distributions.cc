#include "kernels/distributions.h"

#include <cmath>
#include <numbers>

#include <math.h>  // lgamma_r: std::lgamma keeps the sign in a global

namespace spotter::kernels {
namespace {

constexpr double kNormalFrom =
    1e5;  // degrees of freedom from which Student's is the normal distribution

double log_gamma(double x) {
  int sign = 0;
  return ::lgamma_r(x, &sign);
}

// The regularised incomplete beta function I_x(a, b) by its continued fraction (DLMF 8.17.22), from
// the far end.
double incomplete_beta(double x, double a, double b) {
  if (x <= 0 || x >= 1) {
    return x <= 0 ? 0 : 1;
  }
  if (x > (a + 1) / (a + b + 2)) {  // where the fraction would converge slowly
    return 1 - incomplete_beta(1 - x, b, a);
  }
  constexpr int kTerms = 500;
  double fraction = 1;
  for (int k = kTerms; k > 0; --k) {
    const double m = k / 2;  // whole division: terms come in pairs
    const double d = k % 2 == 0 ? m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
                                : -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
    fraction = 1 + d / fraction;
  }
  const double front =
      log_gamma(a + b) - log_gamma(a) - log_gamma(b) + a * std::log(x) + b * std::log1p(-x);
  return std::exp(front) / (a * fraction);
}

// The place where a rising function reaches p, by halving.
template <typename Rising>
double solve(const Rising& rising, double p, double low, double high) {
  constexpr int kHalvings = 200;
  for (int i = 0; i < kHalvings && low < high; ++i) {
    const double middle = low + (high - low) / 2;
    if (middle <= low || middle >= high) {
      break;
    }
    (rising(middle) < p ? low : high) = middle;
  }
  return low + (high - low) / 2;
}

}  // namespace

double normal_cdf(double z) {
  return std::erfc(-z / std::numbers::sqrt2) / 2;
}

double normal_quantile(double p) {
  // The upper half mirrors the lower, where small probabilities keep their digits.
  return p > 0.5 ? -normal_quantile(1 - p) : solve(normal_cdf, p, -40, 0);
}

double student_cdf(double t, double freedom) {
  if (freedom >= kNormalFrom) {
    return normal_cdf(t);
  }
  const double tail = incomplete_beta(freedom / (freedom + t * t), freedom / 2, 0.5) / 2;
  return t > 0 ? 1 - tail : tail;
}

double student_quantile(double p, double freedom) {
  constexpr double kFar = 1e9;
  return p > 0.5 ? -student_quantile(1 - p, freedom)
                 : solve([freedom](double t) { return student_cdf(t, freedom); }, p, -kFar, 0);
}

}  // namespace spotter::kernels
