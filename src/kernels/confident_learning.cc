#include "kernels/confident_learning.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstring>
#include <limits>
#include <numeric>
#include <utility>

#include <fmt/format.h>

#include "base/error.h"
#include "base/parallel.h"
#include "kernels/confident_joint.h"
#include "kernels/pairwise_sum.h"
#include "kernels/rows_by.h"

namespace spotter::kernels {
namespace {

constexpr std::size_t kRowsAChunk = 4096;
constexpr double kThresholdMin = 2e-6;
constexpr double kTolerance = 1e-6;  // of comparisons between probabilities

template <typename Real>
struct Lanes {
  static constexpr std::size_t kCount = 16 / sizeof(Real);
  typedef Real Vector __attribute__((vector_size(16)));
};
template <typename Real>
using Vector = Lanes<Real>::Vector;

template <typename Real>
inline Vector<Real> load(const Real* from) {
  Vector<Real> v;
  std::memcpy(&v, from, sizeof v);
  return v;
}

[[noreturn]] void refuse_value(std::size_t row, std::size_t column, double value) {
  if (!std::isfinite(value)) {
    fail(ErrorCode::kInvalid,
         fmt::format("row {}: the probability of class {} is no finite number", row, column));
  }
  fail(ErrorCode::kInvalid,
       fmt::format("row {}: the probability of class {} is {}, outside of 0 to 1", row, column,
                   value));
}

// Whether all values are within [0, 1] and the slack; NaN is not.
template <typename Real>
bool within(std::span<const Real> values) {
  const Real low = static_cast<Real>(0 - kProbabilitySlack);
  const Real high = static_cast<Real>(1 + kProbabilitySlack);
  using Wide = Vector<Real>;
  constexpr std::size_t kLanes = Lanes<Real>::kCount;
  auto good = (Wide{} == Wide{});
  std::size_t i = 0;
  for (; i + kLanes <= values.size(); i += kLanes) {
    const auto v = load(values.data() + i);
    good &= (v >= low) & (v <= high);
  }
  bool all = true;
  for (std::size_t lane = 0; lane < kLanes; ++lane) {
    all = all && good[lane] != 0;
  }
  for (; i < values.size(); ++i) {
    all = all && values[i] >= low && values[i] <= high;
  }
  return all;
}

template <typename Real>
void refuse_first_bad(Probabilities<Real> p, std::size_t begin, std::size_t end) {
  for (std::size_t i = begin; i < end; ++i) {
    for (std::size_t k = 0; k < p.classes; ++k) {
      const std::span<const Real> one(&p.row(i)[k], 1);
      if (!within(one)) {
        refuse_value(i, k, static_cast<double>(one[0]));
      }
    }
  }
}

void check_labels(std::span<const std::int64_t> labels, std::size_t classes) {
  for (std::size_t i = 0; i < labels.size(); ++i) {
    if (labels[i] < 0 || labels[i] >= static_cast<std::int64_t>(classes)) {
      fail(ErrorCode::kInvalid,
           fmt::format("row {}: the label {} is no class from 0 to {}", i, labels[i], classes - 1));
    }
  }
}

// For each other class j the `wanted[j]` rows with the greatest p_j − p_k, from one walk through
// the rows of class k. What may still be among the greatest of class j is above `bar_[j]`.
template <typename Real>
class GreatestMargins {
 public:
  struct Margin {
    Real value = 0;
    std::uint32_t row = 0;
    bool operator<(const Margin& other) const {  // greatest first, then the lower row
      return value != other.value ? value > other.value : row < other.row;
    }
  };

  explicit GreatestMargins(std::vector<std::size_t> wanted)
      : wanted_(std::move(wanted)),
        bar_((wanted_.size() + kLanes - 1) / kLanes * kLanes, kInfinity),
        best_(wanted_.size()) {
    for (std::size_t j = 0; j < wanted_.size(); ++j) {
      bar_[j] = wanted_[j] > 0 ? -kInfinity : kInfinity;
    }
  }

  // row: the probabilities of row i; own: that of its given class.
  void offer(const Real* row, Real own, std::uint32_t i) {
    for (std::size_t j = 0; j < wanted_.size(); j += kLanes) {
      const Real* at = row + j;
      if (j + kLanes > wanted_.size()) {
        std::copy(at, row + wanted_.size(), last_.begin());
        at = last_.data();
      }
      const auto above = (load(at) - own) > load(bar_.data() + j);
      std::array<std::uint64_t, 2> bits{};
      static_assert(sizeof above == sizeof bits);
      std::memcpy(bits.data(), &above, sizeof bits);
      if ((bits[0] | bits[1]) != 0) {
        for (std::size_t lane = 0; lane < kLanes; ++lane) {
          if (above[lane] != 0) {
            take(j + lane, {at[lane] - own, i});
          }
        }
      }
    }
  }

