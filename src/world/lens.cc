#include "world/lens.h"

namespace spotter::world {
namespace {

void add_glow(Picture& picture, const Glow& glow) {
  const double radius = std::max(1.5, glow.radius_px);
  const int x1 = std::max(0, static_cast<int>(glow.x - radius));
  const int x2 = std::min(picture.width - 1, static_cast<int>(glow.x + radius));
  const int y1 = std::max(0, static_cast<int>(glow.y - radius));
  const int y2 = std::min(picture.height - 1, static_cast<int>(glow.y + radius));
  for (int y = y1; y <= y2; ++y) {
    for (int x = x1; x <= x2; ++x) {
      const double dx = (x + 0.5 - glow.x) / radius;
      const double dy = (y + 0.5 - glow.y) / radius;
      const double q = dx * dx + dy * dy;
      if (q < 1) {
        const auto k = f32((1 - q) * (1 - q) * 0.35 + std::max(0.0, 1 - q * 18) * 0.65);
        Rgb& p = picture.at(x, y);
        p = p + glow.colour * k;
      }
    }
  }
}

// Moves each pixel by `share` towards the mean of its neighbours.
void blur(Picture& picture, float share) {
  const std::vector<Rgb> before = picture.pixels;
  const auto w = static_cast<std::size_t>(picture.width);
  for (std::size_t y = 1; y + 1 < static_cast<std::size_t>(picture.height); ++y) {
    for (std::size_t x = 1; x + 1 < w; ++x) {
      const std::size_t i = y * w + x;
      const Rgb sum = before[i - 1] + before[i + 1] + before[i - w] + before[i + w];
      picture.pixels[i] = mix(before[i], sum * 0.25F, share);
    }
  }
}

void streaks(Picture& picture, double rain_mm, bool night, Rng& rng) {
  const double scale = picture.width / 256.0;
  const int count = static_cast<int>((26 + 9 * rain_mm) * scale * scale);
  const double slant = rng.uniform(-0.25, 0.25);
  const Rgb colour = night ? Rgb{0.34F, 0.36F, 0.42F} : Rgb{0.80F, 0.83F, 0.87F};
  for (int i = 0; i < count; ++i) {
    double x = rng.uniform(-10, picture.width + 10);
    const double y = rng.uniform(-10, picture.height);
    const double length = rng.uniform(5, 14) * scale;
    const auto alpha = f32(rng.uniform(0.06, 0.2));
    for (int step = 0; step < static_cast<int>(length); ++step, x += slant) {
      const int px = static_cast<int>(x);
      const int py = static_cast<int>(y) + step;
      if (px >= 0 && px < picture.width && py >= 0 && py < picture.height) {
        picture.at(px, py) = mix(picture.at(px, py), colour, alpha);
      }
    }
  }
}

// A drop shows the picture behind it upside down and is bright at its lower rim.
void drop(Picture& picture, double cx, double cy, double radius) {
  const std::vector<Rgb> before = picture.pixels;
  const auto read = [&](double x, double y) {
    const auto px = static_cast<std::size_t>(std::clamp(static_cast<int>(x), 0, picture.width - 1));
    const auto py =
        static_cast<std::size_t>(std::clamp(static_cast<int>(y), 0, picture.height - 1));
    return before[py * static_cast<std::size_t>(picture.width) + px];
  };
  for (int y = static_cast<int>(cy - radius); y <= static_cast<int>(cy + radius); ++y) {
    for (int x = static_cast<int>(cx - radius); x <= static_cast<int>(cx + radius); ++x) {
      const double dx = (x + 0.5 - cx) / radius;
      const double dy = (y + 0.5 - cy) / (radius * 1.15);
      const double q = dx * dx + dy * dy;
      if (q >= 1 || x < 0 || y < 0 || x >= picture.width || y >= picture.height) {
        continue;
      }
      const Rgb seen = read(cx - dx * radius * 2.4, cy - dy * radius * 2.4);
      const auto rim = f32(std::max(0.0, q - 0.55) * (dy > 0 ? 0.5 : -0.25));
      Rgb& p = picture.at(x, y);
      p = mix(p, seen * (1 + rim), clamp01(f32((1 - q) * 3)) * 0.72F);
    }
  }
}

void drops(Picture& picture, double rain_mm, Rng& rng) {
  const double scale = picture.width / 256.0;
  const int count = 1 + static_cast<int>(rng.index(static_cast<std::uint64_t>(3 + rain_mm / 3)));
  for (int i = 0; i < count; ++i) {
    const double radius = rng.uniform(1.8, 4.2) * scale;
    const double x = rng.uniform(0, picture.width);
    const double y = rng.uniform(0, picture.height * 0.9);
    drop(picture, x, y, radius);
  }
}

// Less colour and contrast, as seen through falling water.
void dull(Picture& picture, float amount, Rgb air) {
  for (auto& p : picture.pixels) {
    const float grey = luminance(p);
    p = mix(mix(p, {grey, grey, grey}, 0.85F * amount), air, 0.42F * amount);
  }
}

void grain(Picture& picture, float strength, Rng& rng) {
  std::uint64_t bits = rng.next() | 1U;
  for (auto& p : picture.pixels) {
    bits ^= bits << 13;
    bits ^= bits >> 7;
    bits ^= bits << 17;
    const auto part = [&](unsigned shift) {
      return (static_cast<float>((bits >> shift) & 0xFFFFU) * 0x1.0p-16F - 0.5F) * strength;
    };
    const float grey = part(0);
    p = p + Rgb{grey + 0.5F * part(16), grey + 0.5F * part(32), grey + 0.5F * part(48)};
  }
}

void expose(Picture& picture, float gain, Rgb tint) {
  const float cx = static_cast<float>(picture.width) / 2;
  const float cy = static_cast<float>(picture.height) / 2;
  const Rgb scaled = tint * gain;
  for (int y = 0; y < picture.height; ++y) {
    for (int x = 0; x < picture.width; ++x) {
      const float dx = (static_cast<float>(x) - cx) / cx;
      const float dy = (static_cast<float>(y) - cy) / cy;
      Rgb& p = picture.at(x, y);
      p = p * scaled * (1 - 0.07F * (dx * dx + dy * dy));
    }
  }
}

}  // namespace

void apply_lens(Picture& picture, const Scene& scene, std::span<const Glow> glows, Rng rng) {
  for (const auto& glow : glows) {
    add_glow(picture, glow);
  }
  if (scene.weather == Weather::kRain) {
    const auto heavy = f32(0.45 + 0.05 * scene.rain_mm);
    dull(picture, heavy, scene.night ? Rgb{0.10F, 0.11F, 0.13F} : Rgb{0.60F, 0.62F, 0.65F});
    blur(picture, heavy * 0.5F);
    streaks(picture, scene.rain_mm, scene.night, rng);
    drops(picture, scene.rain_mm, rng);
  } else if (scene.weather == Weather::kFog) {
    blur(picture, 0.3F);
  }
  const auto gain = f32(rng.uniform(0.92, 1.1));
  const auto warm = f32(rng.uniform(-0.03, 0.04));
  expose(picture, gain * 1.17F, {1 + warm, 1, 1 - warm});
  grain(picture, scene.night ? 0.06F : 0.028F, rng);
}

}  // namespace spotter::world
