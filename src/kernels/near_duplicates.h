// Groups of vectors, or of 64-bit picture hashes, that are the same or nearly so. Made for millions
// of rows that need not fit into memory.
#pragma once
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

namespace spotter::kernels {

// Fills `out` with the values of rows from `first` on; called from several threads.
using ReadRows = std::function<void(std::size_t first_row, std::span<float> out)>;

struct DuplicateGroups {
  std::vector<std::uint32_t> exact;  // of each row: the lowest row with the same values
  std::vector<std::uint32_t> group;  // of each row: the lowest row of its group, itself when alone
};

// Rows within Euclidean distance `threshold` of each other are joined, and so are chains of them.
// Nothing is missed: rows are compared by their projection on up to 32 principal directions, where
// no distance grows, with room for its rounding; those that stay near are measured in full. Rows
// with NaN belong to none, and those with an infinity or of a length above 1e19 only to their
// equals. Time: one pass over the rows, then nearly linear where the threshold is small against the
// spread of the data in its leading directions, for rows are compared within overlapping cells
// only; else quadratic, 32 multiplications a pair. A row is read again when it stays near another,
// at most once a pair of blocks, so never a pair of rows. Memory: some 200 bytes a row and a few
// thousand rows. Deterministic.
[[nodiscard]] DuplicateGroups near_duplicates(std::size_t rows, std::size_t dimensions,
                                              const ReadRows& read, float threshold);

// A threshold for data that one knows nothing about: 0.13 × the median distance to the nearest
// other row (as cleanlab's near-duplicate rule), from a seeded sample of at most 20,000 rows.
[[nodiscard]] float usual_threshold(std::size_t rows, std::size_t dimensions, const ReadRows& read);

// Hashes that differ in at most `bits_max` bits (0 … 15) are joined. Exact: hashes so near agree in
// one of bits_max + 1 parts, so only those are compared.
[[nodiscard]] DuplicateGroups near_hashes(std::span<const std::uint64_t> hashes, int bits_max);

}  // namespace spotter::kernels
