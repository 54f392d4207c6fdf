#include "kernels/near_duplicates.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <mutex>
#include <numeric>
#include <unordered_map>

#include "base/error.h"
#include "base/parallel.h"
#include "base/random.h"
#include "kernels/distance.h"
#include "kernels/knn.h"
#include "kernels/principal_directions.h"
#include "kernels/products.h"
#include "kernels/union_find.h"

namespace spotter::kernels {
namespace {

constexpr std::size_t kDirectionsMax = 32;
constexpr std::size_t kReadRows = 2048;  // rows in memory at a time, a thread
constexpr std::size_t kBlock = 480;

std::uint64_t hash_of(std::span<const float> row) {
  std::uint64_t hash = row.size();
  for (const float value : row) {
    const float plain = value == 0 ? 0 : value;  // -0 equals 0
    hash = mix_bits(hash ^ std::bit_cast<std::uint32_t>(plain));
  }
  return hash;
}

class Duplicates {
 public:
  Duplicates(std::size_t rows, std::size_t dimensions, const ReadRows& read, float threshold)
      : rows_(rows), dimensions_(dimensions), read_(read), threshold_(threshold), groups_(rows) {}

  DuplicateGroups run() {
    result_.exact.resize(rows_);
    project();
    join_equal_rows();
    if (threshold_ > 0 && order_.size() > 1) {
      join_near_rows();
    }
    result_.group.resize(rows_);
    for (std::uint32_t row = 0; row < rows_; ++row) {
      result_.group[row] = groups_.find(row);
    }
    return std::move(result_);
  }

 private:
  // One pass over the rows: hashes, and projections on the principal directions of a sample.
  void project() {
    const std::size_t sampled = std::min<std::size_t>(rows_, 4096);
    std::vector<float> sample(sampled * dimensions_);
    for (std::size_t s = 0; s < sampled; ++s) {
      read_(s * rows_ / sampled, std::span(sample).subspan(s * dimensions_, dimensions_));
    }
    const auto basis =
        principal_directions({sample, dimensions_}, std::min(kDirectionsMax, dimensions_));
    directions_ = basis.size() / dimensions_;
    projections_.resize(rows_ * directions_);
    hashes_.resize(rows_);
    const std::vector<float> mean = mean_of({sample, dimensions_});
    parallel_for(rows_, kReadRows, [&](std::size_t begin, std::size_t end) {
      std::vector<float> values((end - begin) * dimensions_);
      read_(begin, values);
      for (std::size_t row = begin; row < end; ++row) {
        hashes_[row] = hash_of(std::span(values).subspan((row - begin) * dimensions_, dimensions_));
      }
      for (std::size_t i = 0; i < values.size(); ++i) {
        values[i] -= mean[i % dimensions_];  // small numbers keep their digits
      }
      BlockProducts products;
      products.set_right(basis, dimensions_);
      products.set_left(values, dimensions_);
      products.multiply();
      for (std::size_t row = begin; row < end; ++row) {
        const auto projection = products.row(row - begin);
        std::copy(projection.begin(), projection.end(),
                  projections_.begin() + static_cast<std::ptrdiff_t>(row * directions_));
      }
    });
  }

  // Rows with one hash are compared value by value; the first of equal ones goes on alone.
  void join_equal_rows() {
    std::unordered_multimap<std::uint64_t, std::uint32_t> firsts;
    firsts.reserve(rows_);
    std::vector<float> mine(dimensions_);
    std::vector<float> other(dimensions_);
    for (std::uint32_t row = 0; row < rows_; ++row) {
      result_.exact[row] = row;
      const auto [begin, end] = firsts.equal_range(hashes_[row]);
      for (auto it = begin; it != end; ++it) {
        read_(row, mine);
        read_(it->second, other);
        if (mine == other) {
          result_.exact[row] = it->second;
          groups_.join(it->second, row);
          break;
        }
      }
      if (result_.exact[row] == row) {
        firsts.emplace(hashes_[row], row);
        order_.push_back(row);
      }
    }
    std::sort(order_.begin(), order_.end(), [&](std::uint32_t a, std::uint32_t b) {
      const float x = projections_[a * directions_];
      const float y = projections_[b * directions_];
      return x != y ? x < y : a < b;
    });
  }

