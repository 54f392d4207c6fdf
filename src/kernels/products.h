// Dot products between all rows of two blocks of vectors: what a matrix multiplication library
// does, for the shape that nearest neighbours need. Our own, because a library chooses its
// instructions by a list of processors: Debian's falls back to those of 2004 on a processor newer
// than its list.
#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

namespace spotter::kernels {

// Two blocks of rows, packed for the processor's vector registers, and the products of each pair.
// A block that is used several times is packed once. One thread; make one object a thread.
class BlockProducts {
 public:
  BlockProducts();
  // `rows`: count × dimensions, row-major. Both sides must have the same dimensions.
  void set_left(std::span<const float> rows, std::size_t dimensions);
  void set_right(std::span<const float> rows, std::size_t dimensions);
  // Computes every product; 2 × left × right × dimensions operations.
  void multiply();
  // Instead: only the pairs (left row i, right row j) whose product is at least left_bars[i] +
  // right_bars[j], in no order that means anything. The same operations, but no product leaves the
  // registers. At most 256 dimensions.
  using Pair = std::pair<std::uint32_t, std::uint32_t>;
  void find(std::span<const float> left_bars, std::span<const float> right_bars,
            std::vector<Pair>& found);
  // After `multiply`: the products of left row `i` with each right row.
  [[nodiscard]] std::span<const float> row(std::size_t i) const {
    return std::span(products_).subspan(i * stride_, right_.count);
  }
  [[nodiscard]] std::size_t left_count() const { return left_.count; }
  [[nodiscard]] std::size_t right_count() const { return right_.count; }

 private:
  struct Packed {
    std::size_t count = 0;
    std::size_t dimensions = 0;
    std::vector<float> values;  // panels of `width` rows, in each: dimension by dimension
  };
  static void pack(Packed& packed, std::span<const float> rows, std::size_t dimensions,
                   std::size_t width);

  std::size_t left_width_;  // rows of a panel: what fits the registers
  std::size_t right_width_;
  Packed left_;
  Packed right_;
  std::vector<float> products_;
  std::vector<float> left_bars_;  // of `find`, filled up to whole panels
  std::vector<float> right_bars_;
  std::size_t stride_ = 0;
};

}  // namespace spotter::kernels
