#include "kernels/channel_fusion.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "kernels/distributions.h"

namespace spotter::kernels {
namespace {

constexpr int kIterationsMax = 50;
constexpr int kHalvingsMax = 20;
constexpr double kTolerance = 1e-10;
constexpr double kTop = 1.0 / 32;  // share of a channel's findings that are its strongest

double logit(double p) {
  const double inside = std::clamp(p, 1e-4, 1 - 1e-4);
  return std::log(inside / (1 - inside));
}

double sigmoid(double x) {
  return 1 / (1 + std::exp(-x));
}

// How often the findings that are left were halved, counted from the middle: −1 for the weakest, 0
// in the middle, 1 at the best quarter, 4 for all of the best 32nd.
double height_of(double rank) {
  return std::log2(0.5 / std::max(1 - rank, kTop));
}

// A non-zero of an item's row: position of the weight and the value that it is multiplied with.
struct Entry {
  std::size_t at;
  double value;
};

// What a vote adds, with the groups of the channels; the weights are in the order of
// ChannelFusion::weights_.
std::array<Entry, 3> entries_of(const Vote& vote, std::span<const std::uint32_t> group) {
  const std::size_t channel = vote.channel;
  return {{{1 + 2 * channel, vote.weight},
           {2 + 2 * channel, vote.weight * height_of(vote.rank)},
           {1 + 2 * group.size() + group[channel], vote.weight}}};
}

std::vector<Entry> row_of(std::span<const Vote> votes, std::span<const std::uint32_t> group) {
  std::vector<Entry> row = {{0, 1.0}};
  for (const auto& vote : votes) {
    const auto entries = entries_of(vote, group);
    row.insert(row.end(), entries.begin(), entries.end());
  }
  return row;
}

double dot(std::span<const Entry> row, std::span<const double> weights) {
  double sum = 0;
  for (const auto& entry : row) {
    sum += entry.value * weights[entry.at];
  }
  return sum;
}

// Solves matrix × x = right for a symmetric positive definite matrix (Cholesky), in place.
void solve(std::vector<double>& matrix, std::vector<double>& right) {
  const std::size_t n = right.size();
  for (std::size_t j = 0; j < n; ++j) {
    for (std::size_t k = 0; k < j; ++k) {
      for (std::size_t i = j; i < n; ++i) {
        matrix[i * n + j] -= matrix[i * n + k] * matrix[j * n + k];
      }
    }
    const double pivot = std::sqrt(matrix[j * n + j]);
    for (std::size_t i = j; i < n; ++i) {
      matrix[i * n + j] /= pivot;
    }
  }
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t k = 0; k < i; ++k) {
      right[i] -= matrix[i * n + k] * right[k];
    }
    right[i] /= matrix[i * n + i];
  }
  for (std::size_t i = n; i-- > 0;) {
    for (std::size_t k = i + 1; k < n; ++k) {
      right[i] -= matrix[k * n + i] * right[k];
    }
    right[i] /= matrix[i * n + i];
  }
}

struct Prior {
  std::vector<double> mean;
  std::vector<double> variance;
};

struct Observed {
  std::vector<Entry> row;
  double worth;
};

// Negative log of the posterior, up to a constant.
double cost(std::span<const Observed> data, const Prior& prior, std::span<const double> weights) {
  double sum = 0;
  for (std::size_t i = 0; i < weights.size(); ++i) {
    const double off = weights[i] - prior.mean[i];
    sum += off * off / (2 * prior.variance[i]);
  }
  for (const auto& item : data) {
    const double x = dot(item.row, weights);
    sum += std::max(x, 0.0) + std::log1p(std::exp(-std::abs(x))) - item.worth * x;
  }
  return sum;
}

// The step of Newton's method, to be subtracted from the weights.
std::vector<double> newton_step(std::span<const Observed> data, const Prior& prior,
                                std::span<const double> weights) {
  const std::size_t n = weights.size();
  std::vector<double> gradient(n);
  std::vector<double> hessian(n * n);
  for (std::size_t i = 0; i < n; ++i) {
    gradient[i] = (weights[i] - prior.mean[i]) / prior.variance[i];
    hessian[i * n + i] = 1 / prior.variance[i];
  }
  for (const auto& item : data) {
    const double p = sigmoid(dot(item.row, weights));
    for (const auto& a : item.row) {
      gradient[a.at] += (p - item.worth) * a.value;
      for (const auto& b : item.row) {
        hessian[a.at * n + b.at] += p * (1 - p) * a.value * b.value;
      }
    }
  }
  solve(hessian, gradient);
  return gradient;
}

}  // namespace

ChannelFusion::ChannelFusion(std::span<const ChannelPrior> channels,
                             std::span<const JudgedVotes> judged, const FusionOptions& options) {
  Prior prior{{logit(options.base)}, {options.base_variance}};
  std::size_t groups = 0;
  for (const auto& channel : channels) {
    prior.mean.push_back(logit(channel.precision) - logit(options.base));
    prior.variance.push_back(options.channel_variance);
    prior.mean.push_back(options.slope);
    prior.variance.push_back(options.slope_variance);
    group_.push_back(channel.group);
    groups = std::max<std::size_t>(groups, channel.group + 1);
  }
  prior.mean.resize(prior.mean.size() + groups, 0.0);
  prior.variance.resize(prior.mean.size(), options.group_variance);
  weights_ = prior.mean;
  std::vector<Observed> data;
  for (const auto& item : judged) {
    data.push_back({row_of(item.votes, group_), item.worth});
  }
  double now = cost(data, prior, weights_);
  for (int iteration = 0; !data.empty() && iteration < kIterationsMax; ++iteration) {
    const auto step = newton_step(data, prior, weights_);
    double length = 1;
    const double before = now;
    for (int halving = 0; halving < kHalvingsMax; ++halving, length /= 2) {  // of a convex cost
      auto tried = weights_;
      for (std::size_t i = 0; i < tried.size(); ++i) {
        tried[i] -= length * step[i];
      }
      const double then = cost(data, prior, tried);
      if (then <= now) {
        weights_ = std::move(tried);
        now = then;
        break;
      }
    }
    if (before - now < kTolerance) {
      break;
    }
  }
}

double ChannelFusion::probability(std::span<const Vote> votes) const {
  return sigmoid(dot(row_of(votes, group_), weights_));
}

double ChannelFusion::contribution(const Vote& vote) const {
  return dot(entries_of(vote, group_), weights_);
}

double rank_in(std::span<const double> sorted, double score) {
  if (sorted.empty()) {
    return 0.5;
  }
  const auto [low, high] = std::equal_range(sorted.begin(), sorted.end(), score);
  const auto below = static_cast<double>(low - sorted.begin());
  const auto same = static_cast<double>(high - low);
  return (below + same / 2) / static_cast<double>(sorted.size());
}

Share wilson_interval(double hits, double count, double confidence) {
  if (count <= 0) {
    return {};
  }
  const double z = normal_quantile(0.5 + confidence / 2);
  const double share = hits / count;
  const double scale = 1 + z * z / count;
  const double middle = (share + z * z / (2 * count)) / scale;
  const double half =
      z * std::sqrt(share * (1 - share) / count + z * z / (4 * count * count)) / scale;
  return {std::max(0.0, middle - half), std::min(1.0, middle + half)};
}

}  // namespace spotter::kernels
