#include "kernels/average_precision.h"

#include <algorithm>
#include <limits>

namespace spotter::kernels {
namespace {

constexpr int kRecalls = 101;

double recall_point(int r) {
  return r == kRecalls - 1 ? 1.0 : r * 0.01;
}

}  // namespace

void sort_by_score(PrecisionInput& input) {
  std::stable_sort(input.detections.begin(), input.detections.end(),
                   [](const ScoredHit& a, const ScoredHit& b) { return a.score > b.score; });
  // What comes after the last hit changes no precision at a hit, whatever the weights.
  while (!input.detections.empty() && !input.detections.back().hit) {
    input.detections.pop_back();
  }
}

double average_precision(const PrecisionInput& input, std::span<const std::uint32_t> weights) {
  const auto weight = [&](std::size_t scene) { return weights.empty() ? 1U : weights[scene]; };
  double truths = 0;
  for (std::size_t s = 0; s < input.truths.size(); ++s) {
    truths += weight(s) * input.truths[s];
  }
  if (truths == 0) {
    return -1;
  }
  // Recall and precision after each hit; only there can the precision have a maximum.
  thread_local std::vector<std::pair<double, double>> points;
  points.clear();
  double hits = 0;
  double all = 0;
  for (const auto& d : input.detections) {
    const double w = weight(d.scene);
    all += w;
    if (d.hit && w > 0) {
      hits += w;
      points.emplace_back(hits / truths, hits / (all + std::numeric_limits<double>::epsilon()));
    }
  }
  double ceiling = 0;
  for (auto it = points.rbegin(); it != points.rend(); ++it) {
    ceiling = std::max(ceiling, it->second);
    it->second = ceiling;
  }
  double sum = 0;
  std::size_t at = 0;
  for (int r = 0; r < kRecalls; ++r) {
    while (at < points.size() && points[at].first < recall_point(r)) {
      ++at;
    }
    if (at == points.size()) {
      break;
    }
    sum += points[at].second;
  }
  return sum / kRecalls;
}

double mean_average_precision(std::span<const PrecisionInput> classes,
                              std::span<const std::uint32_t> weights) {
  double sum = 0;
  int count = 0;
  for (const auto& input : classes) {
    const double value = average_precision(input, weights);
    if (value >= 0) {
      sum += value;
      ++count;
    }
  }
  return count == 0 ? -1 : sum / count;
}

std::vector<std::uint32_t> draw_scenes(std::size_t scene_count, Rng& rng) {
  std::vector<std::uint32_t> weights(scene_count);
  for (std::size_t i = 0; i < scene_count; ++i) {
    ++weights[rng.index(scene_count)];
  }
  return weights;
}

}  // namespace spotter::kernels
