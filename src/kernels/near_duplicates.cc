#include "kernels/near_duplicates.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <mutex>
#include <numeric>

#include "base/error.h"
#include "base/parallel.h"
#include "base/random.h"
#include "kernels/distance.h"
#include "kernels/knn.h"
#include "kernels/overlapping_cells.h"
#include "kernels/principal_directions.h"
#include "kernels/products.h"
#include "kernels/union_find.h"

namespace spotter::kernels {
namespace {

constexpr std::size_t kDirectionsMax = 32;
constexpr std::size_t kReadRows = 2048;  // rows in memory at a time, a thread
constexpr std::size_t kTile = 480;       // rows that are multiplied with as many at once

// Multilinear hashing (Carter and Wegman 1979): equal rows have equal hashes, others hardly ever.
class RowHash {
 public:
  explicit RowHash(std::size_t dimensions) {
    for (std::size_t i = 0; i < dimensions; ++i) {
      factors_.push_back(mix_bits(i));
    }
  }
  [[nodiscard]] std::uint64_t operator()(std::span<const float> row) const {
    std::uint64_t sum = 0;
    for (std::size_t i = 0; i < row.size(); ++i) {
      sum += factors_[i] * std::bit_cast<std::uint32_t>(row[i] + 0.0F);  // -0 equals 0
    }
    return sum;
  }

 private:
  std::vector<std::uint64_t> factors_;
};

// Some rows, each read when first asked for and kept.
class RowBlock {
 public:
  RowBlock(const ReadRows& read, std::size_t dimensions) : read_(read), dimensions_(dimensions) {}
  void start(std::span<const std::uint32_t> rows) {
    rows_ = rows;
    places_.assign(rows.size(), kNowhere);
    values_.clear();
  }
  // Holds until the next call.
  std::span<const float> operator[](std::size_t i) {
    const bool unread = places_[i] == kNowhere;
    if (unread) {
      places_[i] = values_.size();
      values_.resize(values_.size() + dimensions_);
    }
    const auto values = std::span(values_).subspan(places_[i], dimensions_);
    if (unread) {
      read_(rows_[i], values);
    }
    return values;
  }

 private:
  static constexpr std::size_t kNowhere = ~std::size_t{0};
  const ReadRows& read_;
  std::size_t dimensions_;
  std::span<const std::uint32_t> rows_;
  std::vector<std::size_t> places_;
  std::vector<float> values_;
};

// One side of a pair of tiles: some rows, what they project to, and the group of each as known.
struct Side {
  Side(const ReadRows& read, std::size_t dimensions) : values(read, dimensions) {}
  std::span<const std::uint32_t> rows;
  std::vector<float> projections;
  std::vector<float> bars;  // a pair whose product is at least the sum of both may be near
  std::vector<std::uint32_t> groups;
  RowBlock values;
};

// A thread's memory while pairs of tiles are compared.
struct Work {
  Work(const ReadRows& read, std::size_t dimensions)
      : left(read, dimensions), right(read, dimensions) {}
  Side left;
  Side right;
  BlockProducts products;
  std::vector<BlockProducts::Pair> found;
};

class Duplicates {
 public:
  Duplicates(std::size_t rows, std::size_t dimensions, const ReadRows& read, float threshold)
      : rows_(rows), dimensions_(dimensions), read_(read), threshold_(threshold), groups_(rows) {}

  DuplicateGroups run() {
    result_.exact.resize(rows_);
    project();
    join_equal_rows();
    if (threshold_ > 0 && different_.size() > 1 && directions_ > 0) {
      join_near_rows();
    }
    result_.group.resize(rows_);
    for (std::uint32_t row = 0; row < rows_; ++row) {
      result_.group[row] = groups_.find(row);
    }
    return std::move(result_);
  }

