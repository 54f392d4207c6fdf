#include "kernels/false_discovery.h"

#include <algorithm>
#include <cmath>
#include <cstddef>

namespace spotter::kernels {
namespace {

// Positions of the values that are not NaN, by rising value.
std::vector<std::size_t> rising(std::span<const double> values) {
  std::vector<std::size_t> order;
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (!std::isnan(values[i])) {
      order.push_back(i);
    }
  }
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return values[a] < values[b]; });
  return order;
}

}  // namespace

std::vector<double> benjamini_hochberg(std::span<const double> p_values, std::size_t tests) {
  const auto order = rising(p_values);
  std::vector<double> adjusted(p_values.begin(), p_values.end());
  const auto count = static_cast<double>(std::max(tests, order.size()));
  double smallest = 1;
  for (std::size_t rank = order.size(); rank > 0; --rank) {
    const std::size_t i = order[rank - 1];
    smallest = std::min(smallest, p_values[i] * count / static_cast<double>(rank));
    adjusted[i] = smallest;
  }
  return adjusted;
}

std::vector<double> holm(std::span<const double> p_values) {
  const auto order = rising(p_values);
  std::vector<double> adjusted(p_values.begin(), p_values.end());
  double largest = 0;
  for (std::size_t rank = 0; rank < order.size(); ++rank) {
    const std::size_t i = order[rank];
    largest = std::max(largest, p_values[i] * static_cast<double>(order.size() - rank));
    adjusted[i] = std::min(1.0, largest);
  }
  return adjusted;
}

}  // namespace spotter::kernels
