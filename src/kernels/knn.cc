#include "kernels/knn.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <mutex>
#include <numeric>
#include <utility>

#include <fmt/format.h>

#include "base/error.h"
#include "base/parallel.h"
#include "kernels/products.h"

namespace spotter::kernels {
namespace {

constexpr std::size_t kBlock = 480;  // rows; the products of two blocks stay in the L2 cache
constexpr std::size_t kScan = 64;    // products that are compared with the bar at once

using Scored = std::pair<float, std::uint32_t>;

std::vector<float> squared_lengths(const Vectors& vectors) {
  const std::vector<float> origin(vectors.dimensions, 0.0F);
  std::vector<float> lengths(vectors.count());
  parallel_for(lengths.size(), 4096, [&](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i) {
      lengths[i] = squared_distance(vectors.row(i), origin);
    }
  });
  return lengths;
}

// The product loses digits when vectors are close; the few that win are measured again exactly.
float exact_distance(std::span<const float> a, std::span<const float> b) {
  std::array<double, 8> sums{};
  for (std::size_t i = 0; i < a.size(); i += sums.size()) {
    for (std::size_t lane = 0; lane < std::min(sums.size(), a.size() - i); ++lane) {
      const double d = static_cast<double>(a[i + lane]) - static_cast<double>(b[i + lane]);
      sums[lane] += d * d;
    }
  }
  return static_cast<float>(std::sqrt(std::accumulate(sums.begin(), sums.end(), 0.0)));
}

// The least of score(i) for i < count <= kScan. Sixteen minima, because the order of one would
// forbid vector instructions; what is not a number is never the least.
template <typename Score>
float least_of(std::size_t count, const Score& score) {
  std::array<float, 16> least{};
  least.fill(std::numeric_limits<float>::infinity());
  std::size_t i = 0;
  for (; i + least.size() <= count; i += least.size()) {
    for (std::size_t lane = 0; lane < least.size(); ++lane) {
      const float value = score(i + lane);
      least[lane] = value < least[lane] ? value : least[lane];
    }
  }
  for (; i < count; ++i) {
    least[0] = std::min(least[0], score(i));
  }
  return *std::min_element(least.begin(), least.end());
}

// The best rows of one query so far: a heap of (score, row) with the worst on top. The order of
// offers does not change the result, for ties go to the lower row.
class Best {
 public:
  // What a score must not exceed to be taken.
  [[nodiscard]] float bar() const { return bar_; }
  void offer(float score, std::uint32_t row, std::size_t kept_max) {
    if (heap_.size() == kept_max) {
      if (Scored(score, row) >= heap_.front()) {
        return;
      }
      std::pop_heap(heap_.begin(), heap_.end());
      heap_.pop_back();
    }
    heap_.emplace_back(score, row);
    std::push_heap(heap_.begin(), heap_.end());
    if (heap_.size() == kept_max) {
      bar_ = heap_.front().first;
    }
  }
  [[nodiscard]] std::vector<Scored>& rows() { return heap_; }

 private:
  std::vector<Scored> heap_;
  float bar_ = std::numeric_limits<float>::infinity();
};

// The products of two blocks of rows, and which.
struct Tile {
  std::size_t query_begin = 0;
  std::size_t base_begin = 0;
  BlockProducts products;
};

std::span<const float> block_of(const Vectors& vectors, std::size_t begin) {
  const std::size_t count = std::min(kBlock, vectors.count() - begin);
  return vectors.values.subspan(begin * vectors.dimensions, count * vectors.dimensions);
}

class Search {
 public:
  Search(const Vectors& queries, const Vectors& base, std::size_t k,
         std::span<const std::uint32_t> query_group, std::span<const std::uint32_t> base_group)
      : queries_(queries),
        base_(base),
        k_(k),
        kept_max_(k + 8),  // near ties may change their order when measured exactly
        query_group_(query_group),
        base_group_(base_group),
        self_(queries.values.data() == base.values.data() && queries.count() == base.count() &&
              std::equal(query_group.begin(), query_group.end(), base_group.begin(),
                         base_group.end())),
        base_lengths_(squared_lengths(base)),
        best_(queries.count()),
        locks_((queries.count() + kBlock - 1) / kBlock) {}

  void run() {
    const std::size_t blocks = (base_.count() + kBlock - 1) / kBlock;
    std::vector<std::pair<std::size_t, std::size_t>> pairs;
    for (std::size_t i = 0; i < locks_.size(); ++i) {
      for (std::size_t j = self_ ? i : 0; j < blocks; ++j) {
        pairs.emplace_back(i, j);
      }
    }
    parallel_for(pairs.size(), 16, [&](std::size_t begin, std::size_t end) {
      Tile tile;
      for (std::size_t p = begin; p < end; ++p) {
        const auto [i, j] = pairs[p];
        if (p == begin || i != pairs[p - 1].first) {
          tile.query_begin = i * kBlock;
          tile.products.set_left(block_of(queries_, tile.query_begin), base_.dimensions);
        }
        tile.base_begin = j * kBlock;
        tile.products.set_right(block_of(base_, tile.base_begin), base_.dimensions);
        tile.products.multiply();
        {
          const std::scoped_lock lock(locks_[i]);
          take_rows(tile);
        }
        if (self_ && i != j) {
          const std::scoped_lock lock(locks_[j]);
          take_columns(tile);
        }
      }
    });
  }

