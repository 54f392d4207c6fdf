#include "kernels/rate_difference.h"

#include <algorithm>
#include <cmath>

#include "kernels/distributions.h"

namespace spotter::kernels {
namespace {

struct Totals {
  double first_failed = 0;
  double first_units = 0;
  double second_failed = 0;
  double second_units = 0;
};

Totals totals_of(std::span<const SceneRates> scenes) {
  Totals t;
  for (const auto& s : scenes) {
    t.first_failed += s.first_failed;
    t.first_units += s.first_units;
    t.second_failed += s.second_failed;
    t.second_units += s.second_units;
  }
  return t;
}

double share(double failed, double units) {
  return units > 0 ? failed / units : 0;
}

// Of a share estimated from so many scenes, when they all agree.
double least_variance(double rate, double scenes) {
  const double smoothed = (rate * scenes + 2) / (scenes + 4);
  return smoothed * (1 - smoothed) / (scenes + 4);
}

double between_scenes(std::span<const SceneRates> scenes, const Totals& t) {
  const double first = share(t.first_failed, t.first_units);
  const double second = share(t.second_failed, t.second_units);
  double sum = 0;
  for (const auto& s : scenes) {
    const double a =
        t.first_units > 0 ? (s.first_failed - first * s.first_units) / t.first_units : 0;
    const double b =
        t.second_units > 0 ? (s.second_failed - second * s.second_units) / t.second_units : 0;
    sum += (b - a) * (b - a);
  }
  const auto n = static_cast<double>(scenes.size());
  return n / (n - 1) * sum;
}

}  // namespace

RateDifference rate_difference(std::span<const SceneRates> scenes, double confidence) {
  const auto t = totals_of(scenes);
  RateDifference d{.first = share(t.first_failed, t.first_units),
                   .second = share(t.second_failed, t.second_units)};
  d.scene_count = scenes.size();
  if (scenes.size() < 2 || t.first_units <= 0 || t.second_units <= 0) {
    return d;
  }
  const auto n = static_cast<double>(scenes.size());
  // Of the two, the surer share alone: both models saw the same scenes.
  const double least = std::max(least_variance(d.first, n), least_variance(d.second, n));
  const double error = std::sqrt(std::max(between_scenes(scenes, t), least));
  const double gap = d.second - d.first;
  const double half = student_quantile(0.5 + confidence / 2, n - 1) * error;
  d.low = std::max(-1.0, gap - half);
  d.high = std::min(1.0, gap + half);
  d.p_rise = 1 - student_cdf(gap / error, n - 1);
  d.p_fall = student_cdf(gap / error, n - 1);
  return d;
}

RateInterval rate_interval(std::span<const SceneRates> scenes, double confidence) {
  const auto t = totals_of(scenes);
  RateInterval r{.rate = share(t.first_failed, t.first_units)};
  if (scenes.size() < 2 || t.first_units <= 0) {
    return r;
  }
  const auto n = static_cast<double>(scenes.size());
  const double error = std::sqrt(std::max(between_scenes(scenes, t), least_variance(r.rate, n)));
  const double half = student_quantile(0.5 + confidence / 2, n - 1) * error;
  r.low = std::max(0.0, r.rate - half);
  r.high = std::min(1.0, r.rate + half);
  return r;
}

}  // namespace spotter::kernels
