#include "kernels/knn_approximate.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <vector>

#define NO_MANUAL_VECTORIZATION  // hnswlib's choice of instructions; the distance below is ours
#include <hnswlib/hnswlib.h>

#include "base/error.h"
#include "base/parallel.h"
#include "base/random.h"

namespace spotter::kernels {
namespace {

float distance_of(const void* a, const void* b, const void* dimensions) {
  const std::size_t count = *static_cast<const std::size_t*>(dimensions);
  return squared_distance({static_cast<const float*>(a), count},
                          {static_cast<const float*>(b), count});
}

class Space : public hnswlib::SpaceInterface<float> {
 public:
  explicit Space(std::size_t dimensions) : dimensions_(dimensions) {}
  std::size_t get_data_size() override { return dimensions_ * sizeof(float); }
  hnswlib::DISTFUNC<float> get_dist_func() override { return distance_of; }
  void* get_dist_func_param() override { return &dimensions_; }

 private:
  std::size_t dimensions_;
};

std::vector<std::uint32_t> row_numbers(std::size_t count) {
  std::vector<std::uint32_t> rows(count);
  std::iota(rows.begin(), rows.end(), 0U);
  return rows;
}

// An order in which rows that are near come one after another, so that what is asked of the graph
// for one is in the processor's cache for the next: by the nearest of some rows. The first rows are
// any, which ties the graph together from the start.
std::vector<std::uint32_t> neighbours_together(const Vectors& base, std::uint64_t seed) {
  constexpr std::size_t kTogether = 512;  // rows, of the size that a search visits
  constexpr std::size_t kCentresMax = 1024;
  constexpr std::size_t kAnyShare = 50;
  auto order = row_numbers(base.count());
  Rng(seed, "order").shuffle(std::span(order));
  const std::size_t centres = std::min(kCentresMax, base.count() / kTogether);
  if (centres < 2) {
    return order;
  }
  std::vector<float> values;
  for (const auto row : std::span(order).first(centres)) {
    values.insert(values.end(), base.row(row).begin(), base.row(row).end());
  }
  const auto nearest = nearest_neighbours(base, {values, base.dimensions}, 1).rows;
  std::stable_sort(order.begin() + static_cast<std::ptrdiff_t>(base.count() / kAnyShare),
                   order.end(), [&](auto a, auto b) { return nearest[a] < nearest[b]; });
  return order;
}

// The share of the true neighbours that were found, over a seeded sample of the queries.
void measure_recall(const Vectors& queries, const Vectors& base, bool without_self,
                    const ApproximateOptions& options, ApproximateNeighbours& result) {
  auto sample = row_numbers(queries.count());
  Rng(options.seed, "recall").shuffle(std::span(sample));
  sample.resize(std::min(sample.size(), options.recall_queries));
  std::vector<float> values;
  for (const auto row : sample) {
    const auto vector = queries.row(row);
    values.insert(values.end(), vector.begin(), vector.end());
  }
  const auto base_rows = row_numbers(without_self ? base.count() : 0);
  const auto exact = nearest_neighbours(
      {values, queries.dimensions}, base, result.found.k,
      without_self ? std::span<const std::uint32_t>(sample) : std::span<const std::uint32_t>(),
      base_rows);
  std::size_t found = 0;
  std::size_t wanted = 0;
  const std::size_t k = result.found.k;
  for (std::size_t s = 0; s < sample.size(); ++s) {
    const auto mine = std::span(result.found.rows).subspan(sample[s] * k, k);
    for (const auto row : std::span(exact.rows).subspan(s * k, k)) {
      wanted += row != kNoNeighbour ? 1 : 0;
      found +=
          row != kNoNeighbour && std::find(mine.begin(), mine.end(), row) != mine.end() ? 1 : 0;
    }
  }
  result.recall_queries = sample.size();
  result.recall = wanted == 0 ? 1 : static_cast<double>(found) / static_cast<double>(wanted);
}

}  // namespace

ApproximateNeighbours approximate_neighbours(const Vectors& queries, const Vectors& base,
                                             std::size_t k, bool without_self,
                                             const ApproximateOptions& options) {
  ApproximateNeighbours result{.found = {.k = k}};
  result.found.rows.assign(queries.count() * k, kNoNeighbour);
  result.found.distances.assign(queries.count() * k, std::numeric_limits<float>::infinity());
  if (base.count() == 0 || k == 0 || queries.count() == 0) {
    return result;
  }
  if (queries.dimensions != base.dimensions) {
    fail(ErrorCode::kInvalid, "vectors of different dimensions cannot be compared");
  }
  require(!without_self || queries.count() == base.count(), "the queries are the base");
  Space space(base.dimensions);
  hnswlib::HierarchicalNSW<float> graph(&space, base.count(), options.links, options.build_width,
                                        options.seed);
  const auto order = neighbours_together(base, options.seed);
  graph.addPoint(base.row(order[0]).data(), order[0]);
  parallel_for(base.count() - 1, 256, [&](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin + 1; i <= end; ++i) {
      graph.addPoint(base.row(order[i]).data(), order[i]);
    }
  });
  const std::size_t wanted = std::min(base.count(), k + (without_self ? 1 : 0));
  graph.setEf(std::max(options.search_width, wanted));
  parallel_for(queries.count(), 64, [&](std::size_t begin, std::size_t end) {
    for (std::size_t q = begin; q < end; ++q) {
      const std::size_t query = without_self ? order[q] : q;
      auto nearest = graph.searchKnnCloserFirst(queries.row(query).data(), wanted);
      std::sort(nearest.begin(), nearest.end());
      std::size_t i = query * k;
      for (const auto& [squared, row] : nearest) {
        if ((!without_self || row != query) && i < (query + 1) * k) {
          result.found.distances[i] = std::sqrt(squared);
          result.found.rows[i++] = static_cast<std::uint32_t>(row);
        }
      }
    }
  });
  if (options.recall_queries > 0) {
    measure_recall(queries, base, without_self, options, result);
  }
  return result;
}

}  // namespace spotter::kernels
