#include "loop/monitor/rows.h"

#include <algorithm>
#include <map>
#include <numeric>
#include <set>

namespace spotter::monitor {
namespace {

std::vector<std::uint32_t> scenes_of(const Side& side, const Values& values) {
  std::vector<std::uint32_t> scenes;
  scenes.reserve(values.sample.size());
  for (const auto sample : values.sample) {
    scenes.push_back(side.scene[sample]);
  }
  return scenes;
}

double mean(const std::vector<double>& values) {
  return values.empty() ? 0
                        : std::accumulate(values.begin(), values.end(), 0.0) /
                              static_cast<double>(values.size());
}

kernels::TwoSampleResult test(Compare how, const std::vector<double>& pooled_values,
                              const kernels::PooledGroups& pooled, const MonitorOptions& options) {
  const kernels::PermutationOptions permutation{options.permutations, options.seed};
  switch (how) {
    case Compare::kKolmogorovSmirnov:
      return kernels::ks_test(pooled_values, pooled, permutation);
    case Compare::kStability:
      return kernels::stability_test(pooled_values, pooled, permutation);
    default:
      return kernels::mean_test(pooled_values, pooled, permutation);
  }
}

// Samples of the window by mean value, farthest in the direction of the shift first.
std::vector<std::size_t> by_shift(const Values& current, bool upwards) {
  std::map<std::size_t, std::pair<double, double>> sums;
  for (std::size_t i = 0; i < current.value.size(); ++i) {
    auto& [sum, count] = sums[current.sample[i]];
    sum += current.value[i];
    count += 1;
  }
  std::vector<std::pair<double, std::size_t>> ranked;
  for (const auto& [sample, sum] : sums) {
    const double value = sum.first / sum.second;
    ranked.emplace_back(upwards ? -value : value, sample);
  }
  std::sort(ranked.begin(), ranked.end());
  std::vector<std::size_t> order;
  for (const auto& [value, sample] : ranked) {
    order.push_back(sample);
  }
  return order;
}

}  // namespace

bool enough(MonitorResult& result, const std::vector<std::uint32_t>& reference_scenes,
            const std::vector<std::uint32_t>& current_scenes, const MonitorOptions& options) {
  result.n_reference = reference_scenes.size();
  result.n_current = current_scenes.size();
  result.scenes_reference = std::set(reference_scenes.begin(), reference_scenes.end()).size();
  result.scenes_current = std::set(current_scenes.begin(), current_scenes.end()).size();
  const bool yes = std::min(result.n_reference, result.n_current) >= options.rows_min &&
                   std::min(result.scenes_reference, result.scenes_current) >= options.scenes_min;
  result.state = yes ? "ok" : "not enough data";
  return yes;
}

std::vector<std::string> one_a_scene(const Side& side, const std::vector<std::size_t>& order,
                                     std::size_t count_max) {
  std::vector<std::string> keys;
  std::set<std::uint32_t> scenes;
  for (const auto sample : order) {
    if (keys.size() == count_max) {
      break;
    }
    if (scenes.insert(side.scene[sample]).second) {
      keys.push_back(side.keys[sample]);
    }
  }
  return keys;
}

MonitorResult compare_values(const Monitor& self, const std::string& name, Compare how,
                             const Side& reference_side, const Values& reference,
                             const Side& current_side, const Values& current,
                             const MonitorOptions& options) {
  MonitorResult result;
  result.name = name;
  result.summary = self.summary;
  result.effect_floor = self.effect_floor;
  result.reference = mean(reference.value);
  result.current = mean(current.value);
  const auto reference_scenes = scenes_of(reference_side, reference);
  const auto current_scenes = scenes_of(current_side, current);
  if (!enough(result, reference_scenes, current_scenes, options)) {
    return result;
  }
  auto pooled_values = reference.value;
  pooled_values.insert(pooled_values.end(), current.value.begin(), current.value.end());
  const auto tested =
      test(how, pooled_values, kernels::pool_groups(reference_scenes, current_scenes), options);
  result.statistic = tested.statistic;
  result.detectable = tested.detectable;
  result.p = tested.p;
  result.exemplars = one_a_scene(current_side, by_shift(current, result.current > result.reference),
                                 options.exemplars_max);
  return result;
}

}  // namespace spotter::monitor
