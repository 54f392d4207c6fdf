#include "kernels/paired_bootstrap.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <tuple>

#include "base/parallel.h"
#include "kernels/distributions.h"

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

// Scenes that have something to find.
std::size_t counted_scenes(const SceneMetric& metric) {
  return static_cast<std::size_t>(std::count_if(metric.truths.begin(), metric.truths.end(),
                                                [](std::uint32_t n) { return n > 0; }));
}

// Draws from few scenes vary too little: by sqrt((n-1)/n), and with the tails of a normal instead
// of Student's distribution. Both are mended by going further out (Hesterberg 2015, "expanded
// percentile interval").
class FewScenes {
 public:
  explicit FewScenes(std::size_t scenes)
      : freedom_(static_cast<double>(scenes) - 1), stretch_(std::sqrt((freedom_ + 1) / freedom_)) {}
  // The share of draws that stands for a tail of the interval.
  [[nodiscard]] double tail(double wanted) const {
    return normal_cdf(stretch_ * student_quantile(wanted, freedom_));
  }
  [[nodiscard]] double p(double share) const {
    return student_cdf(normal_quantile(share) / stretch_, freedom_);
  }
  [[nodiscard]] double error(double deviation) const { return deviation * stretch_; }
  // Half of the interval by Student's distribution alone: for so few scenes that the draws repeat
  // themselves.
  [[nodiscard]] double half(double tail, double deviation) const {
    return -student_quantile(tail, freedom_) * error(deviation);
  }

 private:
  double freedom_;
  double stretch_;
};

constexpr std::size_t kRepeating = 10;  // scenes

std::pair<double, double> interval_of(const std::vector<double>& sorted, double value,
                                      double deviation, std::size_t scenes, double confidence) {
  const FewScenes few(scenes);
  const double tail = (1 - confidence) / 2;
  double low = quantile(sorted, few.tail(tail));
  double high = quantile(sorted, 1 - few.tail(tail));
  if (scenes < kRepeating) {
    low = std::min(low, value - few.half(tail, deviation));
    high = std::max(high, value + few.half(tail, deviation));
  }
  return {low, high};
}

double deviation_of(const std::vector<double>& values) {
  const double count = static_cast<double>(values.size());
  const double mean = std::accumulate(values.begin(), values.end(), 0.0) / std::max(1.0, count);
  double square = 0;
  for (const double v : values) {
    square += (v - mean) * (v - mean);
  }
  return std::sqrt(square / std::max(1.0, count - 1));
}

}  // namespace

Difference paired_bootstrap(const SceneMetric& first, const SceneMetric& second,
                            const BootstrapOptions& options) {
  const double sign = first.lower_is_better ? -1 : 1;
  Difference result{.first = first.value({}), .second = second.value({})};
  result.gain = sign * (result.second - result.first);
  result.truth_count = first.truth_count();
  result.scene_count = counted_scenes(first);
  if (result.first < 0 || result.second < 0) {
    return result;
  }
  if (result.scene_count < 2) {  // one scene says nothing of others
    result.low = -1;
    result.high = 1;
    return result;
  }
  const auto values =
      draws(first.truths.size(), options, [&](std::span<const std::uint32_t> weights) {
        const double a = first.value(weights);
        const double b = second.value(weights);
        return a < 0 || b < 0 ? std::nan("") : sign * (b - a);
      });
  if (values.empty()) {
    result.low = -1;
    result.high = 1;
    return result;
  }
  const FewScenes few(result.scene_count);
  const double deviation = deviation_of(values);
  std::tie(result.low, result.high) =
      interval_of(values, result.gain, deviation, result.scene_count, options.confidence);
  const auto share = [&](auto at_least) {
    const auto n = std::count_if(values.begin(), values.end(), at_least);
    return static_cast<double>(1 + n) / static_cast<double>(2 + values.size());
  };
  result.error = few.error(deviation);
  result.p_loss = few.p(share([](double v) { return v >= 0; }));
  result.p_gain = few.p(share([](double v) { return v <= 0; }));
  return result;
}

std::pair<double, double> interval(const SceneMetric& metric, const BootstrapOptions& options) {
  constexpr std::pair<double, double> kUndefined = {-1, -1};
  const auto anything = std::isinf(metric.most) ? kUndefined : std::pair{0.0, metric.most};
  const double value = metric.value({});
  if (value < 0) {
    return kUndefined;
  }
  const auto scenes = counted_scenes(metric);
  if (scenes < 2) {
    return anything;
  }
  const auto values =
      draws(metric.truths.size(), options, [&](std::span<const std::uint32_t> weights) {
        const double v = metric.value(weights);
        return v < 0 ? std::nan("") : v;
      });
  if (values.empty()) {
    return anything;
  }
  const auto [low, high] =
      interval_of(values, value, deviation_of(values), scenes, options.confidence);
  return {std::clamp(low, 0.0, metric.most), std::clamp(high, 0.0, metric.most)};
}

double more_scenes_factor(const Difference& difference, double wanted) {
  const double half = (difference.high - difference.low) / 2;
  return wanted <= 0 ? 1 : std::max(1.0, (half / wanted) * (half / wanted));
}

}  // namespace spotter::kernels
