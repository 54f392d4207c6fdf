// A metric of one model on a data set of scenes, in a form that can be computed again under weights
// of scenes: what the bootstrap draws from, whatever the task.
#pragma once
#include <algorithm>
#include <cstdint>
#include <functional>
#include <numeric>
#include <span>
#include <utility>
#include <vector>

#include "kernels/average_precision.h"

namespace spotter::kernels {

struct SceneMetric {
  std::vector<std::uint32_t> truths;  // counted truths of each scene
  // The metric with each scene counted `weights[scene]` times (empty = once); −1 = undefined. Safe
  // to call from several threads.
  std::function<double(std::span<const std::uint32_t> weights)> value;
  bool lower_is_better = false;
  double most = 1;          // the greatest value that it can have
  std::int64_t found = -1;  // truths that the model finds, as the task has it; −1 = not counted

  [[nodiscard]] std::uint64_t truth_count() const {
    return std::accumulate(truths.begin(), truths.end(), std::uint64_t{0});
  }
};

// Mean average precision over classes; 0 … 1.
[[nodiscard]] inline SceneMetric precision_metric(std::vector<PrecisionInput> classes) {
  SceneMetric metric{.found = 0};
  for (const auto& input : classes) {
    metric.found += std::count_if(input.detections.begin(), input.detections.end(),
                                  [](const ScoredHit& detection) { return detection.hit; });
    metric.truths.resize(input.truths.size());
    for (std::size_t s = 0; s < input.truths.size(); ++s) {
      metric.truths[s] += input.truths[s];
    }
  }
  metric.value = [classes = std::move(classes)](std::span<const std::uint32_t> weights) {
    return mean_average_precision(classes, weights);
  };
  return metric;
}

// The mean over truths of a figure that each truth has by itself; `sums` holds each scene's sum.
[[nodiscard]] inline SceneMetric mean_metric(std::vector<double> sums,
                                             std::vector<std::uint32_t> truths) {
  SceneMetric metric{.truths = truths};
  metric.value = [sums = std::move(sums),
                  truths = std::move(truths)](std::span<const std::uint32_t> weights) {
    double sum = 0;
    double count = 0;
    for (std::size_t s = 0; s < sums.size(); ++s) {
      const double weight = weights.empty() ? 1 : weights[s];
      sum += weight * sums[s];
      count += weight * truths[s];
    }
    return count == 0 ? -1 : sum / count;
  };
  return metric;
}

}  // namespace spotter::kernels
