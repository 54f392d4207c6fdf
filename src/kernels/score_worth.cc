#include "kernels/score_worth.h"

#include <algorithm>

#include "kernels/calibration.h"

namespace spotter::kernels {
namespace {

constexpr std::size_t kFew = 50;  // below this a class cannot be judged alone
constexpr std::size_t kHitsABin = 10;
constexpr std::size_t kBinsMax = 20;

}  // namespace

ShareBelow::ShareBelow(std::span<const std::int32_t> category, std::span<const double> values,
                       std::size_t classes)
    : sorted_(classes + 1) {
  for (std::size_t i = 0; i < values.size(); ++i) {
    sorted_[static_cast<std::size_t>(category[i])].push_back(values[i]);
    sorted_.back().push_back(values[i]);
  }
  for (auto& list : sorted_) {
    std::sort(list.begin(), list.end());
  }
}

const std::vector<double>& ShareBelow::of(std::int32_t category) const {
  const auto& own = sorted_[static_cast<std::size_t>(category)];
  return own.size() < kFew ? sorted_.back() : own;
}

double ShareBelow::operator()(std::int32_t category, double value) const {
  const auto& list = of(category);
  const auto below = std::upper_bound(list.begin(), list.end(), value) - list.begin();
  return list.empty() ? 1 : static_cast<double>(below) / static_cast<double>(list.size());
}

ScoreWorth::ScoreWorth(std::span<const Row> rows, std::size_t classes) : curves_(classes + 1) {
  std::vector<std::vector<double>> hits(classes + 1);
  std::vector<std::vector<double>> misses(classes + 1);
  for (const auto& row : rows) {
    auto& kind = row.hit ? hits : misses;
    kind[static_cast<std::size_t>(row.category)].push_back(row.score);
    kind.back().push_back(row.score);
  }
  for (std::size_t k = 0; k <= classes; ++k) {
    if (k == classes || hits[k].size() >= kFew) {
      curves_[k] = fit(std::move(hits[k]), std::move(misses[k]));
    }
  }
}

ScoreWorth::Curve ScoreWorth::fit(std::vector<double> hits, std::vector<double> misses) {
  std::sort(hits.begin(), hits.end());
  std::sort(misses.begin(), misses.end());
  Curve curve;
  std::vector<double> weights;
  const std::size_t bins = std::clamp<std::size_t>(hits.size() / kHitsABin, 1, kBinsMax);
  const auto lower =
      hits.empty() ? misses.end() : std::lower_bound(misses.begin(), misses.end(), hits.front());
  if (lower != misses.begin()) {  // below the lowest hit nothing is right
    weights.push_back(static_cast<double>(lower - misses.begin()));
    curve.score.push_back(misses[static_cast<std::size_t>(lower - misses.begin() - 1)]);
    curve.right.push_back(0);
  }
  for (std::size_t b = 0; b < bins && !hits.empty(); ++b) {
    const std::size_t begin = b * hits.size() / bins;
    const std::size_t end = (b + 1) * hits.size() / bins;
    const auto from = std::lower_bound(misses.begin(), misses.end(), hits[begin]);
    const auto to =
        b + 1 == bins ? misses.end() : std::lower_bound(misses.begin(), misses.end(), hits[end]);
    const auto right = static_cast<double>(end - begin);
    weights.push_back(right + static_cast<double>(std::max<std::ptrdiff_t>(to - from, 0)));
    curve.score.push_back(hits[(begin + end) / 2]);
    curve.right.push_back(right / weights.back());
  }
  pool_adjacent(curve.right, weights);
  return curve;
}

double ScoreWorth::operator()(std::int32_t category, double score) const {
  const auto& own = curves_[static_cast<std::size_t>(category)];
  const auto& curve = own.score.empty() ? curves_.back() : own;
  const auto next = std::upper_bound(curve.score.begin(), curve.score.end(), score);
  if (next == curve.score.end()) {
    return curve.right.empty() ? 0 : curve.right.back();
  }
  const auto at = static_cast<std::size_t>(next - curve.score.begin());
  const double low = at == 0 ? 0 : curve.score[at - 1];
  const double below = at == 0 ? 0 : curve.right[at - 1];
  return below + (curve.right[at] - below) * (score - low) / (curve.score[at] - low);
}

}  // namespace spotter::kernels
