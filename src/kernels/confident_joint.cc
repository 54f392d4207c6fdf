#include "kernels/confident_joint.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "kernels/pairwise_sum.h"

namespace spotter::kernels {
namespace {

constexpr double kWhole = 1e-6;  // differences of whole numbers below this are none

// Whole numbers with the rounded sum of `row`: what is missing goes to the largest remainders.
std::vector<std::int64_t> round_keeping_sum(const std::vector<double>& row) {
  std::vector<double> whole(row.size());
  std::transform(row.begin(), row.end(), whole.begin(), [](double v) { return std::nearbyint(v); });
  const double wanted = std::nearbyint(pairwise_sum<double>(row));
  std::vector<std::size_t> order(row.size());
  for (double missing = wanted - std::nearbyint(pairwise_sum<double>(whole));
       std::abs(missing) > kWhole; missing = wanted - std::nearbyint(pairwise_sum<double>(whole))) {
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
      return row[a] - whole[a] < row[b] - whole[b];
    });
    if (missing > 0) {
      std::reverse(order.begin(), order.end());
    }
    const auto changes = std::min(static_cast<std::size_t>(std::abs(missing)), row.size());
    for (std::size_t i = 0; i < changes; ++i) {
      whole[order[i]] += missing > 0 ? 1 : -1;
    }
  }
  std::vector<std::int64_t> result(row.size());
  std::transform(whole.begin(), whole.end(), result.begin(),
                 [](double v) { return static_cast<std::int64_t>(v); });
  return result;
}

}  // namespace

std::vector<std::int64_t> prune_counts(std::span<const std::int64_t> joint,
                                       std::span<const std::size_t> first) {
  const std::size_t n = first.size() - 1;
  std::vector<double> scaled(n * n);  // guessed × given, the order in which the reference adds up
  for (std::size_t k = 0; k < n; ++k) {
    const auto row = joint.subspan(k * n, n);
    const auto sum = static_cast<double>(std::accumulate(row.begin(), row.end(), std::int64_t{0}));
    for (std::size_t j = 0; j < n; ++j) {
      scaled[j * n + k] =
          static_cast<double>(row[j]) / sum * static_cast<double>(first[k + 1] - first[k]);
    }
  }
  const double total = pairwise_sum<double>(scaled);
  for (double& v : scaled) {
    v = v / total * static_cast<double>(first.back());
  }
  std::vector<std::int64_t> counts(n * n);
  std::vector<double> row(n);
  for (std::size_t k = 0; k < n; ++k) {
    for (std::size_t j = 0; j < n; ++j) {
      row[j] = scaled[j * n + k];
    }
    const auto whole = round_keeping_sum(row);
    const auto filled = std::count_if(whole.begin(), whole.end(), [](auto v) { return v != 0; });
    const double added = static_cast<double>(std::max<std::int64_t>(whole[k], 1) - whole[k]);
    const double less = added / std::max(static_cast<double>(filled) - 1, 1.0);
    for (std::size_t j = 0; j < n; ++j) {
      const double left = std::max(static_cast<double>(whole[j]) - less, 0.0);
      counts[j * n + k] =
          j == k ? std::max<std::int64_t>(whole[k], 1) : static_cast<std::int64_t>(left);
    }
  }
  return counts;
}

}  // namespace spotter::kernels
