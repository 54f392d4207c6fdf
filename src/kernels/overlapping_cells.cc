#include "kernels/overlapping_cells.h"

#include <algorithm>
#include <utility>

namespace spotter::kernels {
namespace {

struct Cut {
  std::size_t dimension = 0;
  float at = 0;
  double pairs = 1;  // left of those within the cell, as a share
};

constexpr std::size_t kPointsAtOnce = std::size_t{1} << 21;

class Cutter {
 public:
  Cutter(const UncertainPoints& points, float reach, std::size_t size,
         const std::function<void(const Cells&)>& use)
      : points_(points), reach_(reach), size_(size), use_(use) {}

  void cut(std::vector<std::uint32_t> members) {
    constexpr double kPairsMax = 0.85;  // else the cut is not worth its copies
    if (members.size() > size_) {
      const Cut best = best_cut(members);
      if (best.pairs <= kPairsMax && cut_at(best, members)) {
        return;
      }
    }
    cells_.points.insert(cells_.points.end(), members.begin(), members.end());
    cells_.ends.push_back(cells_.points.size());
    if (cells_.points.size() >= kPointsAtOnce) {
      flush();
    }
  }
  void flush() {
    use_(cells_);
    cells_.points.clear();
    cells_.ends.clear();
  }

 private:
  [[nodiscard]] float value(std::uint32_t point, std::size_t dimension) const {
    return points_.values[point * points_.dimensions + dimension];
  }

  // The places tried are the values of eight members in each dimension, counted among a sample.
  Cut best_cut(std::span<const std::uint32_t> members) {
    constexpr std::size_t kPlaces = 8;
    constexpr std::size_t kSample = 64;
    sample_.resize(kSample * points_.dimensions);
    for (std::size_t s = 0; s < kSample; ++s) {
      const auto member = members[s * members.size() / kSample];
      for (std::size_t dimension = 0; dimension < points_.dimensions; ++dimension) {
        sample_[dimension * kSample + s] = value(member, dimension);
      }
    }
    Cut best;
    for (std::size_t dimension = 0; dimension < points_.dimensions; ++dimension) {
      const float* values = sample_.data() + dimension * kSample;
      for (std::size_t place = 0; place < kPlaces; ++place) {
        const float at = values[place * (kSample / kPlaces)];
        int low = 0;
        int high = 0;
        for (std::size_t s = 0; s < kSample; ++s) {
          low += values[s] <= at + reach_ ? 1 : 0;
          high += values[s] > at ? 1 : 0;
        }
        const double pairs = static_cast<double>(low * low + high * high) / (kSample * kSample);
        if (pairs < best.pairs) {
          best = {dimension, at, pairs};
        }
      }
    }
    return best;
  }

  // False, and nothing done, when one side would hold nearly all members.
  bool cut_at(const Cut& where, std::vector<std::uint32_t>& members) {
    std::vector<std::uint32_t> low;
    std::vector<std::uint32_t> high;
    for (const auto member : members) {
      const float x = value(member, where.dimension);
      const float error = points_.errors[member];
      // Of two near points either both are below at + reach, or both are above `at`.
      if (x - error <= where.at + reach_) {
        low.push_back(member);
      }
      if (x + error > where.at) {
        high.push_back(member);
      }
    }
    if (std::max(low.size(), high.size()) > members.size() * 15 / 16) {
      return false;
    }
    members = {};  // its memory is not needed while the halves are cut
    cut(std::move(low));
    cut(std::move(high));
    return true;
  }

  const UncertainPoints& points_;
  float reach_;
  std::size_t size_;
  const std::function<void(const Cells&)>& use_;
  std::vector<float> sample_;
  Cells cells_;
};

}  // namespace

void overlapping_cells(const UncertainPoints& points, std::vector<std::uint32_t> members,
                       float reach, std::size_t size,
                       const std::function<void(const Cells&)>& use) {
  Cutter cutter(points, reach, size, use);
  cutter.cut(std::move(members));
  cutter.flush();
}

}  // namespace spotter::kernels
