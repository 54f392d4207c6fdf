// Groups of look-alike rows whose errors are alike too: a mixture of Gaussians with diagonal
// variance over vectors and a share of errors, as Domino (Eyuboglu et al., ICLR 2022), after a
// projection onto principal components.
#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "kernels/knn.h"

namespace spotter::kernels {

// Axes along which rows vary most, orthonormal, by falling variance.
struct Projection {
  std::size_t dimensions = 0;
  std::vector<double> mean;  // dimensions
  std::vector<double> axes;  // count × dimensions
  [[nodiscard]] std::size_t count() const { return dimensions == 0 ? 0 : axes.size() / dimensions; }
  // rows × count().
  [[nodiscard]] std::vector<float> apply(const Vectors& rows) const;
};

// At most `count` principal components by subspace iteration; fewer when there are fewer dimensions
// or rows. O(rows × dimensions²).
[[nodiscard]] Projection principal_components(const Vectors& rows, std::size_t count);

struct MixtureOptions {
  std::size_t components = 12;
  double error_weight = 1;  // Domino's gamma: how much errors draw rows together; 0 = not at all
  int iterations = 100;     // of EM; it ends when the likelihood stands still
  std::uint64_t seed = 1;
};

struct Mixture {
  std::size_t dimensions = 0;
  std::vector<double> weight;    // of each component
  std::vector<double> mean;      // components × dimensions
  std::vector<double> variance;  // components × dimensions
  std::vector<double> error;     // of each component: its share of errors
  double log_likelihood = 0;
  // The most probable component of each row by where it lies alone, so that it can be asked about
  // rows whose errors were not looked at.
  [[nodiscard]] std::vector<std::uint32_t> assign(const Vectors& rows) const;
};

// `error` is each row's share of errors in [0, 1]. Starts from k-means; fewer components than asked
// for when rows are few. Deterministic. O(rows × components × dimensions) an iteration, on all
// cores.
[[nodiscard]] Mixture fit_mixture(const Vectors& rows, std::span<const double> error,
                                  const MixtureOptions& options);

}  // namespace spotter::kernels
