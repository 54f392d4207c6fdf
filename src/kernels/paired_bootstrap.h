// Is one model better than another on the same scenes? Paired bootstrap over scenes (Efron and
// Tibshirani 1993, chapter 13), Holm's correction, and how many more scenes an answer would take.
#pragma once
#include <cstddef>
#include <functional>
#include <span>
#include <vector>

#include "kernels/scene_metric.h"

namespace spotter::kernels {

struct Difference {
  double first = -1;   // metric of the one model, −1 = undefined
  double second = -1;  // of the other
  double gain = 0;     // second − first, or first − second of a metric where lower is better
  double low = 0;      // interval of the gain
  double high = 0;
  double error = 0;   // standard error of the gain
  double p_loss = 1;  // one-sided: chance of such a draw if the second were no worse
  double p_gain = 1;  // one-sided: if it were no better
  std::size_t scene_count = 0;
  std::size_t truth_count = 0;
};

struct BootstrapOptions {
  int resamples = 2000;
  double confidence = 0.95;
  std::uint64_t seed = 1;
};

// Both models over the same scenes; the same draw of scenes serves both. Draws in which the metric
// is undefined are left out. Intervals and p-values allow for few scenes; with one scene the
// interval is −1 … 1. Uses all cores; the result depends on the seed alone.
[[nodiscard]] Difference paired_bootstrap(const SceneMetric& first, const SceneMetric& second,
                                          const BootstrapOptions& options);

// Interval of one model's metric: {low, high}; from a single scene everything that is possible, or
// {−1, −1} where that is no interval or the metric is undefined.
[[nodiscard]] std::pair<double, double> interval(const SceneMetric& metric,
                                                 const BootstrapOptions& options);

// How many times as many scenes would shrink the half width of the interval of `difference` to
// `wanted`; at least 1.
[[nodiscard]] double more_scenes_factor(const Difference& difference, double wanted);

}  // namespace spotter::kernels
