// Exact nearest neighbours among float vectors by blocked matrix products. Distances are Euclidean;
// for cosine, scale the rows to length 1 first. Rows are row-major, `dimensions` floats each.
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

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

// Squared Euclidean distance. Eight sums, because the order of one sum would forbid vector
// instructions.
[[nodiscard]] inline float squared_distance(std::span<const float> a, std::span<const float> b) {
  std::array<float, 8> sums{};
  std::size_t i = 0;
  for (; i + 8 <= a.size(); i += 8) {
    for (std::size_t lane = 0; lane < 8; ++lane) {
      const float d = a[i + lane] - b[i + lane];
      sums[lane] += d * d;
    }
  }
  for (; i < a.size(); ++i) {
    const float d = a[i] - b[i];
    sums[0] += d * d;
  }
  return ((sums[0] + sums[1]) + (sums[2] + sums[3])) + ((sums[4] + sums[5]) + (sums[6] + sums[7]));
}

// The k nearest of each query, nearest first; ties go to the lower row. Queries with fewer than k
// allowed rows are padded with kNoNeighbour at an infinite distance.
inline constexpr std::uint32_t kNoNeighbour = 0xffffffff;
struct Neighbours {
  std::size_t k = 0;
  std::vector<std::uint32_t> rows;  // queries × k
  std::vector<float> distances;     // queries × k
};

// Neighbours of `queries` among `base`. With groups (both or neither, one a row), a row of the
// query's own group is never its neighbour: leave-one-scene-out distances. Uses all cores; memory
// is one block of 256 queries × base rows a thread. Throws kInvalid when the dimensions differ.
[[nodiscard]] Neighbours nearest_neighbours(const Vectors& queries, const Vectors& base,
                                            std::size_t k,
                                            std::span<const std::uint32_t> query_group = {},
                                            std::span<const std::uint32_t> base_group = {});

}  // namespace spotter::kernels