 private:
  // Rows spread over the file, without those far from all others, which would turn the directions
  // to themselves: more than ten times the usual distance from the mean.
  std::vector<float> sample_rows() {
    const std::size_t wanted = std::min<std::size_t>(rows_, 4096);
    const std::vector<float> origin(dimensions_, 0.0F);
    std::vector<float> sample;
    std::vector<float> row(dimensions_);
    const auto far = [](float squared) { return !std::isfinite(squared); };
    for (std::size_t s = 0; s < wanted; ++s) {
      read_(s * rows_ / wanted, row);
      if (!far(squared_distance(row, origin))) {
        sample.insert(sample.end(), row.begin(), row.end());
      }
    }
    if (sample.empty()) {
      return sample;
    }
    const Vectors all{sample, dimensions_};
    const auto mean = mean_of(all);
    std::vector<float> squared;
    for (std::size_t s = 0; s < all.count(); ++s) {
      squared.push_back(squared_distance(all.row(s), mean));
    }
    auto sorted = squared;
    const auto middle = sorted.begin() + static_cast<std::ptrdiff_t>(sorted.size() / 2);
    std::nth_element(sorted.begin(), middle, sorted.end());
    std::vector<float> usual;
    for (std::size_t s = 0; s < all.count(); ++s) {
      if (squared[s] <= 100 * *middle) {
        usual.insert(usual.end(), all.row(s).begin(), all.row(s).end());
      }
    }
    return usual;
  }

  // One pass over the rows: hashes, and projections on the principal directions of a sample.
  void project() {
    const auto sample = sample_rows();
    std::vector<float> basis;
    std::vector<float> mean(dimensions_, 0.0F);
    if (!sample.empty()) {
      const Vectors vectors{sample, dimensions_};
      mean = mean_of(vectors);
      basis = principal_directions(vectors, std::min(kDirectionsMax, dimensions_));
    }
    directions_ = basis.size() / dimensions_;
    projections_.resize(rows_ * directions_);
    hashes_.resize(rows_);
    errors_.resize(rows_);
    // Rounding of a sum of products, in chains as long as BlockProducts makes them (Higham 2002,
    // section 3.1), and of what goes into it.
    const auto roundings =
        static_cast<double>(std::min<std::size_t>(dimensions_, 256) + dimensions_ / 256 + 8);
    const auto share = static_cast<float>(roundings * std::ldexp(1.0, -24) *
                                          std::sqrt(static_cast<double>(directions_)));
    const RowHash hash(dimensions_);
    parallel_for(rows_, kReadRows, [&](std::size_t begin, std::size_t end) {
      std::vector<float> values;
      BlockProducts products;
      products.set_right(basis, dimensions_);
      for (std::size_t first = begin; first < end; first += kReadRows) {
        const std::size_t count = std::min(kReadRows, end - first);
        values.resize(count * dimensions_);
        read_(first, values);
        for (std::size_t i = 0; i < count; ++i) {
          const auto row = std::span(values).subspan(i * dimensions_, dimensions_);
          hashes_[first + i] = hash(row);
          errors_[first + i] = share * std::sqrt(squared_distance(row, mean));
          for (std::size_t d = 0; d < dimensions_; ++d) {
            row[d] -= mean[d];  // small numbers keep their digits
          }
        }
        if (directions_ == 0) {
          continue;
        }
        products.set_left(values, dimensions_);
        products.multiply();
        for (std::size_t i = 0; i < count; ++i) {
          const auto projection = products.row(i);
          std::copy(projection.begin(), projection.end(),
                    projections_.begin() + static_cast<std::ptrdiff_t>((first + i) * directions_));
        }
      }
    });
  }

  // Rows with one hash are compared value by value; the first of equal ones goes on alone.
  void join_equal_rows() {
    std::iota(result_.exact.begin(), result_.exact.end(), 0U);
    std::vector<std::uint32_t> order = result_.exact;
    std::erase_if(order, [&](std::uint32_t row) { return std::isnan(errors_[row]); });
    std::sort(order.begin(), order.end(), [&](std::uint32_t a, std::uint32_t b) {
      return hashes_[a] != hashes_[b] ? hashes_[a] < hashes_[b] : a < b;
    });
    std::vector<float> first(dimensions_);
    std::vector<float> other(dimensions_);
    for (std::size_t begin = 0, end = 0; begin < order.size(); begin = end) {
      std::vector<std::uint32_t> firsts = {order[begin]};
      for (end = begin + 1; end < order.size() && hashes_[order[end]] == hashes_[order[begin]];
           ++end) {
        read_(order[end], other);
        const auto same = std::find_if(firsts.begin(), firsts.end(), [&](std::uint32_t row) {
          read_(row, first);
          return first == other;
        });
        if (same == firsts.end()) {
          firsts.push_back(order[end]);
        } else {
          result_.exact[order[end]] = *same;
          groups_.join(*same, order[end]);
        }
      }
    }
    hashes_ = {};
    for (std::uint32_t row = 0; row < rows_; ++row) {
      if (result_.exact[row] == row && std::isfinite(errors_[row])) {
        different_.push_back(row);
      }
    }
  }