  // The rows of class j, in no order.
  const std::vector<Margin>& of(std::size_t j) {
    keep_wanted(j);
    return best_[j];
  }

 private:
  static constexpr std::size_t kLanes = Lanes<Real>::kCount;
  static constexpr Real kInfinity = std::numeric_limits<Real>::infinity();

  void take(std::size_t j, Margin margin) {
    best_[j].push_back(margin);
    if (best_[j].size() >= 2 * wanted_[j] + 16) {
      keep_wanted(j);
      bar_[j] = std::max_element(best_[j].begin(), best_[j].end())->value;
    }
  }
  void keep_wanted(std::size_t j) {
    if (best_[j].size() > wanted_[j]) {
      std::nth_element(best_[j].begin(),
                       best_[j].begin() + static_cast<std::ptrdiff_t>(wanted_[j]) - 1,
                       best_[j].end());
      best_[j].resize(wanted_[j]);
    }
  }

  std::vector<std::size_t> wanted_;
  std::vector<Real> bar_;  // filled up to whole lanes with what nothing reaches
  std::vector<std::vector<Margin>> best_;
  std::array<Real, kLanes> last_{};  // the end of a row, filled up to whole lanes
};

// The work of one call. Comparisons are made in the type of the input, as the reference makes them.
template <typename Real>
class Search {
 public:
  Search(std::span<const std::int64_t> labels, Probabilities<Real> p)
      : labels_(labels), p_(p), classes_(p.classes), by_(labels, p.classes) {}

  LabelErrors<Real> run(LabelFilter filter) {
    measure_self_confidence();
    find_thresholds();
    guess();
    count_joint();
    errors_.assign(labels_.size(), 0);
    select(filter);
    LabelErrors<Real> result;
    for (std::size_t i = 0; i < errors_.size(); ++i) {
      if (errors_[i] != 0) {
        result.rows.push_back(i);
      }
    }
    std::stable_sort(result.rows.begin(), result.rows.end(),
                     [&](std::size_t a, std::size_t b) { return self_[a] < self_[b]; });
    result.scores = std::move(self_);
    result.joint = std::move(joint_);
    return result;
  }

 private:
  static constexpr std::int32_t kUnsure = -1;

  [[nodiscard]] std::size_t label(std::size_t i) const {
    return static_cast<std::size_t>(labels_[i]);
  }

  void measure_self_confidence() {
    self_.resize(labels_.size());
    std::atomic<std::size_t> bad = labels_.size();  // first row of the first bad chunk
    parallel_for(labels_.size(), kRowsAChunk, [&](std::size_t begin, std::size_t end) {
      if (!within(p_.values.subspan(begin * classes_, (end - begin) * classes_))) {
        std::size_t seen = bad;
        while (begin < seen && !bad.compare_exchange_weak(seen, begin)) {
        }
      }
      for (std::size_t i = begin; i < end; ++i) {
        self_[i] = p_.values[i * classes_ + label(i)];
      }
    });
    refuse_first_bad(p_, bad, labels_.size());
  }

  // The mean self-confidence of each class; a class without labels gets one that nobody reaches.
  void find_thresholds() {
    const bool absent = [&] {
      for (std::size_t k = 0; k < classes_; ++k) {
        if (by_.of(k).empty()) {
          return true;
        }
      }
      return false;
    }();
    cut_.resize(classes_);
    std::vector<Real> own;
    for (std::size_t k = 0; k < classes_; ++k) {
      const auto rows = by_.of(k);
      if (rows.empty()) {
        cut_[k] = 2;
        continue;
      }
      own.clear();
      for (const auto i : rows) {
        own.push_back(self_[i]);
      }
      const Real mean = static_cast<Real>(static_cast<double>(pairwise_sum<Real>(own)) /
                                          static_cast<double>(rows.size()));
      if (absent) {  // the reference's array of thresholds is float64 then
        const double cut = std::max(static_cast<double>(mean), kThresholdMin) - kTolerance;
        cut_[k] = static_cast<Real>(cut);
        if (static_cast<double>(cut_[k]) < cut) {
          cut_[k] = std::nextafter(cut_[k], Real{2});
        }
      } else {
        cut_[k] = std::max(mean, static_cast<Real>(kThresholdMin)) - static_cast<Real>(kTolerance);
      }
    }
  }

  // For each row the class that it confidently belongs to, and whether the most probable class is
  // the given one.
  void guess() {
    guess_.resize(labels_.size());
    agrees_.resize(labels_.size());
    parallel_for(labels_.size(), kRowsAChunk, [&](std::size_t begin, std::size_t end) {
      for (std::size_t i = begin; i < end; ++i) {
        guess_row(i);
      }
    });
  }

