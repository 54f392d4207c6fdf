#include "kernels/two_sample.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>

#include "base/error.h"
#include "base/parallel.h"
#include "base/random.h"

namespace spotter::kernels {
namespace {

// Row numbers by rising value.
std::vector<std::uint32_t> sorted_rows(std::span<const double> values) {
  std::vector<std::uint32_t> order(values.size());
  std::iota(order.begin(), order.end(), 0U);
  std::stable_sort(order.begin(), order.end(),
                   [&](std::uint32_t a, std::uint32_t b) { return values[a] < values[b]; });
  return order;
}

std::size_t current_rows(const PooledGroups& pooled, std::span<const std::uint8_t> is_current) {
  std::size_t count = 0;
  for (const auto g : pooled.group) {
    count += is_current[g];
  }
  return count;
}

// Edges that cut `values` into bins of equal shares; equal values stay in one bin.
std::vector<double> quantile_edges(std::vector<double> values, std::size_t bins) {
  std::sort(values.begin(), values.end());
  std::vector<double> edges;
  for (std::size_t i = 1; i < bins && !values.empty(); ++i) {
    edges.push_back(values[i * values.size() / bins]);
  }
  edges.erase(std::unique(edges.begin(), edges.end()), edges.end());
  return edges;
}

// Sums of distances between the rows of each two groups, and the groups' sizes.
struct GroupDistances {
  std::size_t groups = 0;
  std::vector<double> sums;  // groups × groups
  std::vector<double> sizes;
  [[nodiscard]] double sum(std::size_t g, std::size_t h) const { return sums[g * groups + h]; }
};

float distance(std::span<const float> a, std::span<const float> b) {
  return std::sqrt(squared_distance(a, b));
}

GroupDistances group_distances(const Vectors& rows, const PooledGroups& pooled) {
  GroupDistances result;
  result.groups = pooled.is_current.size();
  result.sums.assign(result.groups * result.groups, 0);
  result.sizes.assign(result.groups, 0);
  std::vector<std::vector<std::size_t>> members(result.groups);
  for (std::size_t i = 0; i < pooled.group.size(); ++i) {
    members[pooled.group[i]].push_back(i);
    result.sizes[pooled.group[i]] += 1;
  }
  parallel_for(result.groups, 8, [&](std::size_t begin, std::size_t end) {
    for (std::size_t g = begin; g < end; ++g) {
      for (std::size_t h = 0; h < result.groups; ++h) {
        double sum = 0;
        for (const std::size_t i : members[g]) {
          for (const std::size_t j : members[h]) {
            sum += static_cast<double>(distance(rows.row(i), rows.row(j)));
          }
        }
        result.sums[g * result.groups + h] = sum;
      }
    }
  });
  return result;
}

double energy(const GroupDistances& distances, std::span<const std::uint8_t> is_current) {
  double sum[2][2] = {{0, 0}, {0, 0}};
  double pairs[2][2] = {{0, 0}, {0, 0}};
  for (std::size_t g = 0; g < distances.groups; ++g) {
    for (std::size_t h = 0; h < distances.groups; ++h) {
      if (g != h) {
        sum[is_current[g]][is_current[h]] += distances.sum(g, h);
        pairs[is_current[g]][is_current[h]] += distances.sizes[g] * distances.sizes[h];
      }
    }
  }
  if (pairs[0][0] <= 0 || pairs[1][1] <= 0 || sum[0][1] <= 0) {
    return 0;
  }
  const double between = 2 * sum[0][1] / pairs[0][1];
  return (between - sum[0][0] / pairs[0][0] - sum[1][1] / pairs[1][1]) / between;
}

}  // namespace

PooledGroups pool_groups(std::span<const std::uint32_t> reference,
                         std::span<const std::uint32_t> current) {
  PooledGroups pooled;
  const auto take = [&](std::span<const std::uint32_t> ids, std::uint8_t flag) {
    std::map<std::uint32_t, std::uint32_t> numbers;
    for (const auto id : ids) {
      const auto next = static_cast<std::uint32_t>(pooled.is_current.size());
      const auto [it, added] = numbers.try_emplace(id, next);
      if (added) {
        pooled.is_current.push_back(flag);
      }
      pooled.group.push_back(it->second);
    }
  };
  take(reference, 0);
  take(current, 1);
  return pooled;
}

TwoSampleResult permutation_test(
    const PooledGroups& pooled, const PermutationOptions& options,
    const std::function<double(std::span<const std::uint8_t>)>& statistic) {
  TwoSampleResult result;
  result.statistic = statistic(pooled.is_current);
  // Each permutation has a stream of its own, so that the result does not depend on the cores.
  std::vector<double> null(options.permutations);
  parallel_for(options.permutations, 16, [&](std::size_t begin, std::size_t end) {
    std::vector<std::uint8_t> flags;
    for (std::size_t i = begin; i < end; ++i) {
      flags = pooled.is_current;
      Rng rng(options.seed, i);
      rng.shuffle(std::span(flags));
      null[i] = statistic(flags);
    }
  });
  // A hair of tolerance: equal statistics may differ in the last bit by the order of summation.
  const double bar = result.statistic - 1e-12 * std::abs(result.statistic);
  const auto extreme = std::count_if(null.begin(), null.end(), [&](double x) { return x >= bar; });
  result.p = static_cast<double>(1 + extreme) / static_cast<double>(1 + options.permutations);
  if (!null.empty()) {
    const auto at = null.begin() + static_cast<std::ptrdiff_t>((null.size() - 1) * 95 / 100);
    std::nth_element(null.begin(), at, null.end());
    result.detectable = *at;
  }
  return result;
}

TwoSampleResult ks_test(std::span<const double> pooled_values, const PooledGroups& pooled,
                        const PermutationOptions& options) {
  const auto order = sorted_rows(pooled_values);
  return permutation_test(pooled, options, [&](std::span<const std::uint8_t> is_current) {
    const auto current = static_cast<double>(current_rows(pooled, is_current));
    const auto reference = static_cast<double>(order.size()) - current;
    if (current == 0 || reference == 0) {
      return 0.0;
    }
    double difference = 0;
    double largest = 0;
    for (std::size_t i = 0; i < order.size(); ++i) {
      difference += is_current[pooled.group[order[i]]] != 0 ? 1 / current : -1 / reference;
      const bool step_ends =
          i + 1 == order.size() || pooled_values[order[i + 1]] != pooled_values[order[i]];
      if (step_ends) {
        largest = std::max(largest, std::abs(difference));
      }
    }
    return largest;
  });
}

TwoSampleResult mean_test(std::span<const double> pooled_values, const PooledGroups& pooled,
                          const PermutationOptions& options) {
  const auto n = static_cast<double>(pooled_values.size());
  double mean = 0;
  double squares = 0;
  for (const double value : pooled_values) {
    mean += value / n;
  }
  for (const double value : pooled_values) {
    squares += (value - mean) * (value - mean) / n;
  }
  const double deviation = std::sqrt(squares);
  return permutation_test(pooled, options, [&](std::span<const std::uint8_t> is_current) {
    double sum[2] = {0, 0};
    double count[2] = {0, 0};
    for (std::size_t i = 0; i < pooled_values.size(); ++i) {
      const auto side = is_current[pooled.group[i]];
      sum[side] += pooled_values[i];
      count[side] += 1;
    }
    const bool defined = count[0] > 0 && count[1] > 0 && deviation > 0;
    return defined ? std::abs(sum[1] / count[1] - sum[0] / count[0]) / deviation : 0.0;
  });
}

TwoSampleResult stability_test(std::span<const double> pooled_values, const PooledGroups& pooled,
                               const PermutationOptions& options, std::size_t bins) {
  std::vector<double> reference;
  for (std::size_t i = 0; i < pooled_values.size(); ++i) {
    if (pooled.is_current[pooled.group[i]] == 0) {
      reference.push_back(pooled_values[i]);
    }
  }
  const auto edges = quantile_edges(std::move(reference), bins);
  std::vector<std::size_t> bin;
  for (const double value : pooled_values) {
    bin.push_back(static_cast<std::size_t>(std::upper_bound(edges.begin(), edges.end(), value) -
                                           edges.begin()));
  }
  return permutation_test(pooled, options, [&](std::span<const std::uint8_t> is_current) {
    std::vector<double> counts[2] = {std::vector<double>(edges.size() + 1, 0.0),
                                     std::vector<double>(edges.size() + 1, 0.0)};
    double total[2] = {0, 0};
    for (std::size_t i = 0; i < bin.size(); ++i) {
      const auto side = is_current[pooled.group[i]];
      counts[side][bin[i]] += 1;
      total[side] += 1;
    }
    double index = 0;
    for (std::size_t b = 0; b <= edges.size() && total[0] > 0 && total[1] > 0; ++b) {
      const double p = std::max(0.5, counts[0][b]) / total[0];
      const double q = std::max(0.5, counts[1][b]) / total[1];
      index += (q - p) * std::log(q / p);
    }
    return index;
  });
}

TwoSampleResult energy_test(const Vectors& pooled_rows, const PooledGroups& pooled,
                            const PermutationOptions& options) {
  require(pooled_rows.count() == pooled.group.size(), "energy_test: one group a row");
  const auto distances = group_distances(pooled_rows, pooled);
  return permutation_test(pooled, options, [&](std::span<const std::uint8_t> is_current) {
    return energy(distances, is_current);
  });
}

}  // namespace spotter::kernels
