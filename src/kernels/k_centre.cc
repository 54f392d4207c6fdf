#include "kernels/k_centre.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <queue>
#include <utility>

#include <fmt/format.h>

#include "base/error.h"
#include "base/parallel.h"
#include "base/random.h"

namespace spotter::kernels {
namespace {

// An upper bound of a row's squared distance to the nearest centre, ordered for a heap: the
// farthest on top, of equals the lowest row.
struct Bound {
  float squared = 0;
  std::uint32_t row = 0;
  bool operator<(const Bound& other) const {
    return squared != other.squared ? squared < other.squared : row > other.row;
  }
};

class Selection {
 public:
  explicit Selection(const Vectors& vectors)
      : vectors_(vectors),
        bounds_(vectors.count(), std::numeric_limits<float>::infinity()),
        seen_(vectors.count(), 0) {}

  void add_centre(std::uint32_t row) { centres_.push_back(row); }

  // Every row against the centres so far, all of them.
  void measure_all() {
    parallel_for(vectors_.count(), 1024, [&](std::size_t begin, std::size_t end) {
      for (std::size_t row = begin; row < end; ++row) {
        refresh(static_cast<std::uint32_t>(row), -1);
      }
    });
    std::vector<Bound> all;
    all.reserve(vectors_.count());
    for (std::uint32_t row = 0; row < vectors_.count(); ++row) {
      all.push_back({bounds_[row], row});
    }
    heap_ = std::priority_queue<Bound>(std::less<Bound>(), std::move(all));
  }

  // The row farthest from every centre, with its squared distance. Bounds only fall, so a row whose
  // bound is true and on top is the farthest. Those that lead are brought up to date some at a
  // time, so that all cores have work.
  Bound farthest() {
    std::size_t batch_size = 1;
    while (true) {
      const Bound top = heap_.top();
      if (seen_[top.row] == centres_.size()) {
        return top;
      }
      batch_.clear();
      while (batch_.size() < batch_size && !heap_.empty() &&
             seen_[heap_.top().row] < centres_.size()) {
        batch_.push_back(heap_.top());
        heap_.pop();
      }
      // A row that is no longer on top can wait.
      const float stop = heap_.empty() ? -1 : heap_.top().squared;
      parallel_for(batch_.size(), 64, [&](std::size_t begin, std::size_t end) {
        for (std::size_t i = begin; i < end; ++i) {
          batch_[i].squared = refresh(batch_[i].row, stop);
        }
      });
      for (const auto& bound : batch_) {
        heap_.push(bound);
      }
      batch_size = std::min<std::size_t>(batch_size * 2, 1024);
    }
  }

 private:
  // Measures the row against centres that it has not seen, until its bound is below `stop`.
  float refresh(std::uint32_t row, float stop) {
    float bound = bounds_[row];
    std::size_t seen = seen_[row];
    const auto vector = vectors_.row(row);
    for (; seen < centres_.size() && bound >= stop; ++seen) {
      bound = std::min(bound, squared_distance(vector, vectors_.row(centres_[seen])));
    }
    bounds_[row] = bound;
    seen_[row] = static_cast<std::uint32_t>(seen);
    return bound;
  }

  const Vectors& vectors_;
  std::vector<std::uint32_t> centres_;
  std::vector<float> bounds_;        // squared
  std::vector<std::uint32_t> seen_;  // centres that the bound has taken into account
  std::priority_queue<Bound> heap_;  // one entry a row
  std::vector<Bound> batch_;
};

}  // namespace

Chosen k_centre(const Vectors& vectors, std::size_t count, std::uint32_t first,
                std::span<const std::uint32_t> taken, float distance_min) {
  count = std::min(count, vectors.count());
  Chosen chosen;
  if (count == 0) {
    return chosen;
  }
  Selection selection(vectors);
  for (const auto row : taken) {
    selection.add_centre(row);
  }
  if (taken.empty()) {
    require(first < vectors.count(), "k_centre starts at a row");
    chosen.rows.push_back(first);
    chosen.distances.push_back(std::numeric_limits<float>::infinity());
    selection.add_centre(first);
  }
  selection.measure_all();
  std::vector<std::uint8_t> used(vectors.count(), 0);
  for (const auto row : taken.empty() ? std::span<const std::uint32_t>(chosen.rows) : taken) {
    used[row] = 1;
  }
  while (chosen.rows.size() < count) {
    const auto next = selection.farthest();
    const float distance = std::sqrt(next.squared);
    if (used[next.row] != 0 || distance < distance_min) {
      break;  // every other row equals a chosen one, or is too near
    }
    used[next.row] = 1;
    chosen.rows.push_back(next.row);
    chosen.distances.push_back(distance);
    selection.add_centre(next.row);
  }
  return chosen;
}

std::vector<float> typicality(const Vectors& vectors, std::size_t k) {
  std::vector<std::uint32_t> self(vectors.count());
  std::iota(self.begin(), self.end(), 0U);
  const auto found = nearest_neighbours(vectors, vectors, k, self, self);
  double sum = 0;
  std::size_t count = 0;
  for (const float distance : found.distances) {
    if (std::isfinite(distance)) {
      sum += static_cast<double>(distance);
      ++count;
    }
  }
  const double scale = sum > 0 ? sum / static_cast<double>(count) : 1;
  std::vector<float> result(vectors.count(), 0);
  for (std::size_t row = 0; row < result.size(); ++row) {
    double near = 0;
    for (std::size_t i = 0; i < k; ++i) {
      near += std::exp(-static_cast<double>(found.distances[row * k + i]) / scale);
    }
    result[row] = static_cast<float>(near / static_cast<double>(k));
  }
  return result;
}

std::vector<std::uint32_t> weighted_sample(std::span<const double> weights, std::size_t count,
                                           std::uint64_t seed) {
  Rng rng(seed);
  std::vector<std::pair<double, std::uint32_t>> keys;
  for (std::size_t row = 0; row < weights.size(); ++row) {
    const double draw = 1 - rng.uniform();  // of every row, so that a weight moves no other's draw
    if (!(weights[row] >= 0) || std::isinf(weights[row])) {
      fail(ErrorCode::kInvalid,
           fmt::format("weight {} of row {} is not a number from 0 upwards", weights[row], row));
    }
    if (weights[row] > 0) {
      keys.emplace_back(-std::log(draw) / weights[row], static_cast<std::uint32_t>(row));
    }
  }
  count = std::min(count, keys.size());
  std::partial_sort(keys.begin(), keys.begin() + static_cast<std::ptrdiff_t>(count), keys.end());
  std::vector<std::uint32_t> rows;
  for (std::size_t i = 0; i < count; ++i) {
    rows.push_back(keys[i].second);
  }
  return rows;
}

}  // namespace spotter::kernels
