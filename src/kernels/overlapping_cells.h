// Points cut into cells that overlap just so far that near points meet: what makes a search for
// all near pairs cheaper than all pairs.
#pragma once
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

namespace spotter::kernels {

struct UncertainPoints {
  std::span<const float> values;  // points × dimensions
  std::size_t dimensions = 0;
  std::span<const float> errors;  // of each point: how far off its values may be, as a distance
};

// Cell c holds points[ends[c - 1]] … points[ends[c] - 1], each an index of a point.
struct Cells {
  std::vector<std::uint32_t> points;
  std::vector<std::size_t> ends;
};

// Calls `use` with cells, some thousands at a time: any two of `members` within Euclidean distance
// `reach` of each other share at least one of them. A cell is cut in two at the place, of a few in
// each dimension, where the halves have the fewest pairs; the lower half takes what lies within
// `reach` beyond the cut too. Cells of at most `size` points are not cut, nor those where that
// would not help: there may be one cell of all points. Costs points × levels, each point as often
// as it is in a cell: once where cuts meet no points, twenty times and more where `reach` is a
// quarter of the data's width in all dimensions. Memory: a few million numbers. Deterministic.
void overlapping_cells(const UncertainPoints& points, std::vector<std::uint32_t> members,
                       float reach, std::size_t size, const std::function<void(const Cells&)>& use);

}  // namespace spotter::kernels