  // Rows that may be near share a cell.
  void join_near_rows() {
    overlapping_cells({projections_, directions_, errors_}, std::move(different_),
                      1.0001F * threshold_, kTile,
                      [&](const Cells& cells) { join_in_cells(cells); });
  }

  // Each pair of tiles of a cell is multiplied.
  void join_in_cells(const Cells& cells) {
    struct Task {
      std::span<const std::uint32_t> cell;
      std::size_t tile;
    };
    std::vector<Task> tasks;
    std::size_t begin = 0;
    for (const std::size_t end : cells.ends) {
      const auto cell = std::span(cells.points).subspan(begin, end - begin);
      for (std::size_t tile = 0; tile < cell.size(); tile += kTile) {
        tasks.push_back({cell, tile});
      }
      begin = end;
    }
    parallel_for(tasks.size(), 16, [&](std::size_t first, std::size_t last) {
      Work work(read_, dimensions_);
      for (std::size_t t = first; t < last; ++t) {
        compare_tiles(tasks[t].cell, tasks[t].tile, work);
      }
    });
  }

  // The tile of `cell` that starts at `begin` with itself and those after it.
  void compare_tiles(std::span<const std::uint32_t> cell, std::size_t begin, Work& work) {
    bool loaded = false;
    for (std::size_t other = begin; other < cell.size(); other += kTile) {
      set_rows(work.left, cell.subspan(begin, std::min(kTile, cell.size() - begin)));
      set_rows(work.right, cell.subspan(other, std::min(kTile, cell.size() - other)));
      const auto joined = [&](const Side& side) {
        return std::all_of(side.groups.begin(), side.groups.end(),
                           [&](auto group) { return group == work.left.groups[0]; });
      };
      if (joined(work.left) && joined(work.right)) {
        continue;
      }
      if (!loaded) {
        load(work.left, true);
        work.products.set_left(work.left.projections, directions_);
        loaded = true;
      }
      load(work.right, false);
      work.products.set_right(work.right.projections, directions_);
      work.products.find(work.left.bars, work.right.bars, work.found);
      for (const auto& [i, j] : work.found) {
        if ((other != begin || i < j) && work.left.groups[i] != work.right.groups[j]) {
          measure(i, j, work);
        }
      }
    }
  }

  void set_rows(Side& side, std::span<const std::uint32_t> rows) {
    if (side.rows.data() != rows.data()) {
      side.rows = rows;
      side.values.start(rows);
    }
    side.groups.resize(rows.size());
    const std::scoped_lock lock(mutex_);
    std::transform(rows.begin(), rows.end(), side.groups.begin(),
                   [&](std::uint32_t row) { return groups_.find(row); });
  }

  // Nothing near may fall through: its distance is at most reach + both errors, whose square is at
  // most 1.01 (reach + one)^2 + 101 other^2; rounding of lengths and products is below 1e-5 of the
  // squared lengths.
  void load(Side& side, bool with_reach) {
    const std::vector<float> origin(directions_, 0.0F);
    side.projections.clear();
    side.bars.clear();
    for (const std::uint32_t row : side.rows) {
      const auto from = std::span(projections_).subspan(row * directions_, directions_);
      side.projections.insert(side.projections.end(), from.begin(), from.end());
      const float length = (1 - 1e-5F) * squared_distance(from, origin);
      const float near = with_reach ? 1.0001F * threshold_ + errors_[row] : errors_[row];
      side.bars.push_back((length - (with_reach ? 1.01F : 101.0F) * near * near) / 2);
    }
  }

  void measure(std::size_t i, std::size_t j, Work& work) {
    if (squared_distance(work.left.values[i], work.right.values[j]) > threshold_ * threshold_) {
      return;
    }
    const std::uint32_t a = work.left.groups[i];
    const std::uint32_t b = work.right.groups[j];
    std::replace(work.left.groups.begin(), work.left.groups.end(), b, a);
    std::replace(work.right.groups.begin(), work.right.groups.end(), b, a);
    const std::scoped_lock lock(mutex_);
    groups_.join(a, b);
  }

