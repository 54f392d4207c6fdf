#include "kernels/clustered_counts.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include <math.h>  // lgamma_r: std::lgamma keeps the sign in a global

namespace spotter::kernels {
namespace {

// log(n!)
double log_factorial(double n) {
  int sign = 0;
  return ::lgamma_r(n + 1, &sign);
}

}  // namespace

double design_effect(const RowSet& within, const RowSet& failing,
                     std::span<const std::uint32_t> group) {
  if (group.empty()) {
    return 1;
  }
  std::vector<Counts> by_group(std::size_t{*std::max_element(group.begin(), group.end())} + 1);
  Counts all;
  within.each([&](std::size_t row) {
    auto& counts = by_group[group[row]];
    const std::size_t fails = failing.has(row) ? 1 : 0;
    counts.rows += 1;
    counts.failing += fails;
    all.rows += 1;
    all.failing += fails;
  });
  const double rate = all.rate();
  const auto used = std::count_if(by_group.begin(), by_group.end(),
                                  [](const Counts& counts) { return counts.rows > 0; });
  if (used < 2 || rate <= 0 || rate >= 1) {
    return 1;
  }
  double squares = 0;
  for (const auto& counts : by_group) {
    const double residual =
        static_cast<double>(counts.failing) - rate * static_cast<double>(counts.rows);
    squares += residual * residual;
  }
  const double groups = static_cast<double>(used);
  const double rows = static_cast<double>(all.rows);
  const double clustered = groups / (groups - 1) * squares / (rows * rows);
  return std::max(1.0, clustered / (rate * (1 - rate) / rows));
}

double hypergeometric_tail(std::size_t total, std::size_t marked, std::size_t drawn,
                           std::size_t hits) {
  const std::size_t most = std::min(marked, drawn);
  const std::size_t least = marked + drawn > total ? marked + drawn - total : 0;
  if (hits <= least) {
    return 1;
  }
  const auto n = static_cast<double>(total);
  const auto k = static_cast<double>(marked);
  const auto d = static_cast<double>(drawn);
  auto x = static_cast<double>(hits);
  double term =
      std::exp(log_factorial(k) - log_factorial(x) - log_factorial(k - x) + log_factorial(n - k) -
               log_factorial(d - x) - log_factorial(n - k - d + x) - log_factorial(n) +
               log_factorial(d) + log_factorial(n - d));
  double sum = 0;
  for (std::size_t i = hits; i <= most; ++i) {
    sum += term;
    if (term < sum * 1e-17) {
      break;
    }
    term *= (k - x) * (d - x) / ((x + 1) * (n - k - d + x + 1));
    x += 1;
  }
  return std::min(1.0, sum);
}

double clustered_p(const Counts& all, const Counts& part, double effect) {
  const auto down = [&](std::size_t n) {
    return static_cast<std::size_t>(std::floor(static_cast<double>(n) / effect + 1e-9));
  };
  const auto up = [&](std::size_t n) {
    return static_cast<std::size_t>(std::ceil(static_cast<double>(n) / effect - 1e-9));
  };
  const std::size_t hits = down(part.failing);
  const std::size_t drawn = std::max(up(part.rows), hits);
  const std::size_t total = std::max(up(all.rows), drawn);
  const std::size_t marked = std::clamp(up(all.failing), hits, total);
  return hypergeometric_tail(total, marked, drawn, hits);
}

}  // namespace spotter::kernels
