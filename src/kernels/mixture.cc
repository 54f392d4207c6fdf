#include "kernels/mixture.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <numeric>

#include "base/error.h"
#include "base/parallel.h"
#include "base/random.h"

namespace spotter::kernels {
namespace {

constexpr int kSubspaceRounds = 30;
constexpr int kMeansRounds = 10;
constexpr double kVarianceMin = 1e-6;  // of the rows' mean variance, so that no component collapses
constexpr double kStandsStill = 1e-6;  // relative gain of the likelihood that ends EM
constexpr std::size_t kRowsPerComponent = 10;
constexpr std::size_t kGrain = 256;

// Makes the rows of `axes` orthonormal (Gram and Schmidt); a row that is nothing becomes zero.
void orthonormalise(std::vector<double>& axes, std::size_t dimensions) {
  const std::size_t count = axes.size() / dimensions;
  for (std::size_t a = 0; a < count; ++a) {
    const auto row = std::span(axes).subspan(a * dimensions, dimensions);
    for (std::size_t b = 0; b < a; ++b) {
      const auto other = std::span(axes).subspan(b * dimensions, dimensions);
      const double along = std::inner_product(row.begin(), row.end(), other.begin(), 0.0);
      for (std::size_t d = 0; d < dimensions; ++d) {
        row[d] -= along * other[d];
      }
    }
    const double length = std::sqrt(std::inner_product(row.begin(), row.end(), row.begin(), 0.0));
    for (double& value : row) {
      value = length > 1e-12 ? value / length : 0;
    }
  }
}

std::vector<double> covariance(const Vectors& rows, const std::vector<double>& mean) {
  const std::size_t d = rows.dimensions;
  std::vector<double> result(d * d);
  parallel_for(d, 8, [&](std::size_t begin, std::size_t end) {
    for (std::size_t r = 0; r < rows.count(); ++r) {
      const auto row = rows.row(r);
      for (std::size_t i = begin; i < end; ++i) {
        const double left = static_cast<double>(row[i]) - mean[i];
        for (std::size_t j = 0; j < d; ++j) {
          result[i * d + j] += left * (static_cast<double>(row[j]) - mean[j]);
        }
      }
    }
  });
  for (double& value : result) {
    value /= static_cast<double>(rows.count());
  }
  return result;
}

double squared_distance_to(std::span<const float> row, std::span<const double> centre) {
  double sum = 0;
  for (std::size_t d = 0; d < row.size(); ++d) {
    const double difference = static_cast<double>(row[d]) - centre[d];
    sum += difference * difference;
  }
  return sum;
}

// Centres by k-means++ and Lloyd.
std::vector<double> first_means(const Vectors& rows, std::size_t components, Rng& rng) {
  const std::size_t d = rows.dimensions;
  std::vector<double> means;
  std::vector<double> nearest(rows.count(), std::numeric_limits<double>::infinity());
  std::size_t chosen = rng.index(rows.count());
  while (true) {
    const auto row = rows.row(chosen);
    means.insert(means.end(), row.begin(), row.end());
    if (means.size() == components * d) {
      break;
    }
    const auto centre = std::span<const double>(means).last(d);
    double total = 0;
    for (std::size_t r = 0; r < rows.count(); ++r) {
      nearest[r] = std::min(nearest[r], squared_distance_to(rows.row(r), centre));
      total += nearest[r];
    }
    double at = rng.uniform() * total;
    chosen = 0;
    while (chosen + 1 < rows.count() && (at -= nearest[chosen]) > 0) {
      ++chosen;
    }
  }
  for (int round = 0; round < kMeansRounds; ++round) {
    std::vector<double> sums(means.size());
    std::vector<double> counts(components);
    for (std::size_t r = 0; r < rows.count(); ++r) {
      std::size_t best = 0;
      double least = std::numeric_limits<double>::infinity();
      for (std::size_t k = 0; k < components; ++k) {
        const double distance =
            squared_distance_to(rows.row(r), std::span<const double>(means).subspan(k * d, d));
        if (distance < least) {
          least = distance;
          best = k;
        }
      }
      counts[best] += 1;
      for (std::size_t i = 0; i < d; ++i) {
        sums[best * d + i] += static_cast<double>(rows.row(r)[i]);
      }
    }
    for (std::size_t k = 0; k < components; ++k) {
      for (std::size_t i = 0; i < d && counts[k] > 0; ++i) {
        means[k * d + i] = sums[k * d + i] / counts[k];
      }
    }
  }
  return means;
}

// Log of weight × density of each component at a row.
void log_densities(const Mixture& m, std::span<const float> row, std::span<double> into) {
  for (std::size_t k = 0; k < m.weight.size(); ++k) {
    double sum = std::log(m.weight[k]);
    for (std::size_t d = 0; d < m.dimensions; ++d) {
      const double variance = m.variance[k * m.dimensions + d];
      const double difference = static_cast<double>(row[d]) - m.mean[k * m.dimensions + d];
      sum -= 0.5 * (std::log(2 * std::numbers::pi * variance) + difference * difference / variance);
    }
    into[k] = sum;
  }
}

// Turns logs into shares that add up to 1; returns the log of their sum.
double normalise(std::span<double> logs) {
  const double most = *std::max_element(logs.begin(), logs.end());
  double sum = 0;
  for (double& value : logs) {
    value = std::exp(value - most);
    sum += value;
  }
  for (double& value : logs) {
    value /= sum;
  }
  return most + std::log(sum);
}

class Fit {
 public:
  Fit(const Vectors& rows, std::span<const double> error, const MixtureOptions& options,
      std::size_t components)
      : rows_(rows), error_(error), options_(options), share_(rows.count() * components) {
    Rng rng(options.seed, "mixture");
    const std::size_t d = rows.dimensions;
    mixture_.dimensions = d;
    mixture_.weight.assign(components, 1.0 / static_cast<double>(components));
    mixture_.mean = first_means(rows, components, rng);
    mixture_.error.assign(components, std::accumulate(error.begin(), error.end(), 0.0) /
                                          static_cast<double>(error.size()));
    double spread = 0;
    std::vector<double> centre(d);
    for (std::size_t r = 0; r < rows.count(); ++r) {
      for (std::size_t i = 0; i < d; ++i) {
        centre[i] += static_cast<double>(rows.row(r)[i]) / static_cast<double>(rows.count());
      }
    }
    for (std::size_t r = 0; r < rows.count(); ++r) {
      spread += squared_distance_to(rows.row(r), centre) / static_cast<double>(rows.count() * d);
    }
    floor_ = std::max(spread * kVarianceMin, 1e-12);
    mixture_.variance.assign(components * d, std::max(spread, floor_));
  }

