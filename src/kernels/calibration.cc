#include "kernels/calibration.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>

#include <fmt/format.h>

#include "base/error.h"

namespace spotter::kernels {
namespace {

constexpr double kProbabilityMin = 1e-12;  // keeps logarithms finite

struct Bin {
  double scores = 0;
  double right = 0;
  double count = 0;
  void add(double score, std::uint8_t is_right) {
    scores += score;
    right += is_right != 0 ? 1 : 0;
    count += 1;
  }
  [[nodiscard]] double gap() const { return std::abs(right - scores); }  // times the count
};

void check(Scored rows) {
  require(rows.scores.size() == rows.right.size(), "scores and outcomes are aligned");
  for (std::size_t i = 0; i < rows.scores.size(); ++i) {
    const bool inside = rows.scores[i] >= 0 && rows.scores[i] <= 1;  // NaN is not
    if (!inside) {
      fail(ErrorCode::kInvalid,
           fmt::format("row {}: the score {} is outside of 0 to 1", i, rows.scores[i]));
    }
  }
}

std::size_t bin_of(double value, std::size_t bins) {
  return std::min(static_cast<std::size_t>(value * static_cast<double>(bins)), bins - 1);
}

std::vector<std::size_t> by_score(std::span<const double> scores) {
  std::vector<std::size_t> order(scores.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return scores[a] < scores[b]; });
  return order;
}

double logit(double p) {
  p = std::clamp(p, kProbabilityMin, 1 - kProbabilityMin);
  return std::log(p) - std::log1p(-p);
}

// Minimises Σ −log softmax(z_i · b)[y_i] over b = 1 / T, given for b the first and second
// derivative.
template <typename Derivatives>
double newton_temperature(const Derivatives& derivatives) {
  constexpr double kLow = 1e-3;
  constexpr double kHigh = 1e3;
  double low = kLow;
  double high = kHigh;
  double b = 1;
  for (int step = 0; step < 100; ++step) {
    const auto [slope, curvature] = derivatives(b);
    (slope > 0 ? high : low) = b;
    double next = curvature > 0 ? b - slope / curvature : 0;
    const bool bracketed = next > low && next < high;
    if (!bracketed) {
      next = std::sqrt(low * high);  // Newton left the bracket: halve it
    }
    if (std::abs(next - b) <= 1e-12 * b) {
      break;
    }
    b = next;
  }
  return 1 / b;
}

}  // namespace

double ece_equal_width(Scored rows, std::size_t bins) {
  return detection_ece(rows, {}, 0, bins, 1);
}

double ece_equal_mass(Scored rows, std::size_t bins) {
  check(rows);
  const auto order = by_score(rows.scores);
  const std::size_t n = order.size();
  double sum = 0;
  for (std::size_t b = 0; b < bins; ++b) {
    Bin bin;
    for (std::size_t i = b * n / bins; i < (b + 1) * n / bins; ++i) {
      bin.add(rows.scores[order[i]], rows.right[order[i]]);
    }
    sum += bin.gap();
  }
  return n == 0 ? 0 : sum / static_cast<double>(n);
}

double detection_ece(Scored rows, std::span<const double> places, std::size_t columns,
                     std::size_t bins, std::size_t rows_min) {
  check(rows);
  require(places.size() == rows.scores.size() * columns, "places are aligned with scores");
  std::map<std::size_t, Bin> filled;  // few of the bins^(columns + 1) are
  for (std::size_t i = 0; i < rows.scores.size(); ++i) {
    std::size_t key = bin_of(rows.scores[i], bins);
    for (std::size_t c = 0; c < columns; ++c) {
      key = key * bins + bin_of(std::clamp(places[i * columns + c], 0.0, 1.0), bins);
    }
    filled[key].add(rows.scores[i], rows.right[i]);
  }
  double sum = 0;
  double count = 0;
  for (const auto& [key, bin] : filled) {
    if (bin.count >= static_cast<double>(rows_min)) {
      sum += bin.gap();
      count += bin.count;
    }
  }
  return count > 0 ? sum / count : 0;
}

double brier(Scored rows) {
  check(rows);
  double sum = 0;
  for (std::size_t i = 0; i < rows.scores.size(); ++i) {
    const double off = rows.scores[i] - (rows.right[i] != 0 ? 1 : 0);
    sum += off * off;
  }
  return rows.scores.empty() ? 0 : sum / static_cast<double>(rows.scores.size());
}