  Neighbours result() {
    Neighbours found{.k = k_};
    found.rows.assign(queries_.count() * k_, kNoNeighbour);
    found.distances.assign(queries_.count() * k_, std::numeric_limits<float>::infinity());
    parallel_for(queries_.count(), 1024, [&](std::size_t begin, std::size_t end) {
      for (std::size_t query = begin; query < end; ++query) {
        auto& rows = best_[query].rows();
        for (auto& [score, row] : rows) {
          score = exact_distance(queries_.row(query), base_.row(row));
        }
        std::sort(rows.begin(), rows.end());
        for (std::size_t i = 0; i < std::min(k_, rows.size()); ++i) {
          found.distances[query * k_ + i] = rows[i].first;
          found.rows[query * k_ + i] = rows[i].second;
        }
      }
    });
    return found;
  }

 private:
  [[nodiscard]] bool allowed(std::size_t query, std::size_t row) const {
    return query_group_.empty() || query_group_[query] != base_group_[row];
  }

  // Offers the base rows of the tile to its queries.
  void take_rows(const Tile& tile) {
    const auto lengths = std::span(base_lengths_).subspan(tile.base_begin);
    for (std::size_t r = 0; r < tile.products.left_count(); ++r) {
      const std::size_t query = tile.query_begin + r;
      const auto products = tile.products.row(r);
      Best& best = best_[query];
      for (std::size_t begin = 0; begin < products.size(); begin += kScan) {
        const std::size_t end = std::min(products.size(), begin + kScan);
        const float least = least_of(end - begin, [&](std::size_t i) {
          return lengths[begin + i] - 2 * products[begin + i];
        });
        for (std::size_t c = begin; least <= best.bar() && c < end; ++c) {
          const float score = lengths[c] - 2 * products[c];
          if (score <= best.bar() && allowed(query, tile.base_begin + c)) {
            best.offer(score, static_cast<std::uint32_t>(tile.base_begin + c), kept_max_);
          }
        }
      }
    }
  }

  // All against all: offers the queries of the tile to its base rows.
  void take_columns(const Tile& tile) {
    std::vector<float> bars(tile.products.right_count());
    for (std::size_t c = 0; c < bars.size(); ++c) {
      bars[c] = best_[tile.base_begin + c].bar();
    }
    for (std::size_t r = 0; r < tile.products.left_count(); ++r) {
      const std::size_t query = tile.query_begin + r;
      const auto products = tile.products.row(r);
      const float length = base_lengths_[query];
      for (std::size_t begin = 0; begin < products.size(); begin += kScan) {
        const std::size_t end = std::min(products.size(), begin + kScan);
        const float least = least_of(end - begin, [&](std::size_t i) {
          return length - 2 * products[begin + i] - bars[begin + i];
        });
        for (std::size_t c = begin; least <= 0 && c < end; ++c) {
          const float score = length - 2 * products[c];
          Best& best = best_[tile.base_begin + c];
          if (score <= best.bar() && allowed(tile.base_begin + c, query)) {
            best.offer(score, static_cast<std::uint32_t>(query), kept_max_);
            bars[c] = best.bar();
          }
        }
      }
    }
  }

  const Vectors& queries_;
  const Vectors& base_;
  std::size_t k_;
  std::size_t kept_max_;
  std::span<const std::uint32_t> query_group_;
  std::span<const std::uint32_t> base_group_;
  bool self_;
  std::vector<float> base_lengths_;
  std::vector<Best> best_;         // one a query
  std::vector<std::mutex> locks_;  // one a block of queries
};

}  // namespace

Neighbours nearest_neighbours(const Vectors& queries, const Vectors& base, std::size_t k,
                              std::span<const std::uint32_t> query_group,
                              std::span<const std::uint32_t> base_group) {
  require(query_group.empty() == base_group.empty(), "nearest_neighbours: groups for both or none");
  if (queries.count() > 0 && base.count() > 0 && queries.dimensions != base.dimensions) {
    fail(ErrorCode::kInvalid,
         fmt::format(
             "vectors of {} and {} dimensions cannot be compared; they come from different models",
             queries.dimensions, base.dimensions));
  }
  Search search(queries, base, k, query_group, base_group);
  if (base.count() > 0 && k > 0) {
    search.run();
  }
  return search.result();
}

}  // namespace spotter::kernels
