// Confident learning: which class labels are probably wrong, from out-of-sample probabilities
// alone. The semantics, thresholds and roundings are those of cleanlab 2.9.0, so that answers agree
// to the digit; ties go to the lower row. Northcutt, Jiang, Chuang: Confident Learning, JAIR 2021.
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace spotter::kernels {

// How candidates become errors; names as in the reference.
enum class LabelFilter {
  kPruneByNoiseRate,    // for each pair of classes as many as the joint says, by margin
  kPruneByClass,        // for each class as many as the joint says, by self-confidence
  kBoth,                // both of these agree
  kConfidentLearning,   // the off-diagonals of the confident joint
  kPredictedNeqGiven,   // the most probable class is another one
  kLowSelfConfidence,   // as many as the off-diagonals, those of lowest self-confidence
  kLowNormalizedMargin  // the same by margin to the best other class
};
inline constexpr std::array<std::string_view, 7> kLabelFilters = {
    "prune_by_noise_rate",  "prune_by_class",      "both",
    "confident_learning",   "predicted_neq_given", "low_self_confidence",
    "low_normalized_margin"};

// N × K, row by row: the probability of each class for each example.
template <typename Real>
struct Probabilities {
  std::span<const Real> values;
  std::size_t classes = 0;
  [[nodiscard]] std::size_t rows() const { return classes == 0 ? 0 : values.size() / classes; }
  [[nodiscard]] std::span<const Real> row(std::size_t i) const {
    return values.subspan(i * classes, classes);
  }
};

template <typename Real>
struct LabelErrors {
  std::vector<std::size_t> rows;    // suspected labels, lowest self-confidence first
  std::vector<Real> scores;         // N: self-confidence, the probability of the given label
  std::vector<std::int64_t> joint;  // K × K, given × guessed: confident counts, uncalibrated
};

// A probability farther outside [0, 1] than this is refused.
inline constexpr double kProbabilitySlack = 1e-6;

// Throws kInvalid, naming the row, for other than N labels, labels outside 0..K-1, labels of one
// class only, and probabilities that are not finite or outside [0, 1]. A class without labels is
// allowed and never guessed. Reads the probabilities three times, on all cores; O(N K) time, O(N)
// memory beside the input.
template <typename Real>
[[nodiscard]] LabelErrors<Real> find_label_errors(std::span<const std::int64_t> labels,
                                                  Probabilities<Real> probabilities,
                                                  LabelFilter filter);

// Clips every value to [0, 1] and divides each row by its sum. Throws kInvalid, naming the row,
// where a value is not finite or the sum is 0.
template <typename Real>
void normalise_probabilities(std::span<Real> values, std::size_t classes);

}  // namespace spotter::kernels
