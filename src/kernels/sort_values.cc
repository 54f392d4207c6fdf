#include "kernels/sort_values.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace spotter::kernels {
namespace {

constexpr unsigned kDigitBits = 11;
constexpr std::size_t kDigits = std::size_t{1} << kDigitBits;
constexpr std::size_t kPasses = (64 + kDigitBits - 1) / kDigitBits;
constexpr std::uint64_t kSign = std::uint64_t{1} << 63;

// Bits that sort as unsigned numbers the way the values sort.
std::uint64_t key_of(double value) {
  const auto bits = std::bit_cast<std::uint64_t>(value);
  return (bits & kSign) != 0 ? ~bits : bits | kSign;
}

double value_of(std::uint64_t key) {
  return std::bit_cast<double>((key & kSign) != 0 ? key & ~kSign : ~key);
}

std::size_t digit(std::uint64_t key, std::size_t pass) {
  return static_cast<std::size_t>(key >> (pass * kDigitBits)) & (kDigits - 1);
}

}  // namespace

void sort_values(std::vector<double>& values) {
  if (values.size() < kDigits) {
    std::sort(values.begin(), values.end(),
              [](double a, double b) { return key_of(a) < key_of(b); });
    return;
  }
  std::vector<std::uint64_t> keys(values.size());
  std::vector<std::array<std::size_t, kDigits>> counts(kPasses);
  for (std::size_t i = 0; i < values.size(); ++i) {
    keys[i] = key_of(values[i]);
    for (std::size_t pass = 0; pass < kPasses; ++pass) {
      ++counts[pass][digit(keys[i], pass)];
    }
  }
  std::vector<std::uint64_t> moved(keys.size());
  for (std::size_t pass = 0; pass < kPasses; ++pass) {
    auto& at = counts[pass];
    if (at[digit(keys[0], pass)] == keys.size()) {
      continue;  // all alike: numbers of few digits need few passes
    }
    std::size_t sum = 0;
    for (auto& count : at) {
      const std::size_t begin = sum;
      sum += count;
      count = begin;
    }
    for (const auto key : keys) {
      moved[at[digit(key, pass)]++] = key;
    }
    keys.swap(moved);
  }
  std::transform(keys.begin(), keys.end(), values.begin(), value_of);
}

}  // namespace spotter::kernels
