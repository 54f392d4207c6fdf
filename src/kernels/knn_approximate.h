// Nearest neighbours by a navigable small-world graph (Malkov and Yashunin 2018, arXiv 1603.09320):
// far fewer distances than the exact search, some neighbours missed. How many is measured on the
// data at hand and said, never promised.
#pragma once
#include <cstddef>
#include <cstdint>

#include "kernels/knn.h"

namespace spotter::kernels {

struct ApproximateOptions {
  std::size_t links = 16;            // of a row in the graph
  std::size_t build_width = 100;     // candidates kept while a row is added
  std::size_t search_width = 100;    // candidates kept while a query is answered; at least k
  std::size_t recall_queries = 200;  // answered exactly as well; 0 = do not measure
  std::uint64_t seed = 1;
};

struct ApproximateNeighbours {
  Neighbours found;
  double recall = 1;               // share of true neighbours found, over the measured queries
  std::size_t recall_queries = 0;  // measured
};

// As nearest_neighbours; `without_self`: row i of the queries is row i of the base and not its own
// neighbour. Rows are added region by region after a few from everywhere, which halves the time of
// large graphs, for what one row asks is in the cache for the next. The graph is built on all cores
// in no fixed order, so that two runs may differ in what they miss. Memory: a copy of the base and
// 8 × links bytes a row.
[[nodiscard]] ApproximateNeighbours approximate_neighbours(const Vectors& queries,
                                                           const Vectors& base, std::size_t k,
                                                           bool without_self,
                                                           const ApproximateOptions& options);

}  // namespace spotter::kernels