  void guess_row(std::size_t i) {
    const Real* row = p_.values.data() + i * classes_;
    constexpr std::size_t kLanes = Lanes<Real>::kCount;
    Vector<Real> top = Vector<Real>{} - 1;
    auto reached = (top > top);  // minus the number of classes over their threshold
    std::size_t k = 0;
    for (; k + kLanes <= classes_; k += kLanes) {
      const auto v = load(row + k);
      top = v > top ? v : top;
      reached += v >= load(cut_.data() + k);
    }
    Real best = -1;
    std::int64_t count = 0;
    for (std::size_t lane = 0; lane < kLanes; ++lane) {
      best = std::max(best, static_cast<Real>(top[lane]));
      count -= static_cast<std::int64_t>(reached[lane]);
    }
    for (; k < classes_; ++k) {
      best = std::max(best, row[k]);
      count += row[k] >= cut_[k] ? 1 : 0;
    }
    const Real own = self_[i] + static_cast<Real>(kTolerance);
    agrees_[i] =
        best < own ||
        (best == own && !std::any_of(row, row + label(i), [&](Real v) { return v == own; }));
    guess_[i] = kUnsure;
    if (count == 1) {
      std::size_t j = 0;
      while (row[j] < cut_[j]) {
        ++j;
      }
      guess_[i] = static_cast<std::int32_t>(j);
    } else if (count > 1) {
      guess_[i] = static_cast<std::int32_t>(std::find(row, row + classes_, best) - row);
    }
  }

  void count_joint() {
    joint_.assign(classes_ * classes_, 0);
    for (std::size_t i = 0; i < labels_.size(); ++i) {
      if (guess_[i] != kUnsure) {
        ++joint_[label(i) * classes_ + static_cast<std::size_t>(guess_[i])];
      }
    }
    for (std::size_t k = 0; k < classes_; ++k) {
      auto& own = joint_[k * classes_ + k];
      own = std::max<std::int64_t>(own, 1);
    }
  }

  void select(LabelFilter filter);
  void prune_by_noise_rate(const std::vector<std::int64_t>& counts);
  void prune_pairs_of(std::size_t k, const std::vector<std::int64_t>& counts);
  void prune_by_class(const std::vector<std::int64_t>& counts);
  void take_lowest(const std::vector<Real>& scores);
  [[nodiscard]] std::vector<Real> normalised_margins() const;

