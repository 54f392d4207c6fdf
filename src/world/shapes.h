// Small values that all drawing shares: colours, points, and sine and cosine that give the same
// bits on every machine (the C library's may differ in the last one, and labels must not).
#pragma once
#include <algorithm>
#include <cmath>
#include <cstdint>

namespace spotter::world {

struct Rgb {
  float r = 0;
  float g = 0;
  float b = 0;

  friend constexpr Rgb operator+(Rgb a, Rgb b) { return {a.r + b.r, a.g + b.g, a.b + b.b}; }
  friend constexpr Rgb operator-(Rgb a, Rgb b) { return {a.r - b.r, a.g - b.g, a.b - b.b}; }
  friend constexpr Rgb operator*(Rgb a, Rgb b) { return {a.r * b.r, a.g * b.g, a.b * b.b}; }
  friend constexpr Rgb operator*(Rgb a, float k) { return {a.r * k, a.g * k, a.b * k}; }
};

[[nodiscard]] constexpr Rgb mix(Rgb a, Rgb b, float share_of_b) {
  return a + (b - a) * share_of_b;
}
[[nodiscard]] constexpr float luminance(Rgb c) {
  return 0.3F * c.r + 0.59F * c.g + 0.11F * c.b;
}
[[nodiscard]] constexpr float f32(double value) {
  return static_cast<float>(value);
}
[[nodiscard]] constexpr float clamp01(float value) {
  return std::clamp(value, 0.0F, 1.0F);
}
// 0 below `low`, 1 above `high`, a straight line between.
[[nodiscard]] constexpr float ramp(double value, double low, double high) {
  return clamp01(f32((value - low) / (high - low)));
}

// The greatest whole number that is not above `value`; far quicker than std::floor where the
// processor is not known to round by itself.
[[nodiscard]] constexpr std::int64_t whole_below(double value) {
  const auto whole = static_cast<std::int64_t>(value);
  return whole - (static_cast<double>(whole) > value ? 1 : 0);
}

// A place in the world: metres right of the road's middle, above the ground, along the road.
struct Place {
  double right = 0;
  double up = 0;
  double along = 0;
};

struct Size {
  double width = 0;
  double height = 0;
  double length = 0;
};

// Taylor polynomial after reduction to a quarter turn; error below 1e-7.
[[nodiscard]] inline double sine(double radians) {
  double turns = radians * 0.15915494309189535;
  turns -= static_cast<double>(whole_below(turns));
  double sign = 1;
  if (turns >= 0.5) {
    turns -= 0.5;
    sign = -1;
  }
  if (turns > 0.25) {
    turns = 0.5 - turns;
  }
  const double x = turns * 6.283185307179586;
  const double q = x * x;
  return sign * x * (1 - q / 6 * (1 - q / 20 * (1 - q / 42 * (1 - q / 72 * (1 - q / 110)))));
}
[[nodiscard]] inline double cosine(double radians) {
  return sine(radians + 1.5707963267948966);
}

// A hash of two lattice coordinates as a number in [0, 1).
[[nodiscard]] inline float lattice(std::int64_t x, std::int64_t y, std::uint32_t salt) {
  auto h = static_cast<std::uint32_t>(x) * 0x9E3779B1U ^
           static_cast<std::uint32_t>(y) * 0x85EBCA77U ^ salt * 0xC2B2AE3DU;
  h = (h ^ (h >> 15)) * 0x2C1B3C6DU;
  h = (h ^ (h >> 12)) * 0x297A2D39U;
  h ^= h >> 15;
  return static_cast<float>(h >> 8) * 0x1.0p-24F;
}

// Smooth value noise in [0, 1) with features of size 1.
[[nodiscard]] inline float smooth_noise(double x, double y, std::uint32_t salt) {
  const std::int64_t ix = whole_below(x);
  const std::int64_t iy = whole_below(y);
  float u = f32(x - static_cast<double>(ix));
  float v = f32(y - static_cast<double>(iy));
  u = u * u * (3 - 2 * u);
  v = v * v * (3 - 2 * v);
  const float a = lattice(ix, iy, salt);
  const float b = lattice(ix + 1, iy, salt);
  const float c = lattice(ix, iy + 1, salt);
  const float d = lattice(ix + 1, iy + 1, salt);
  return a + (b - a) * u + (c - a + (a - b - c + d) * u) * v;
}

}  // namespace spotter::world
