// A set of row numbers as bits, for counting how many rows satisfy several conditions at once: an
// intersection of 100,000 rows costs about a microsecond. Not a general container.
#pragma once
#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

namespace spotter::kernels {

// Bits that are set in all of the words; spans of one length.
[[nodiscard]] std::size_t count_common(std::span<const std::uint64_t> a,
                                       std::span<const std::uint64_t> b);
[[nodiscard]] std::size_t count_common(std::span<const std::uint64_t> a,
                                       std::span<const std::uint64_t> b,
                                       std::span<const std::uint64_t> c);

class RowSet {
 public:
  RowSet() = default;
  // `full`: every row is in, else none.
  explicit RowSet(std::size_t row_count, bool full = false)
      : row_count_(row_count), words_((row_count + 63) / 64, full ? ~std::uint64_t{0} : 0) {
    if (full && row_count % 64 != 0) {
      words_.back() = (std::uint64_t{1} << (row_count % 64)) - 1;
    }
  }
  void add(std::size_t row) { words_[row / 64] |= std::uint64_t{1} << (row % 64); }
  [[nodiscard]] bool has(std::size_t row) const {
    return (words_[row / 64] >> (row % 64) & 1) != 0;
  }
  [[nodiscard]] std::size_t row_count() const { return row_count_; }

  [[nodiscard]] std::size_t count() const {
    std::size_t total = 0;
    for (const auto word : words_) {
      total += static_cast<std::size_t>(std::popcount(word));
    }
    return total;
  }
  // How many rows are in both, without building the intersection.
  [[nodiscard]] std::size_t count_with(const RowSet& other) const {
    return count_common(words_, other.words_);
  }
  // How many rows are in all three.
  [[nodiscard]] std::size_t count_with(const RowSet& a, const RowSet& b) const {
    return count_common(words_, a.words_, b.words_);
  }
  RowSet& operator&=(const RowSet& other) {
    for (std::size_t i = 0; i < words_.size(); ++i) {
      words_[i] &= other.words_[i];
    }
    return *this;
  }
  RowSet& operator|=(const RowSet& other) {
    for (std::size_t i = 0; i < words_.size(); ++i) {
      words_[i] |= other.words_[i];
    }
    return *this;
  }
  RowSet& remove(const RowSet& other) {
    for (std::size_t i = 0; i < words_.size(); ++i) {
      words_[i] &= ~other.words_[i];
    }
    return *this;
  }
  [[nodiscard]] friend RowSet operator&(RowSet a, const RowSet& b) { return std::move(a &= b); }

  // Calls take(row) for each row in the set, rising.
  template <typename Take>
  void each(const Take& take) const {
    for (std::size_t i = 0; i < words_.size(); ++i) {
      for (std::uint64_t word = words_[i]; word != 0; word &= word - 1) {
        take(i * 64 + static_cast<std::size_t>(std::countr_zero(word)));
      }
    }
  }

 private:
  std::size_t row_count_ = 0;
  std::vector<std::uint64_t> words_;
};

}  // namespace spotter::kernels