  // Blocks of rows by rising first projection; only blocks that can hold a near pair are
  // multiplied.
  void join_near_rows() {
    std::vector<float> sorted(order_.size() * directions_);
    std::vector<float> lengths(order_.size());
    const std::vector<float> origin(directions_, 0.0F);
    for (std::size_t i = 0; i < order_.size(); ++i) {
      const auto from = std::span(projections_).subspan(order_[i] * directions_, directions_);
      std::copy(from.begin(), from.end(),
                sorted.begin() + static_cast<std::ptrdiff_t>(i * directions_));
      lengths[i] = squared_distance(from, origin);
    }
    projections_ = {};
    const std::size_t blocks = (order_.size() + kBlock - 1) / kBlock;
    parallel_for(blocks, 1, [&](std::size_t begin, std::size_t end) {
      BlockProducts products;
      for (std::size_t i = begin; i < end; ++i) {
        compare_block(i, sorted, lengths, products);
      }
    });
  }

  void compare_block(std::size_t block, std::span<const float> sorted,
                     std::span<const float> lengths, BlockProducts& products) {
    const std::size_t begin = block * kBlock;
    const std::size_t end = std::min(order_.size(), begin + kBlock);
    products.set_left(sorted.subspan(begin * directions_, (end - begin) * directions_),
                      directions_);
    const float largest = sorted[(end - 1) * directions_];
    const float slack = 1e-3F * threshold_;
    for (std::size_t other = begin; other < order_.size(); other += kBlock) {
      if (sorted[other * directions_] - largest > threshold_ + slack) {
        break;
      }
      const std::size_t other_end = std::min(order_.size(), other + kBlock);
      products.set_right(sorted.subspan(other * directions_, (other_end - other) * directions_),
                         directions_);
      products.multiply();
      for (std::size_t i = begin; i < end; ++i) {
        find_near(i, other, products.row(i - begin), lengths);
      }
    }
  }

  // Row `i` of the order against those from `other` on.
  void find_near(std::size_t i, std::size_t other, std::span<const float> products,
                 std::span<const float> lengths) {
    // Rounding of the products grows with the lengths; nothing near may fall through.
    const float bar = threshold_ * threshold_ * 1.002F - lengths[i] + 1e-5F * lengths[i];
    constexpr std::size_t kScan = 16;
    for (std::size_t begin = 0; begin < products.size(); begin += kScan) {
      const std::size_t count = std::min(kScan, products.size() - begin);
      unsigned hits = 0;
      for (std::size_t c = 0; c < count; ++c) {
        const float length = lengths[other + begin + c];
        hits |= length - 2 * products[begin + c] <= bar + 1e-5F * length ? 1U : 0U;
      }
      for (std::size_t c = 0; hits != 0 && c < count; ++c) {
        const std::size_t j = other + begin + c;
        if (j > i && lengths[j] - 2 * products[begin + c] <= bar + 1e-5F * lengths[j]) {
          measure(order_[i], order_[j]);
        }
      }
    }
  }

  void measure(std::uint32_t a, std::uint32_t b) {
    {
      const std::scoped_lock lock(mutex_);
      if (groups_.find(a) == groups_.find(b)) {
        return;
      }
    }
    std::vector<float> x(dimensions_);
    std::vector<float> y(dimensions_);
    read_(a, x);
    read_(b, y);
    if (squared_distance(x, y) <= threshold_ * threshold_) {
      const std::scoped_lock lock(mutex_);
      groups_.join(a, b);
    }
  }

  std::size_t rows_;
  std::size_t dimensions_;
  const ReadRows& read_;
  float threshold_;
  std::size_t directions_ = 0;
  std::vector<float> projections_;  // rows × directions
  std::vector<std::uint64_t> hashes_;
  std::vector<std::uint32_t> order_;  // rows that differ, by their first projection
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
