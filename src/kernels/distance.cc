#include "kernels/distance.h"

#include <cstring>

namespace spotter::kernels {
namespace {

using Lanes [[gnu::vector_size(64)]] = float;  // 16 sums, in one, two or four registers
constexpr std::size_t kLanes = 16;

// One body, compiled for several instruction sets below.
[[gnu::always_inline]] inline float sum_of_squares(const float* a, const float* b,
                                                   std::size_t count) {
  Lanes sums{};
  std::size_t i = 0;
  for (; i + kLanes <= count; i += kLanes) {
    Lanes x;
    Lanes y;
    std::memcpy(&x, a + i, sizeof(x));
    std::memcpy(&y, b + i, sizeof(y));
    const Lanes d = x - y;
    sums += d * d;
  }
  for (std::size_t lane = 0; i < count; ++i, ++lane) {
    const float d = a[i] - b[i];
    sums[lane] += d * d;
  }
  for (std::size_t width = kLanes / 2; width > 0; width /= 2) {
    for (std::size_t lane = 0; lane < width; ++lane) {
      sums[lane] += sums[lane + width];
    }
  }
  return sums[0];
}

float plain(const float* a, const float* b, std::size_t count) {
  return sum_of_squares(a, b, count);
}
#if defined(__x86_64__)
[[gnu::target("avx2")]] float avx2(const float* a, const float* b, std::size_t count) {
  return sum_of_squares(a, b, count);
}
[[gnu::target("avx512f")]] float avx512(const float* a, const float* b, std::size_t count) {
  return sum_of_squares(a, b, count);
}
#endif

using Sum = float (*)(const float*, const float*, std::size_t);

Sum widest() {
#if defined(__x86_64__)
  __builtin_cpu_init();
  if (__builtin_cpu_supports("avx512f")) {
    return avx512;
  }
  if (__builtin_cpu_supports("avx2")) {
    return avx2;
  }
#endif
  return plain;
}

}  // namespace

float squared_distance(std::span<const float> a, std::span<const float> b) {
  static const Sum sum = widest();
  return sum(a.data(), b.data(), a.size());
}

}  // namespace spotter::kernels
