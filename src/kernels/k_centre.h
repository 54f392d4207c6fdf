// Choosing a few vectors that stand for many: k-centre greedy selection and its weighted and
// typical relatives. Euclidean; for cosine, scale the rows to length 1 first.
#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "kernels/knn.h"

namespace spotter::kernels {

struct Chosen {
  std::vector<std::uint32_t> rows;  // in the order of choice
  // Of each when it was chosen: the distance to the nearest row chosen before (the first:
  // infinite).
  std::vector<float> distances;
};

// Greedy k-centre (Gonzalez 1985): `first`, then always the row farthest from all chosen ones; ties
// go to the lower row. Rows of `taken` count as chosen before the first (then `first` is not used).
// Stops early when every row is nearer than `distance_min`. Exact, and lazy: distances only fall,
// so a row is measured against new centres only while it could still be the farthest. Worst case
// count × rows distances, commonly a small share of that. Uses all cores.
[[nodiscard]] Chosen k_centre(const Vectors& vectors, std::size_t count, std::uint32_t first = 0,
                              std::span<const std::uint32_t> taken = {}, float distance_min = 0);

// Typicality of each row: mean of exp(-d / s) over its k nearest, s the mean of all those
// distances. High where rows are dense.
[[nodiscard]] std::vector<float> typicality(const Vectors& vectors, std::size_t k);

// `count` rows without replacement, each next one with probability proportional to its weight
// (Efraimidis and Spirakis 2006), in that order. Rows of weight 0 are never drawn, so that fewer
// may come. Throws kInvalid for negative weights and those that are no numbers.
[[nodiscard]] std::vector<std::uint32_t> weighted_sample(std::span<const double> weights,
                                                         std::size_t count, std::uint64_t seed);

}  // namespace spotter::kernels