  std::size_t rows_;
  std::size_t dimensions_;
  const ReadRows& read_;
  float threshold_;
  std::size_t directions_ = 0;
  std::vector<float> projections_;  // rows × directions
  std::vector<float> errors_;       // of each row's projection, as a distance
  std::vector<std::uint64_t> hashes_;
  std::vector<std::uint32_t> different_;  // the first of equal rows, none that is not finite
  std::mutex mutex_;
  UnionFind groups_;
  DuplicateGroups result_;
};

}  // namespace

DuplicateGroups near_duplicates(std::size_t rows, std::size_t dimensions, const ReadRows& read,
                                float threshold) {
  return rows == 0 || dimensions == 0 ? DuplicateGroups()
                                      : Duplicates(rows, dimensions, read, threshold).run();
}

float usual_threshold(std::size_t rows, std::size_t dimensions, const ReadRows& read) {
  constexpr std::size_t kSampleMax = 20000;
  constexpr std::size_t kAskedMax = 500;
  constexpr float kShare = 0.13F;
  std::vector<std::uint32_t> numbers(rows);
  std::iota(numbers.begin(), numbers.end(), 0U);
  Rng(1, "threshold").shuffle(std::span(numbers));
  numbers.resize(std::min(rows, kSampleMax));
  std::vector<float> values(numbers.size() * dimensions);
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    read(numbers[i], std::span(values).subspan(i * dimensions, dimensions));
  }
  const Vectors base{values, dimensions};
  const std::size_t asked = std::min(numbers.size(), kAskedMax);
  const Vectors queries{std::span(values).first(asked * dimensions), dimensions};
  auto found = nearest_neighbours(queries, base, 1, std::span(numbers).first(asked), numbers);
  std::erase_if(found.distances, [](float d) { return !std::isfinite(d); });
  if (found.distances.empty()) {
    return 0;
  }
  const auto middle =
      found.distances.begin() + static_cast<std::ptrdiff_t>(found.distances.size() / 2);
  std::nth_element(found.distances.begin(), middle, found.distances.end());
  return kShare * *middle;
}

DuplicateGroups near_hashes(std::span<const std::uint64_t> hashes, int bits_max) {
  require(bits_max >= 0 && bits_max < 16, "near_hashes: bits_max");
  DuplicateGroups result;
  const auto count = static_cast<std::uint32_t>(hashes.size());
  UnionFind groups(count);
  std::vector<std::uint32_t> order(count);
  std::iota(order.begin(), order.end(), 0U);
  std::stable_sort(order.begin(), order.end(),
                   [&](std::uint32_t a, std::uint32_t b) { return hashes[a] < hashes[b]; });
  result.exact.resize(count);
  std::vector<std::uint32_t> different;  // the first row of each hash
  for (const auto row : order) {
    if (different.empty() || hashes[different.back()] != hashes[row]) {
      different.push_back(row);
    }
    result.exact[row] = different.back();
    groups.join(different.back(), row);
  }
  const int parts = bits_max + 1;
  for (int part = 0; bits_max > 0 && part < parts; ++part) {
    const int begin = 64 * part / parts;
    const int length = 64 * (part + 1) / parts - begin;
    const std::uint64_t mask = ((std::uint64_t{1} << length) - 1) << begin;
    const auto part_of = [&](std::uint32_t row) { return hashes[row] & mask; };
    std::sort(different.begin(), different.end(), [&](std::uint32_t a, std::uint32_t b) {
      return part_of(a) != part_of(b) ? part_of(a) < part_of(b) : a < b;
    });
    for (std::size_t i = 0; i < different.size(); ++i) {
      for (std::size_t j = i + 1;
           j < different.size() && part_of(different[i]) == part_of(different[j]); ++j) {
        if (std::popcount(hashes[different[i]] ^ hashes[different[j]]) <= bits_max) {
          groups.join(different[i], different[j]);
        }
      }
    }
  }
  result.group.resize(count);
  for (std::uint32_t row = 0; row < count; ++row) {
    result.group[row] = groups.find(row);
  }
  return result;
}

}  // namespace spotter::kernels
