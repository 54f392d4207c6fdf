// Rows grouped by a small key (picture, class): one counting sort instead of a map of lists.
#pragma once
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <span>
#include <vector>

namespace spotter::kernels {

class RowsBy {
 public:
  // keys: in 0 … count − 1. Rows of one key keep their order. Linear.
  template <typename Key>
  RowsBy(std::span<const Key> keys, std::size_t count) : first_(count + 1, 0), rows_(keys.size()) {
    for (const Key key : keys) {
      ++first_[static_cast<std::size_t>(key) + 1];
    }
    std::partial_sum(first_.begin(), first_.end(), first_.begin());
    auto next = first_;
    for (std::size_t i = 0; i < keys.size(); ++i) {
      rows_[next[static_cast<std::size_t>(keys[i])]++] = static_cast<std::uint32_t>(i);
    }
  }
  [[nodiscard]] std::span<const std::uint32_t> of(std::size_t key) const {
    return std::span(rows_).subspan(first_[key], first_[key + 1] - first_[key]);
  }
  [[nodiscard]] std::span<std::uint32_t> of(std::size_t key) {
    return std::span(rows_).subspan(first_[key], first_[key + 1] - first_[key]);
  }
  [[nodiscard]] std::span<const std::size_t> first() const { return first_; }  // count + 1
  [[nodiscard]] std::size_t count() const { return first_.size() - 1; }

 private:
  std::vector<std::size_t> first_;
  std::vector<std::uint32_t> rows_;
};

}  // namespace spotter::kernels
