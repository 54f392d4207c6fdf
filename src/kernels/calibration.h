// Whether scores mean what they say: calibration errors, and the maps that mend them. A row is one
// decision: its score in [0, 1] and whether it was right.
#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace spotter::kernels {

// Rows aligned with each other; `right` is 0 or 1.
struct Scored {
  std::span<const double> scores;
  std::span<const std::uint8_t> right;
};

// Expected calibration error: Σ share of the bin · |share right − mean score|. Guo et al., On
// Calibration of Modern Neural Networks, 2017: 15 bins. 0 without rows. Throws kInvalid for scores
// outside of [0, 1]. O(N); O(N log N) for equal mass.
[[nodiscard]] double ece_equal_width(Scored rows, std::size_t bins = 15);
// Bins of as many rows each (± 1), by rising score.
[[nodiscard]] double ece_equal_mass(Scored rows, std::size_t bins = 15);

// Detection calibration error: the same over bins of score and of further columns at once (centre
// and size relative to the picture), each cut into as many equal parts of [0, 1]. Küppers et al.,
// Multivariate Confidence Calibration for Object Detection, 2020. `places`: N × columns, may be
// empty. Bins with fewer than `rows_min` rows are left out.
[[nodiscard]] double detection_ece(Scored rows, std::span<const double> places, std::size_t columns,
                                   std::size_t bins, std::size_t rows_min = 8);

// Mean squared difference of score and outcome.
[[nodiscard]] double brier(Scored rows);
// Mean score minus share right: above 0 is overconfident.
[[nodiscard]] double overconfidence(Scored rows);

// The temperature T > 0 for which sigmoid(logit(score) / T) has the least negative log-likelihood;
// Newton's method on 1 / T, which is convex. Above 1 = overconfident. 1 when the rows are all right
// or all wrong.
[[nodiscard]] double fit_temperature(Scored rows);
// The same for class probabilities (N × K, row by row) and the true classes.
[[nodiscard]] double fit_temperature(std::span<const double> probabilities, std::size_t classes,
                                     std::span<const std::int64_t> truths);
[[nodiscard]] double apply_temperature(double score, double temperature);

// The rising step function with the least squared error (pool adjacent violators).
struct Isotonic {
  std::vector<double> from;   // scores at which a step begins, rising
  std::vector<double> value;  // aligned
  // The step's value; below the first step that of the first.
  [[nodiscard]] double operator()(double score) const;
};
[[nodiscard]] Isotonic fit_isotonic(Scored rows);

// Pools neighbours until `values` rise; weighted means. In place, linear.
void pool_adjacent(std::vector<double>& values, std::span<const double> weights);

}  // namespace spotter::kernels
