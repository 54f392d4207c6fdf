// Exact nearest neighbours among float vectors by blocked matrix products. Distances are Euclidean;
// for cosine, scale the rows to length 1 first. Rows are row-major, `dimensions` floats each.
#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "kernels/distance.h"

namespace spotter::kernels {

// `count` rows of `dimensions` floats.
struct Vectors {
  std::span<const float> values;
  std::size_t dimensions = 0;
  [[nodiscard]] std::size_t count() const {
    return dimensions == 0 ? 0 : values.size() / dimensions;
  }
  [[nodiscard]] std::span<const float> row(std::size_t i) const {
    return values.subspan(i * dimensions, dimensions);
  }
};

// The k nearest of each query, nearest first; ties go to the lower row. Queries with fewer than k
// allowed rows are padded with kNoNeighbour at an infinite distance.
inline constexpr std::uint32_t kNoNeighbour = 0xffffffff;
struct Neighbours {
  std::size_t k = 0;
  std::vector<std::uint32_t> rows;  // queries × k
  std::vector<float> distances;     // queries × k
};

// Neighbours of `queries` among `base`. With groups (both or neither, one a row), a row of the
// query's own group is never its neighbour: leave-one-scene-out distances. Candidates come from
// blocked matrix products and are measured again exactly. Uses all cores; memory is a block of
// products a thread beside the inputs and the result. Queries that are the base itself (the same
// memory) cost half: each pair is computed once. Throws kInvalid when the dimensions differ.
[[nodiscard]] Neighbours nearest_neighbours(const Vectors& queries, const Vectors& base,
                                            std::size_t k,
                                            std::span<const std::uint32_t> query_group = {},
                                            std::span<const std::uint32_t> base_group = {});

}  // namespace spotter::kernels