  Mixture run() {
    double before = -std::numeric_limits<double>::infinity();
    for (int i = 0; i < options_.iterations; ++i) {
      mixture_.log_likelihood = expect();
      if (mixture_.log_likelihood - before < kStandsStill * std::abs(mixture_.log_likelihood)) {
        break;
      }
      before = mixture_.log_likelihood;
      maximise();
    }
    return std::move(mixture_);
  }

 private:
  double expect() {
    const std::size_t k = mixture_.weight.size();
    std::vector<double> likelihood(rows_.count());
    parallel_for(rows_.count(), kGrain, [&](std::size_t begin, std::size_t end) {
      for (std::size_t r = begin; r < end; ++r) {
        const auto share = std::span(share_).subspan(r * k, k);
        log_densities(mixture_, rows_.row(r), share);
        for (std::size_t c = 0; c < k; ++c) {
          share[c] += options_.error_weight * (error_[r] * std::log(mixture_.error[c]) +
                                               (1 - error_[r]) * std::log(1 - mixture_.error[c]));
        }
        likelihood[r] = normalise(share);
      }
    });
    return std::accumulate(likelihood.begin(), likelihood.end(), 0.0);
  }

  void maximise() {
    const std::size_t k = mixture_.weight.size();
    parallel_for(k, 1, [&](std::size_t begin, std::size_t end) {
      for (std::size_t c = begin; c < end; ++c) {
        update(c, k);
      }
    });
  }

