#include "kernels/column_drift.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include <math.h>  // lgamma_r: std::lgamma keeps the sign in a global

#include "base/error.h"
#include "kernels/sort_values.h"

namespace spotter::kernels {
namespace {

constexpr double kLevel = 0.05;

// sup |F_reference - F_current| of two sorted samples.
double largest_difference(std::span<const double> reference, std::span<const double> current) {
  const auto n = static_cast<double>(reference.size());
  const auto m = static_cast<double>(current.size());
  double largest = 0;
  std::size_t i = 0;
  std::size_t j = 0;
  while (i < reference.size() && j < current.size()) {
    const double value = std::min(reference[i], current[j]);
    while (i < reference.size() && reference[i] <= value) {
      ++i;
    }
    while (j < current.size() && current[j] <= value) {
      ++j;
    }
    largest = std::max(largest, std::abs(static_cast<double>(i) / n - static_cast<double>(j) / m));
  }
  return largest;
}

// Half the sum of |p - q|.
double total_variation(std::span<const double> reference, std::span<const double> current) {
  const double n = std::accumulate(reference.begin(), reference.end(), 0.0);
  const double m = std::accumulate(current.begin(), current.end(), 0.0);
  double sum = 0;
  for (std::size_t c = 0; c < reference.size() && n > 0 && m > 0; ++c) {
    sum += std::abs(reference[c] / n - current[c] / m);
  }
  return sum / 2;
}

// Q(a, x), the upper regularised incomplete gamma function: its series below a + 1, else Lentz's
// continued fraction (Abramowitz and Stegun 6.5.29, 6.5.31).
double gamma_tail(double a, double x) {
  if (x <= 0) {
    return 1;
  }
  int sign = 0;
  const double scale = std::exp(a * std::log(x) - x - ::lgamma_r(a, &sign));
  if (x < a + 1) {
    double term = 1 / a;
    double sum = term;
    for (double n = a + 1; std::abs(term) > 1e-16 * sum; n += 1) {
      term *= x / n;
      sum += term;
    }
    return 1 - scale * sum;
  }
  constexpr double kTiny = 1e-300;
  double b = x + 1 - a;
  double c = 1 / kTiny;
  double d = 1 / b;
  double fraction = d;
  for (int i = 1; i < 100000; ++i) {
    const double factor = -i * (i - a);
    b += 2;
    d = factor * d + b;
    d = 1 / (std::abs(d) < kTiny ? kTiny : d);
    c = b + factor / c;
    c = std::abs(c) < kTiny ? kTiny : c;
    fraction *= d * c;
    if (std::abs(d * c - 1) < 1e-15) {
      break;
    }
  }
  return scale * fraction;
}

}  // namespace

double kolmogorov_tail(double x) {
  if (x < 0.3) {
    return 1;  // to 1e-5 and better: the series below needs many terms here
  }
  double sum = 0;
  for (int k = 1; k <= 100; ++k) {
    const double term = std::exp(-2.0 * k * k * x * x);
    sum += k % 2 == 1 ? term : -term;
    if (term < 1e-18) {
      break;
    }
  }
  return std::clamp(2 * sum, 0.0, 1.0);
}

double chi_square_tail(double x, double freedom) {
  return gamma_tail(freedom / 2, x / 2);
}

double chi_square_quantile(double tail, double freedom) {
  double low = 0;
  double high = freedom + 10;
  while (chi_square_tail(high, freedom) > tail) {
    high *= 2;
  }
  for (int i = 0; i < 100; ++i) {
    const double middle = (low + high) / 2;
    (chi_square_tail(middle, freedom) > tail ? low : high) = middle;
  }
  return high;
}

ColumnDrift number_drift(std::vector<double>& reference, std::vector<double>& current) {
  require(!reference.empty() && !current.empty(), "number_drift needs two samples");
  sort_values(reference);
  sort_values(current);
  const auto n = static_cast<double>(reference.size());
  const auto m = static_cast<double>(current.size());
  const double root = std::sqrt(n * m / (n + m));
  const double scale = root + 0.12 + 0.11 / root;
  ColumnDrift drift{.test = "ks"};
  drift.statistic = drift.effect = largest_difference(reference, current);
  drift.p = kolmogorov_tail(scale * drift.statistic);
  drift.detectable = std::min(1.0, std::sqrt(-std::log(kLevel / 2) / 2) / scale);
  return drift;
}

ColumnDrift category_drift(std::span<const double> reference, std::span<const double> current) {
  require(reference.size() == current.size(), "category_drift: the same categories in both");
  const double n = std::accumulate(reference.begin(), reference.end(), 0.0);
  const double m = std::accumulate(current.begin(), current.end(), 0.0);
  require(n > 0 && m > 0, "category_drift needs two samples");
  ColumnDrift drift{.test = "chi_square", .effect = total_variation(reference, current)};
  double categories = 0;
  for (std::size_t c = 0; c < reference.size(); ++c) {
    const double both = reference[c] + current[c];
    if (both > 0) {
      const double expected = both * n / (n + m);
      const double difference = reference[c] - expected;
      drift.statistic += difference * difference * (1 / expected + 1 / (both - expected));
      categories += 1;
    }
  }
  if (categories > 1) {
    drift.p = chi_square_tail(drift.statistic, categories - 1);
    // By Cauchy and Schwarz a total variation of this size has at least that chi-square.
    const double limit = chi_square_quantile(kLevel, categories - 1);
    drift.detectable = std::min(1.0, 0.5 * std::sqrt(limit * (1 / n + 1 / m)));
  }
  return drift;
}

ColumnDrift number_drift(std::span<const double> values, const PooledGroups& pooled,
                         const PermutationOptions& options) {
  const auto result = ks_test(values, pooled, options);
  return {.test = "ks_permutation",
          .statistic = result.statistic,
          .p = result.p,
          .effect = result.statistic,
          .detectable = result.detectable};
}

ColumnDrift category_drift(std::span<const std::int32_t> codes, std::size_t categories,
                           const PooledGroups& pooled, const PermutationOptions& options) {
  // Counts of each group once; a permutation adds them up.
  std::vector<double> counts(pooled.is_current.size() * categories, 0);
  for (std::size_t row = 0; row < codes.size(); ++row) {
    counts[pooled.group[row] * categories + static_cast<std::size_t>(codes[row])] += 1;
  }
  const auto result = permutation_test(pooled, options, [&](std::span<const std::uint8_t> flags) {
    std::vector<double> sums[2] = {std::vector<double>(categories, 0.0),
                                   std::vector<double>(categories, 0.0)};
    for (std::size_t g = 0; g < flags.size(); ++g) {
      for (std::size_t c = 0; c < categories; ++c) {
        sums[flags[g]][c] += counts[g * categories + c];
      }
    }
    return total_variation(sums[0], sums[1]);
  });
  return {.test = "total_variation_permutation",
          .statistic = result.statistic,
          .p = result.p,
          .effect = result.statistic,
          .detectable = result.detectable};
}

}  // namespace spotter::kernels
