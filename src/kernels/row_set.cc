#include "kernels/row_set.h"

// Counting bits is the whole cost of slice discovery. Processors since 2008 have an instruction for
// it, which a program for every x86-64 may use only where it is there.
#if defined(__x86_64__)
#define SPOTTER_POPCNT [[gnu::target("popcnt")]]
#else
#define SPOTTER_POPCNT
#endif

namespace spotter::kernels {
namespace {

template <typename Word>
inline std::size_t count_words(std::size_t size, const Word& word) {
  std::size_t total = 0;
  for (std::size_t i = 0; i < size; ++i) {
    total += static_cast<std::size_t>(__builtin_popcountll(word(i)));
  }
  return total;
}

bool has_popcnt() {
#if defined(__x86_64__)
  static const bool has = __builtin_cpu_supports("popcnt") != 0;
  return has;
#else
  return false;
#endif
}

SPOTTER_POPCNT std::size_t count_fast(const std::uint64_t* a, const std::uint64_t* b,
                                      std::size_t size) {
  std::size_t total = 0;
  for (std::size_t i = 0; i < size; ++i) {
    total += static_cast<std::size_t>(__builtin_popcountll(a[i] & b[i]));
  }
  return total;
}

SPOTTER_POPCNT std::size_t count_fast(const std::uint64_t* a, const std::uint64_t* b,
                                      const std::uint64_t* c, std::size_t size) {
  std::size_t total = 0;
  for (std::size_t i = 0; i < size; ++i) {
    total += static_cast<std::size_t>(__builtin_popcountll(a[i] & b[i] & c[i]));
  }
  return total;
}

}  // namespace

std::size_t count_common(std::span<const std::uint64_t> a, std::span<const std::uint64_t> b) {
  return has_popcnt() ? count_fast(a.data(), b.data(), a.size())
                      : count_words(a.size(), [&](std::size_t i) { return a[i] & b[i]; });
}

std::size_t count_common(std::span<const std::uint64_t> a, std::span<const std::uint64_t> b,
                         std::span<const std::uint64_t> c) {
  return has_popcnt() ? count_fast(a.data(), b.data(), c.data(), a.size())
                      : count_words(a.size(), [&](std::size_t i) { return a[i] & b[i] & c[i]; });
}

}  // namespace spotter::kernels
