#include "kernels/assignment.h"

#include <algorithm>
#include <functional>
#include <limits>
#include <utility>

#include "base/error.h"

namespace spotter::kernels {
namespace {

constexpr double kFar = std::numeric_limits<double>::infinity();

// Rows enter one by one; each looks for the cheapest way to a free column, or to a row (itself or
// one on the way) that is better left unmatched. Costs are negated weights, unmatched costs 0.
class Matching {
 public:
  Matching(std::int32_t rows, std::int32_t columns, std::span<const WeightedEdge> edges)
      : first_(at(rows) + 2, 0),
        column_of_(at(rows), -1),
        row_of_(at(columns), -1),
        row_price_(at(rows), 0),
        column_price_(at(columns), 0),
        distance_(at(columns), kFar),
        from_(at(columns), -1),
        settled_(at(columns), 0) {
    // Edges by row (counting sort).
    for (const auto& edge : edges) {
      require(edge.row >= 0 && edge.row < rows && edge.column >= 0 && edge.column < columns,
              "an edge joins a row and a column of the matching");
      if (edge.weight > 0) {
        ++first_[at(edge.row) + 2];
      }
    }
    for (std::size_t r = 2; r < first_.size(); ++r) {
      first_[r] += first_[r - 1];
    }
    edges_.resize(first_.back());
    for (const auto& edge : edges) {
      if (edge.weight > 0) {
        edges_[first_[at(edge.row) + 1]++] = {edge.column, -edge.weight};
        row_price_[at(edge.row)] = std::min(row_price_[at(edge.row)], -edge.weight);
      }
    }
  }

  std::vector<std::int32_t> solve() {
    for (std::int32_t row = 0; row < static_cast<std::int32_t>(column_of_.size()); ++row) {
      if (first_[at(row)] != first_[at(row) + 1]) {
        enter(row);
      }
    }
    return std::move(column_of_);
  }

 private:
  struct Edge {
    std::int32_t column;
    double cost;
  };
  using Reached = std::pair<double, std::int32_t>;  // distance, column

  static std::size_t at(std::int32_t index) { return static_cast<std::size_t>(index); }

  // Looks from `row`, which lies `base` away from the row that enters.
  void scan(std::int32_t row, double base) {
    if (const double drop = base - row_price_[at(row)]; drop < drop_distance_) {
      drop_distance_ = drop;
      dropped_ = row;
    }
    for (auto e = first_[at(row)]; e < first_[at(row) + 1]; ++e) {
      const auto j = at(edges_[e].column);
      const double d = base + edges_[e].cost - row_price_[at(row)] - column_price_[j];
      if (settled_[j] == 0 && d < distance_[j]) {
        if (distance_[j] == kFar) {
          touched_.push_back(edges_[e].column);
        }
        distance_[j] = d;
        from_[j] = row;
        heap_.emplace_back(d, edges_[e].column);
        std::push_heap(heap_.begin(), heap_.end(), std::greater<Reached>{});
      }
    }
  }

  // The nearest column that is not settled, or -1.
  Reached nearest() {
    while (!heap_.empty()) {
      std::pop_heap(heap_.begin(), heap_.end(), std::greater<Reached>{});
      const auto [d, column] = heap_.back();
      heap_.pop_back();
      if (settled_[at(column)] == 0 && d <= distance_[at(column)]) {
        return {d, column};
      }
    }
    return {kFar, -1};
  }

  void enter(std::int32_t row) {
    drop_distance_ = kFar;
    scan(row, 0);
    std::int32_t free_column = -1;
    double length = 0;
    while (free_column < 0) {
      const auto [d, column] = nearest();
      if (drop_distance_ <= d) {
        length = drop_distance_;
        break;
      }
      if (row_of_[at(column)] < 0) {
        free_column = column;
        length = d;
        break;
      }
      settled_[at(column)] = 1;
      scan(row_of_[at(column)], d);
    }
    reprice(row, length);
    augment(row, free_column);
    for (const auto column : touched_) {
      distance_[at(column)] = kFar;
      settled_[at(column)] = 0;
    }
    touched_.clear();
    heap_.clear();
  }

  void reprice(std::int32_t entering, double length) {
    row_price_[at(entering)] += length;
    for (const auto column : touched_) {
      if (settled_[at(column)] != 0) {
        row_price_[at(row_of_[at(column)])] += length - distance_[at(column)];
        column_price_[at(column)] -= length - distance_[at(column)];
      }
    }
  }

  // Shifts the matches along the path that ends in `free_column`, or (-1) in the dropped row.
  void augment(std::int32_t entering, std::int32_t free_column) {
    std::int32_t column = free_column;
    if (column < 0) {
      column = std::exchange(column_of_[at(dropped_)], -1);
      if (dropped_ == entering) {
        return;
      }
    }
    for (;;) {
      const std::int32_t row = from_[at(column)];
      row_of_[at(column)] = row;
      std::swap(column, column_of_[at(row)]);
      if (row == entering) {
        return;
      }
    }
  }

  std::vector<std::size_t> first_;  // edges of row r: first_[r] .. first_[r + 1]
  std::vector<Edge> edges_;
  std::vector<std::int32_t> column_of_;
  std::vector<std::int32_t> row_of_;
  std::vector<double> row_price_;
  std::vector<double> column_price_;
  // Of the search for one row:
  std::vector<double> distance_;
  std::vector<std::int32_t> from_;
  std::vector<std::uint8_t> settled_;
  std::vector<std::int32_t> touched_;
  std::vector<Reached> heap_;
  double drop_distance_ = kFar;
  std::int32_t dropped_ = -1;
};

}  // namespace

std::vector<std::int32_t> max_weight_matching(std::int32_t rows, std::int32_t columns,
                                              std::span<const WeightedEdge> edges) {
  return Matching(rows, columns, edges).solve();
}

}  // namespace spotter::kernels
