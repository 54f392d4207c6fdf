#include "kernels/paired_bootstrap.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/parallel.h"

namespace spotter::kernels {
namespace {

constexpr std::size_t kChunk = 25;

double quantile(const std::vector<double>& sorted, double q) {
  if (sorted.empty()) {
    return 0;
  }
  const double place = q * static_cast<double>(sorted.size() - 1);
  const auto low = static_cast<std::size_t>(place);
  const std::size_t high = std::min(low + 1, sorted.size() - 1);
  return sorted[low] + (sorted[high] - sorted[low]) * (place - static_cast<double>(low));
}

std::size_t scenes_of(std::span<const PrecisionInput> classes) {
  return classes.empty() ? 0 : classes[0].truths.size();
}

// The statistic of each draw, undefined draws (NaN) removed, sorted.
std::vector<double> draws(std::size_t scene_count, const BootstrapOptions& options,
                          const std::function<double(std::span<const std::uint32_t>)>& statistic) {
  std::vector<double> values(static_cast<std::size_t>(options.resamples));
  parallel_for(values.size(), kChunk, [&](std::size_t begin, std::size_t end) {
    for (std::size_t b = begin; b < end; ++b) {
      Rng rng(options.seed, b);
      values[b] = statistic(draw_scenes(scene_count, rng));
    }
  });
  std::erase_if(values, [](double v) { return std::isnan(v); });
  std::sort(values.begin(), values.end());
  return values;
}

}  // namespace

Difference paired_bootstrap(std::span<const PrecisionInput> first, std::span<const PrecisionInput> second,
                            const BootstrapOptions& options) {
  Difference result{.first = mean_average_precision(first), .second = mean_average_precision(second)};
  for (const auto& input : first) {
    result.truth_count += std::accumulate(input.truths.begin(), input.truths.end(), std::size_t{0});
  }
  std::vector<bool> used(scenes_of(first));
  for (const auto& input : first) {
    for (std::size_t s = 0; s < input.truths.size(); ++s) {
      used[s] = used[s] || input.truths[s] > 0;
    }
  }
  result.scene_count = static_cast<std::size_t>(std::count(used.begin(), used.end(), true));
  if (result.first < 0 || result.second < 0) {
    return result;
  }
  const auto values = draws(scenes_of(first), options, [&](std::span<const std::uint32_t> weights) {
    const double a = mean_average_precision(first, weights);
    const double b = mean_average_precision(second, weights);
    return a < 0 || b < 0 ? std::nan("") : b - a;
  });
  const double tail = (1 - options.confidence) / 2;
  result.low = quantile(values, tail);
  result.high = quantile(values, 1 - tail);
  const double count = static_cast<double>(values.size());
  const double mean = std::accumulate(values.begin(), values.end(), 0.0) / std::max(1.0, count);
  double square = 0;
  double not_lost = 0;
  double not_gained = 0;
  for (const double v : values) {
    square += (v - mean) * (v - mean);
    not_lost += v >= 0 ? 1 : 0;
    not_gained += v <= 0 ? 1 : 0;
  }
  result.error = std::sqrt(square / std::max(1.0, count - 1));
  result.p_loss = (1 + not_lost) / (1 + count);
  result.p_gain = (1 + not_gained) / (1 + count);
  return result;
}

std::pair<double, double> interval(std::span<const PrecisionInput> classes, const BootstrapOptions& options) {
  if (mean_average_precision(classes) < 0) {
    return {-1, -1};
  }
  const auto values = draws(scenes_of(classes), options, [&](std::span<const std::uint32_t> weights) {
    const double v = mean_average_precision(classes, weights);
    return v < 0 ? std::nan("") : v;
  });
  const double tail = (1 - options.confidence) / 2;
  return {quantile(values, tail), quantile(values, 1 - tail)};
}

std::vector<double> holm(std::span<const double> p_values) {
  std::vector<std::size_t> order(p_values.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](auto a, auto b) { return p_values[a] < p_values[b]; });
  std::vector<double> adjusted(p_values.size());
  double largest = 0;
  for (std::size_t i = 0; i < order.size(); ++i) {
    largest = std::max(largest, std::min(1.0, p_values[order[i]] * static_cast<double>(order.size() - i)));
    adjusted[order[i]] = largest;
  }
  return adjusted;
}

double more_scenes_factor(const Difference& difference, double wanted) {
  const double half = (difference.high - difference.low) / 2;
  return wanted <= 0 ? 1 : std::max(1.0, (half / wanted) * (half / wanted));
}

}  // namespace spotter::kernels
