#include "kernels/products.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <limits>

#include "base/error.h"

namespace spotter::kernels {
namespace {

using Lanes [[gnu::vector_size(64)]] = float;
constexpr std::size_t kLanes = 16;
constexpr std::size_t kDepth = 256;  // dimensions at a time: a right panel stays in the L1 cache

// Sums of one left panel of kRows rows with one right panel of kVectors × 16, in registers (Goto
// and van de Geijn 2008).
template <std::size_t kRows, std::size_t kVectors>
[[gnu::always_inline]] inline void add_products(const float* left, const float* right,
                                                std::size_t depth, Lanes (&sums)[kRows][kVectors]) {
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
}

// `first` starts the products in `out`, else they are added to.
template <std::size_t kRows, std::size_t kVectors>
[[gnu::always_inline]] inline void panel_products(const float* left, const float* right,
                                                  std::size_t depth, float* out, std::size_t stride,
                                                  bool first) {
  Lanes sums[kRows][kVectors] = {};
  add_products(left, right, depth, sums);
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

// Whether any product reaches its bars; if so, `out` (rows × 16 kVectors) holds what each is above
// them.
template <std::size_t kRows, std::size_t kVectors>
[[gnu::always_inline]] inline bool panel_above(const float* left, const float* right,
                                               std::size_t depth, const float* left_bars,
                                               const float* right_bars, float* out) {
  Lanes sums[kRows][kVectors] = {};
  add_products(left, right, depth, sums);
  Lanes bars[kVectors];
  std::memcpy(bars, right_bars, sizeof(bars));
  Lanes most = Lanes{} - std::numeric_limits<float>::infinity();  // what is not a number stays out
#pragma GCC unroll 16
  for (std::size_t r = 0; r < kRows; ++r) {
#pragma GCC unroll 4
    for (std::size_t v = 0; v < kVectors; ++v) {
      sums[r][v] -= bars[v] + left_bars[r];
      most = sums[r][v] > most ? sums[r][v] : most;
    }
  }
  bool any = false;
  for (std::size_t lane = 0; lane < kLanes; ++lane) {
    any |= most[lane] >= 0;
  }
  if (any) {
    std::memcpy(out, sums, sizeof(sums));
  }
  return any;
}

using PanelProducts = void (*)(const float*, const float*, std::size_t, float*, std::size_t, bool);
using PanelAbove = bool (*)(const float*, const float*, std::size_t, const float*, const float*,
                            float*);

// One body, compiled for several instruction sets.
struct Plain {
  static constexpr std::size_t kRows = 2;
  static constexpr std::size_t kVectors = 1;
  static void products(const float* left, const float* right, std::size_t depth, float* out,
                       std::size_t stride, bool first) {
    panel_products<kRows, kVectors>(left, right, depth, out, stride, first);
  }
  static bool above(const float* left, const float* right, std::size_t depth,
                    const float* left_bars, const float* right_bars, float* out) {
    return panel_above<kRows, kVectors>(left, right, depth, left_bars, right_bars, out);
  }
};
#if defined(__x86_64__)
struct Avx2 {
  static constexpr std::size_t kRows = 6;
  static constexpr std::size_t kVectors = 1;
  [[gnu::target("avx2,fma")]] static void products(const float* left, const float* right,
                                                   std::size_t depth, float* out,
                                                   std::size_t stride, bool first) {
    panel_products<kRows, kVectors>(left, right, depth, out, stride, first);
  }
  [[gnu::target("avx2,fma")]] static bool above(const float* left, const float* right,
                                                std::size_t depth, const float* left_bars,
                                                const float* right_bars, float* out) {
    return panel_above<kRows, kVectors>(left, right, depth, left_bars, right_bars, out);
  }
};
struct Avx512 {
  static constexpr std::size_t kRows = 12;
  static constexpr std::size_t kVectors = 2;
  [[gnu::target("avx512f")]] static void products(const float* left, const float* right,
                                                  std::size_t depth, float* out, std::size_t stride,
                                                  bool first) {
    panel_products<kRows, kVectors>(left, right, depth, out, stride, first);
  }
  [[gnu::target("avx512f")]] static bool above(const float* left, const float* right,
                                               std::size_t depth, const float* left_bars,
                                               const float* right_bars, float* out) {
    return panel_above<kRows, kVectors>(left, right, depth, left_bars, right_bars, out);
  }
};
#endif
constexpr std::size_t kPanelMax = 12 * 2 * kLanes;

struct Machine {
  std::size_t left_width;
  std::size_t right_width;
  PanelProducts products;
  PanelAbove above;
};

template <typename Set>
constexpr Machine machine_of() {
  return {Set::kRows, Set::kVectors * kLanes, Set::products, Set::above};
}

const Machine& machine() {
  static const Machine chosen = []() -> Machine {
#if defined(__x86_64__)
    __builtin_cpu_init();
    if (__builtin_cpu_supports("avx512f")) {
      return machine_of<Avx512>();
    }
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) {
      return machine_of<Avx2>();
    }
#endif
    return machine_of<Plain>();
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

void BlockProducts::find(std::span<const float> left_bars, std::span<const float> right_bars,
                         std::vector<Pair>& found) {
  require(left_.dimensions == right_.dimensions && left_.dimensions <= kDepth,
          "both blocks have the same dimensions, at most 256");
  const std::size_t dimensions = left_.dimensions;
  const auto fill = [](std::vector<float>& bars, std::span<const float> from, std::size_t width) {
    bars.assign(from.begin(), from.end());
    bars.resize((from.size() + width - 1) / width * width, std::numeric_limits<float>::infinity());
  };
  fill(left_bars_, left_bars, left_width_);
  fill(right_bars_, right_bars, right_width_);
  found.clear();
  std::array<float, kPanelMax> above;
  for (std::size_t j = 0; j < right_bars_.size(); j += right_width_) {
    for (std::size_t i = 0; i < left_bars_.size(); i += left_width_) {
      if (!machine().above(left_.values.data() + i * dimensions,
                           right_.values.data() + j * dimensions, dimensions, &left_bars_[i],
                           &right_bars_[j], above.data())) {
        continue;
      }
      for (std::size_t p = 0; p < left_width_ * right_width_; ++p) {
        if (above[p] >= 0) {
          found.emplace_back(i + p / right_width_, j + p % right_width_);
        }
      }
    }
  }
}

}  // namespace spotter::kernels