  void update(std::size_t c, std::size_t k) {
    const std::size_t d = mixture_.dimensions;
    double total = 1e-9;
    double wrong = 0;
    std::vector<double> mean(d);
    std::vector<double> square(d);
    for (std::size_t r = 0; r < rows_.count(); ++r) {
      const double share = share_[r * k + c];
      total += share;
      wrong += share * error_[r];
      for (std::size_t i = 0; i < d; ++i) {
        mean[i] += share * static_cast<double>(rows_.row(r)[i]);
      }
    }
    for (double& value : mean) {
      value /= total;
    }
    for (std::size_t r = 0; r < rows_.count(); ++r) {
      const double share = share_[r * k + c];
      for (std::size_t i = 0; i < d; ++i) {
        const double difference = static_cast<double>(rows_.row(r)[i]) - mean[i];
        square[i] += share * difference * difference;
      }
    }
    for (std::size_t i = 0; i < d; ++i) {
      mixture_.mean[c * d + i] = mean[i];
      mixture_.variance[c * d + i] = std::max(square[i] / total, floor_);
    }
    mixture_.weight[c] = total / static_cast<double>(rows_.count());
    mixture_.error[c] = std::clamp((wrong + 0.5) / (total + 1), 1e-6, 1 - 1e-6);
  }

  const Vectors& rows_;
  std::span<const double> error_;
  const MixtureOptions& options_;
  Mixture mixture_;
  std::vector<double> share_;  // rows × components
  double floor_ = 0;
};

}  // namespace

std::vector<float> Projection::apply(const Vectors& rows) const {
  std::vector<float> result(rows.count() * count());
  parallel_for(rows.count(), kGrain, [&](std::size_t begin, std::size_t end) {
    for (std::size_t r = begin; r < end; ++r) {
      for (std::size_t a = 0; a < count(); ++a) {
        double sum = 0;
        for (std::size_t d = 0; d < dimensions; ++d) {
          sum += (static_cast<double>(rows.row(r)[d]) - mean[d]) * axes[a * dimensions + d];
        }
        result[r * count() + a] = static_cast<float>(sum);
      }
    }
  });
  return result;
}

Projection principal_components(const Vectors& rows, std::size_t count) {
  const std::size_t d = rows.dimensions;
  Projection result{.dimensions = d};
  count = std::min({count, d, rows.count()});
  if (count == 0) {
    return result;
  }
  result.mean.resize(d);
  for (std::size_t r = 0; r < rows.count(); ++r) {
    for (std::size_t i = 0; i < d; ++i) {
      result.mean[i] += static_cast<double>(rows.row(r)[i]) / static_cast<double>(rows.count());
    }
  }
  const auto spread = covariance(rows, result.mean);
  Rng rng(1, "principal components");
  result.axes.resize(count * d);
  for (double& value : result.axes) {
    value = rng.normal();
  }
  orthonormalise(result.axes, d);
  for (int round = 0; round < kSubspaceRounds; ++round) {
    std::vector<double> next(count * d);
    for (std::size_t a = 0; a < count; ++a) {
      for (std::size_t i = 0; i < d; ++i) {
        next[a * d + i] =
            std::inner_product(result.axes.begin() + static_cast<std::ptrdiff_t>(a * d),
                               result.axes.begin() + static_cast<std::ptrdiff_t>((a + 1) * d),
                               spread.begin() + static_cast<std::ptrdiff_t>(i * d), 0.0);
      }
    }
    result.axes = std::move(next);
    orthonormalise(result.axes, d);
  }
  return result;
}

std::vector<std::uint32_t> Mixture::assign(const Vectors& rows) const {
  std::vector<std::uint32_t> result(rows.count());
  parallel_for(rows.count(), kGrain, [&](std::size_t begin, std::size_t end) {
    std::vector<double> logs(weight.size());
    for (std::size_t r = begin; r < end; ++r) {
      log_densities(*this, rows.row(r), logs);
      result[r] =
          static_cast<std::uint32_t>(std::max_element(logs.begin(), logs.end()) - logs.begin());
    }
  });
  return result;
}

Mixture fit_mixture(const Vectors& rows, std::span<const double> error,
                    const MixtureOptions& options) {
  require(error.size() == rows.count(), "fit_mixture: one share of errors a row");
  const std::size_t components = std::min(options.components, rows.count() / kRowsPerComponent);
  if (components == 0 || rows.dimensions == 0) {
    return {};
  }
  return Fit(rows, error, options, components).run();
}

}  // namespace spotter::kernels
