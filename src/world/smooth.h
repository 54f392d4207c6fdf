// Patterns that stay smooth at any distance: each takes the footprint of a pixel and returns its
// mean.
#pragma once
#include <algorithm>
#include <cmath>

#include "world/shapes.h"

namespace spotter::world {

// The share of a pixel of this width that lies above `edge`.
[[nodiscard]] inline float above(double value, double edge, double footprint) {
  return clamp01(f32((value - edge) / std::max(footprint, 1e-9) + 0.5));
}

// The share inside [low, high].
[[nodiscard]] inline float within(double value, double low, double high, double footprint) {
  return std::max(0.0F, above(value, low, footprint) - above(value, high, footprint));
}

// The mean of a wave that is 1 in the first `duty` of each period, over a pixel.
[[nodiscard]] inline float pulse(double value, double period, double duty, double footprint) {
  const auto integral = [&](double x) {
    const auto whole = static_cast<double>(whole_below(x / period));
    return whole * duty + std::min(x - whole * period, duty);
  };
  const double width = std::max(footprint, 1e-6);
  return clamp01(f32((integral(value + width / 2) - integral(value - width / 2)) / width));
}

// Noise around 0 in -0.5..0.5 that fades out where a pixel is wider than the noise.
[[nodiscard]] inline float fading_noise(double x, double y, double size, double footprint,
                                        std::uint32_t salt) {
  const float fade = clamp01(f32(1.6 - footprint / size));
  return fade <= 0 ? 0 : (smooth_noise(x / size, y / size, salt) - 0.5F) * fade;
}

}  // namespace spotter::world
