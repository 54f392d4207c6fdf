// What lens, air and sensor do to the finished picture: glow, streaks of rain, drops on the glass,
// blur, grain. Colours only: labels are taken before.
#pragma once
#include <span>
#include <vector>

#include "base/random.h"
#include "world/pen.h"
#include "world/scene.h"

namespace spotter::world {

struct Picture {
  int width = 0;
  int height = 0;
  std::vector<Rgb> pixels;
  [[nodiscard]] Rgb& at(int x, int y) {
    return pixels[static_cast<std::size_t>(y) * static_cast<std::size_t>(width) +
                  static_cast<std::size_t>(x)];
  }
};

void apply_lens(Picture& picture, const Scene& scene, std::span<const Glow> glows, Rng rng);

}  // namespace spotter::world