double overconfidence(Scored rows) {
  check(rows);
  Bin all;
  for (std::size_t i = 0; i < rows.scores.size(); ++i) {
    all.add(rows.scores[i], rows.right[i]);
  }
  return all.count > 0 ? (all.scores - all.right) / all.count : 0;
}

double fit_temperature(Scored rows) {
  check(rows);
  const auto right =
      std::count_if(rows.right.begin(), rows.right.end(), [](auto r) { return r != 0; });
  if (right == 0 || right == static_cast<std::ptrdiff_t>(rows.right.size())) {
    return 1;
  }
  std::vector<double> z(rows.scores.size());
  std::transform(rows.scores.begin(), rows.scores.end(), z.begin(), logit);
  return newton_temperature([&](double b) {
    double slope = 0;
    double curvature = 0;
    for (std::size_t i = 0; i < z.size(); ++i) {
      const double p = 1 / (1 + std::exp(-b * z[i]));
      slope += (p - (rows.right[i] != 0 ? 1 : 0)) * z[i];
      curvature += p * (1 - p) * z[i] * z[i];
    }
    return std::pair(slope, curvature);
  });
}

double fit_temperature(std::span<const double> probabilities, std::size_t classes,
                       std::span<const std::int64_t> truths) {
  require(probabilities.size() == truths.size() * classes,
          "probabilities are aligned with classes");
  std::vector<double> z(probabilities.size());
  std::transform(probabilities.begin(), probabilities.end(), z.begin(),
                 [](double p) { return std::log(std::max(p, kProbabilityMin)); });
  if (truths.empty()) {
    return 1;
  }
  return newton_temperature([&](double b) {
    double slope = 0;
    double curvature = 0;
    for (std::size_t i = 0; i < truths.size(); ++i) {
      const auto row = std::span(z).subspan(i * classes, classes);
      const double top = *std::max_element(row.begin(), row.end());
      double sum = 0;
      double mean = 0;
      double square = 0;
      for (const double v : row) {
        const double weight = std::exp(b * (v - top));
        sum += weight;
        mean += weight * v;
        square += weight * v * v;
      }
      mean /= sum;
      slope += mean - row[static_cast<std::size_t>(truths[i])];
      curvature += square / sum - mean * mean;
    }
    return std::pair(slope, curvature);
  });
}

double apply_temperature(double score, double temperature) {
  return 1 / (1 + std::exp(-logit(score) / temperature));
}

void pool_adjacent(std::vector<double>& values, std::span<const double> weights) {
  struct Block {
    double sum = 0;
    double weight = 0;
    std::size_t count = 0;
    [[nodiscard]] double mean() const { return sum / weight; }
  };
  std::vector<Block> blocks;
  for (std::size_t i = 0; i < values.size(); ++i) {
    blocks.push_back({values[i] * weights[i], weights[i], 1});
    while (blocks.size() > 1 && blocks[blocks.size() - 2].mean() >= blocks.back().mean()) {
      const Block last = blocks.back();
      blocks.pop_back();
      blocks.back().sum += last.sum;
      blocks.back().weight += last.weight;
      blocks.back().count += last.count;
    }
  }
  std::size_t at = 0;
  for (const auto& block : blocks) {
    std::fill_n(values.begin() + static_cast<std::ptrdiff_t>(at), block.count, block.mean());
    at += block.count;
  }
}

Isotonic fit_isotonic(Scored rows) {
  check(rows);
  Isotonic map;
  std::vector<double> weights;
  for (const auto i : by_score(rows.scores)) {  // equal scores share one value
    const double right = rows.right[i] != 0 ? 1 : 0;
    if (!map.from.empty() && map.from.back() == rows.scores[i]) {
      weights.back() += 1;
      map.value.back() += (right - map.value.back()) / weights.back();
    } else {
      map.from.push_back(rows.scores[i]);
      map.value.push_back(right);
      weights.push_back(1);
    }
  }
  pool_adjacent(map.value, weights);
  return map;
}

double Isotonic::operator()(double score) const {
  const auto next = std::upper_bound(from.begin(), from.end(), score);
  const auto at = next == from.begin() ? 0 : next - from.begin() - 1;
  return value.empty() ? score : value[static_cast<std::size_t>(at)];
}

}  // namespace spotter::kernels
