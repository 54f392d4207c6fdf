// The directions in which vectors differ most.
#pragma once
#include <cstddef>
#include <vector>

#include "kernels/knn.h"

namespace spotter::kernels {

// Mean of the rows; `dimensions` values.
[[nodiscard]] std::vector<float> mean_of(const Vectors& vectors);

// At most `count` orthonormal directions (row-major, `dimensions` each) of largest variance, most
// first, by a few rounds of subspace iteration: near the principal ones, exactly orthonormal to
// rounding. Fewer where the vectors have fewer. Costs rows × dimensions × count a round.
[[nodiscard]] std::vector<float> principal_directions(const Vectors& vectors, std::size_t count);

}  // namespace spotter::kernels