  std::span<const std::int64_t> labels_;
  Probabilities<Real> p_;
  std::size_t classes_;
  RowsBy by_;
  std::vector<Real> self_;
  std::vector<Real> cut_;            // K: confident from this probability on
  std::vector<std::int32_t> guess_;  // N: a class or kUnsure
  std::vector<std::uint8_t> agrees_;
  std::vector<std::int64_t> joint_;
  std::vector<std::uint8_t> errors_;
};

template <typename Real>
void Search<Real>::prune_by_noise_rate(const std::vector<std::int64_t>& counts) {
  parallel_for(classes_, 1, [&](std::size_t begin, std::size_t end) {
    for (std::size_t k = begin; k < end; ++k) {
      if (by_.of(k).size() > 1) {
        prune_pairs_of(k, counts);
      }
    }
  });
}

// Of the rows labelled k, for each other class j the counts[j, k] with the greatest p_j − p_k.
template <typename Real>
void Search<Real>::prune_pairs_of(std::size_t k, const std::vector<std::int64_t>& counts) {
  std::vector<std::size_t> wanted(classes_, 0);
  for (std::size_t j = 0; j < classes_; ++j) {
    wanted[j] = j == k ? 0 : static_cast<std::size_t>(counts[j * classes_ + k]);
  }
  GreatestMargins<Real> greatest(std::move(wanted));
  for (const auto i : by_.of(k)) {
    const Real* row = p_.values.data() + i * classes_;
    greatest.offer(row, row[k], i);
  }
  for (std::size_t j = 0; j < classes_; ++j) {
    for (const auto& margin : greatest.of(j)) {
      errors_[margin.row] = 1;
    }
  }
}

template <typename Real>
void Search<Real>::prune_by_class(const std::vector<std::int64_t>& counts) {
  for (std::size_t k = 0; k < classes_; ++k) {
    const auto rows = by_.of(k);
    const auto wrong = static_cast<std::int64_t>(rows.size()) - counts[k * classes_ + k];
    if (rows.size() <= 1 || wrong < 1) {
      continue;
    }
    std::vector<std::uint32_t> order(rows.begin(), rows.end());
    std::stable_sort(order.begin(), order.end(),
                     [&](std::uint32_t a, std::uint32_t b) { return self_[a] < self_[b]; });
    for (std::size_t i = 0; i < static_cast<std::size_t>(wrong); ++i) {
      errors_[order[i]] = 1;
    }
  }
}

template <typename Real>
std::vector<Real> Search<Real>::normalised_margins() const {
  std::vector<Real> margins(labels_.size());
  for (std::size_t i = 0; i < margins.size(); ++i) {
    const auto row = p_.row(i);
    Real other = -1;
    for (std::size_t k = 0; k < classes_; ++k) {
      other = k == label(i) ? other : std::max(other, row[k]);
    }
    margins[i] = (self_[i] - other + 1) / 2;
  }
  return margins;
}

// As many as there are off-diagonals that another class is more probable for.
template <typename Real>
void Search<Real>::take_lowest(const std::vector<Real>& scores) {
  std::size_t count = 0;
  for (std::size_t i = 0; i < labels_.size(); ++i) {
    count += guess_[i] != kUnsure && guess_[i] != labels_[i] && agrees_[i] == 0 ? 1 : 0;
  }
  std::vector<std::uint32_t> order(labels_.size());
  std::iota(order.begin(), order.end(), 0U);
  std::stable_sort(order.begin(), order.end(),
                   [&](std::uint32_t a, std::uint32_t b) { return scores[a] < scores[b]; });
  for (std::size_t i = 0; i < count; ++i) {
    errors_[order[i]] = 1;
  }
}

template <typename Real>
void Search<Real>::select(LabelFilter filter) {
  switch (filter) {
    case LabelFilter::kLowSelfConfidence:
      take_lowest(self_);
      return;
    case LabelFilter::kLowNormalizedMargin:
      take_lowest(normalised_margins());
      return;
    case LabelFilter::kPruneByNoiseRate:
      prune_by_noise_rate(prune_counts(joint_, by_.first()));
      break;
    case LabelFilter::kPruneByClass:
      prune_by_class(prune_counts(joint_, by_.first()));
      break;
    case LabelFilter::kBoth: {
      const auto counts = prune_counts(joint_, by_.first());
      prune_by_class(counts);
      const auto by_class = std::exchange(errors_, std::vector<std::uint8_t>(labels_.size(), 0));
      prune_by_noise_rate(counts);
      for (std::size_t i = 0; i < errors_.size(); ++i) {
        errors_[i] &= by_class[i];
      }
      break;
    }
    case LabelFilter::kConfidentLearning:
      for (std::size_t i = 0; i < errors_.size(); ++i) {
        errors_[i] = guess_[i] != kUnsure && guess_[i] != labels_[i] ? 1 : 0;
      }
      break;
    case LabelFilter::kPredictedNeqGiven:
      errors_.assign(errors_.size(), 1);  // the agreement below is all that it asks
      break;
  }
  for (std::size_t i = 0; i < errors_.size(); ++i) {
    errors_[i] = agrees_[i] != 0 ? 0 : errors_[i];
  }
}

}  // namespace

template <typename Real>
void normalise_probabilities(std::span<Real> values, std::size_t classes) {
  parallel_for(values.size() / classes, kRowsAChunk, [&](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i) {
      const auto row = values.subspan(i * classes, classes);
      for (std::size_t k = 0; k < classes; ++k) {
        if (!std::isfinite(row[k])) {
          refuse_value(i, k, static_cast<double>(row[k]));
        }
        row[k] = std::clamp(row[k], Real{0}, Real{1});
      }
      const Real sum = pairwise_sum<Real>(row);
      if (sum <= 0) {
        fail(ErrorCode::kInvalid, fmt::format("row {}: no class has a probability above 0", i));
      }
      for (Real& v : row) {
        v /= sum;
      }
    }
  });
}

template <typename Real>
LabelErrors<Real> find_label_errors(std::span<const std::int64_t> labels,
                                    Probabilities<Real> probabilities, LabelFilter filter) {
  if (probabilities.rows() != labels.size()) {
    fail(ErrorCode::kInvalid, fmt::format("there are {} labels and {} rows of probabilities",
                                          labels.size(), probabilities.rows()));
  }
  if (std::adjacent_find(labels.begin(), labels.end(), std::not_equal_to<>()) == labels.end()) {
    fail(ErrorCode::kInvalid,
         "the labels hold fewer than two classes: there is nothing to confuse");
  }
  check_labels(labels, probabilities.classes);
  return Search<Real>(labels, probabilities).run(filter);
}

template void normalise_probabilities(std::span<float>, std::size_t);
template void normalise_probabilities(std::span<double>, std::size_t);
template LabelErrors<float> find_label_errors(std::span<const std::int64_t>, Probabilities<float>,
                                              LabelFilter);
template LabelErrors<double> find_label_errors(std::span<const std::int64_t>, Probabilities<double>,
                                               LabelFilter);

}  // namespace spotter::kernels
