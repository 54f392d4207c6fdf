// Reproducible random numbers: the same seed gives the same stream on every machine. Seeds are
// mixed first (splitmix64), because neighbouring raw seeds would give shifted copies of one stream;
// no std::*_distribution is used, for their output differs between libraries.
#pragma once
#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <numbers>
#include <span>
#include <string_view>
#include <utility>

namespace spotter {

// splitmix64 finaliser (Steele, Lea and Flood 2014).
[[nodiscard]] constexpr std::uint64_t mix_bits(std::uint64_t x) {
  x += 0x9e3779b97f4a7c15ULL;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
  return x ^ (x >> 31);
}

// xoshiro256** (Blackman and Vigna 2018), seeded from mixed words. Not thread safe; fork one a
// thread.
class Rng {
 public:
  explicit Rng(std::uint64_t seed) {
    std::uint64_t word = mix_bits(seed);
    for (auto& s : state_) {
      word = mix_bits(word);
      s = word;
    }
  }
  // An independent stream for a named purpose or an index: Rng(seed, "rain"), Rng(seed, 17).
  Rng(std::uint64_t seed, std::uint64_t stream)
      : Rng(mix_bits(mix_bits(seed) ^ mix_bits(~stream))) {}
  Rng(std::uint64_t seed, std::string_view purpose) : Rng(seed, fold(purpose)) {}

  std::uint64_t next() {
    const std::uint64_t result = rotate(state_[1] * 5, 7) * 9;
    const std::uint64_t t = state_[1] << 17;
    state_[2] ^= state_[0];
    state_[3] ^= state_[1];
    state_[1] ^= state_[2];
    state_[0] ^= state_[3];
    state_[2] ^= t;
    state_[3] = rotate(state_[3], 45);
    return result;
  }
  // Uniform in [0, 1).
  double uniform() { return static_cast<double>(next() >> 11) * 0x1.0p-53; }
  double uniform(double low, double high) { return low + (high - low) * uniform(); }
  // Uniform in 0..count-1; count must be positive.
  std::uint64_t index(std::uint64_t count) { return next() % count; }
  bool chance(double probability) { return uniform() < probability; }
  // Standard normal by Box and Muller (one of the pair; the other is dropped for simplicity).
  double normal() {
    const double u = 1.0 - uniform();
    return std::sqrt(-2.0 * std::log(u)) * std::cos(2.0 * std::numbers::pi * uniform());
  }
  template <typename T>
  void shuffle(std::span<T> items) {
    for (std::size_t i = items.size(); i > 1; --i) {
      std::swap(items[i - 1], items[index(i)]);
    }
  }

 private:
  static constexpr std::uint64_t rotate(std::uint64_t x, int k) {
    return (x << k) | (x >> (64 - k));
  }
  static constexpr std::uint64_t fold(std::string_view text) {
    std::uint64_t h = 0xcbf29ce484222325ULL;
    for (const char c : text) {
      h = (h ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
    }
    return h;
  }
  std::array<std::uint64_t, 4> state_{};
};

}  // namespace spotter
