// Optimal assignment on sparse bipartite graphs: which tracker output belongs to which object,
// which detection continues which track. Knows nothing of boxes.
#pragma once
#include <cstdint>
#include <span>
#include <vector>

namespace spotter::kernels {

// A pair that may be matched and what that is worth.
struct WeightedEdge {
  std::int32_t row = 0;
  std::int32_t column = 0;
  double weight = 0;
};

// The matching of greatest total weight. Gives one entry a row: its column, or -1 = unmatched. Only
// edges of positive weight are ever used, so leaving both ends alone costs nothing; for the largest
// matching first, add the same large constant to every weight. Of equally good matchings always the
// same one. At most one edge a pair; `edges` in any order.
// Throws kInternal for an edge outside rows × columns.
// Shortest augmenting paths on reduced costs (Jonker and Volgenant 1987) over the edges alone:
// O(rows · edges · log edges) at worst, about O(edges) when few rows compete for one column; memory
// O(rows + columns + edges).
[[nodiscard]] std::vector<std::int32_t> max_weight_matching(std::int32_t rows, std::int32_t columns,
                                                            std::span<const WeightedEdge> edges);

}  // namespace spotter::kernels
