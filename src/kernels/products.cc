#include "kernels/products.h"

#include <algorithm>
#include <cstring>

#include "base/error.h"

namespace spotter::kernels {
namespace {

using Lanes [[gnu::vector_size(64)]] = float;
constexpr std::size_t kLanes = 16;
constexpr std::size_t kDepth = 256;  // dimensions at a time: a right panel stays in the L1 cache

// Products of one left panel of kRows rows with one right panel of kVectors × 16, all sums in
// registers (Goto and van de Geijn 2008). `first` starts the sums, else they are added to.
template <std::size_t kRows, std::size_t kVectors>
[[gnu::always_inline]] inline void panel_products(const float* left, const float* right,
                                                  std::size_t depth, float* out, std::size_t stride,
                                                  bool first) {
  Lanes sums[kRows][kVectors] = {};
  for (std::size_t k = 0; k < depth; ++k) {
    Lanes b[kVectors];
#pragma GCC unroll 4
    for (std::size_t v = 0; v < kVectors; ++v) {
      std::memcpy(&b[v], right + (k * kVectors + v) * kLanes, sizeof(Lanes));
    }
#pragma GCC unroll 16
    for (std::size_t r = 0; r < kRows; ++r) {
      const float a = left[k * kRows + r];
#pragma GCC unroll 4
      for (std::size_t v = 0; v < kVectors; ++v) {
        sums[r][v] += a * b[v];
      }
    }
  }
#pragma GCC unroll 16
  for (std::size_t r = 0; r < kRows; ++r) {
#pragma GCC unroll 4
    for (std::size_t v = 0; v < kVectors; ++v) {
      float* to = out + r * stride + v * kLanes;
      Lanes before{};
      if (!first) {
        std::memcpy(&before, to, sizeof(Lanes));
      }
      before += sums[r][v];
      std::memcpy(to, &before, sizeof(Lanes));
    }
  }
}

using PanelProducts = void (*)(const float*, const float*, std::size_t, float*, std::size_t, bool);

void plain(const float* left, const float* right, std::size_t depth, float* out, std::size_t stride,
           bool first) {
  panel_products<2, 1>(left, right, depth, out, stride, first);
}
#if defined(__x86_64__)
[[gnu::target("avx2,fma")]] void avx2(const float* left, const float* right, std::size_t depth,
                                      float* out, std::size_t stride, bool first) {
  panel_products<6, 1>(left, right, depth, out, stride, first);
}
[[gnu::target("avx512f")]] void avx512(const float* left, const float* right, std::size_t depth,
                                       float* out, std::size_t stride, bool first) {
  panel_products<12, 2>(left, right, depth, out, stride, first);
}
#endif

struct Machine {
  std::size_t left_width;
  std::size_t right_width;
  PanelProducts products;
};

const Machine& machine() {
  static const Machine chosen = []() -> Machine {
#if defined(__x86_64__)
    __builtin_cpu_init();
    if (__builtin_cpu_supports("avx512f")) {
      return {12, 2 * kLanes, avx512};
    }
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) {
      return {6, kLanes, avx2};
    }
#endif
    return {2, kLanes, plain};
  }();
  return chosen;
}

}  // namespace

BlockProducts::BlockProducts()
    : left_width_(machine().left_width), right_width_(machine().right_width) {}

void BlockProducts::pack(Packed& packed, std::span<const float> rows, std::size_t dimensions,
                         std::size_t width) {
  packed.dimensions = dimensions;
  packed.count = dimensions == 0 ? 0 : rows.size() / dimensions;
  const std::size_t panels = (packed.count + width - 1) / width;
  packed.values.resize(panels * width * dimensions);
  std::fill(packed.values.end() - static_cast<std::ptrdiff_t>(panels == 0 ? 0 : width * dimensions),
            packed.values.end(), 0.0F);
  constexpr std::size_t kPart = 64;  // dimensions at a time: what is written stays in the L1 cache
  for (std::size_t first = 0; first < packed.count; first += width) {
    float* panel = packed.values.data() + first * dimensions;
    const std::size_t last = std::min(packed.count, first + width);
    for (std::size_t part = 0; part < dimensions; part += kPart) {
      const std::size_t part_end = std::min(dimensions, part + kPart);
      for (std::size_t row = first; row < last; ++row) {
        const float* from = rows.data() + row * dimensions;
        float* to = panel + (row - first);
        for (std::size_t k = part; k < part_end; ++k) {
          to[k * width] = from[k];
        }
      }
    }
  }
}

void BlockProducts::set_left(std::span<const float> rows, std::size_t dimensions) {
  pack(left_, rows, dimensions, left_width_);
}

void BlockProducts::set_right(std::span<const float> rows, std::size_t dimensions) {
  pack(right_, rows, dimensions, right_width_);
}

void BlockProducts::multiply() {
  require(left_.dimensions == right_.dimensions, "both blocks have the same dimensions");
  const std::size_t dimensions = left_.dimensions;
  const std::size_t left_panels = (left_.count + left_width_ - 1) / left_width_;
  const std::size_t right_panels = (right_.count + right_width_ - 1) / right_width_;
  stride_ = right_panels * right_width_;
  products_.resize(left_panels * left_width_ * stride_);
  for (std::size_t k = 0; k < dimensions; k += kDepth) {
    const std::size_t depth = std::min(kDepth, dimensions - k);
    for (std::size_t j = 0; j < right_panels; ++j) {
      const float* right = right_.values.data() + (j * dimensions + k) * right_width_;
      for (std::size_t i = 0; i < left_panels; ++i) {
        const float* left = left_.values.data() + (i * dimensions + k) * left_width_;
        float* out = products_.data() + i * left_width_ * stride_ + j * right_width_;
        machine().products(left, right, depth, out, stride_, k == 0);
      }
    }
  }
}

}  // namespace spotter::kernels
