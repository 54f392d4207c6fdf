#include "world/ground.h"

#include "world/smooth.h"

namespace spotter::world {
namespace {

constexpr Rgb kPaintWhite = {0.78F, 0.78F, 0.75F};

struct Materials {
  Rgb road;
  Rgb pavement;
  Rgb verge;
  bool grass;
};

Materials materials_of(const Street& street) {
  const float tone = lattice(1, 2, street.salt) * 0.10F;
  switch (street.district) {
    case District::kOldTown:
      return {{0.27F + tone, 0.27F + tone, 0.275F + tone},
              {0.50F, 0.47F, 0.43F},
              {0.46F, 0.44F, 0.40F},
              false};
    case District::kSuburb:
      return {{0.25F + tone, 0.255F + tone, 0.26F + tone},
              {0.48F, 0.48F, 0.47F},
              {0.26F, 0.36F, 0.14F},
              true};
    case District::kCentre:
      return {{0.22F + tone, 0.22F + tone, 0.23F + tone},
              {0.52F, 0.51F, 0.50F},
              {0.50F, 0.49F, 0.48F},
              false};
    default:
      return {{0.33F + tone, 0.33F + tone, 0.32F + tone},
              {0.44F, 0.43F, 0.41F},
              {0.40F, 0.385F, 0.36F},
              false};
  }
}

Rgb road(const Street& street, const Rgb& base, const GroundPoint& p) {
  const double far = std::max(p.width, p.length * 0.35);
  float tone = 1 + 0.34F * fading_noise(p.right, p.along, 0.11, far, street.salt) +
               0.20F * fading_noise(p.right, p.along * 0.6, 0.7, far, street.salt + 1) +
               0.16F * fading_noise(p.right * 1.6, p.along * 0.25, 3, far, street.salt + 2);
  if (street.cobbles) {
    const float joints =
        std::max(pulse(p.right, 0.22, 0.04, p.width), pulse(p.along, 0.22, 0.04, p.length));
    const float stone =
        lattice(whole_below((p.right / 0.22)), whole_below((p.along / 0.22)), street.salt);
    tone *= 1 - 0.30F * joints + (stone - 0.5F) * 0.22F * clamp01(f32(1.5 - far / 0.22));
  } else {
    // Darker tracks where wheels roll, and patches of newer asphalt.
    const double lane = (street.road_half - 0.3) / street.lanes;
    const double in_lane =
        std::abs(p.right) - static_cast<double>(whole_below(std::abs(p.right) / lane)) * lane;
    tone *= 1 - 0.07F * within(std::abs(in_lane - lane / 2), lane * 0.2, lane * 0.36, 0.4);
    const auto cell = whole_below((p.along / 17));
    if (lattice(cell, 5, street.salt) < 0.35F) {
      const double from = 17 * static_cast<double>(cell) + 3;
      const double left = (lattice(cell, 6, street.salt) - 0.5) * street.road_half * 1.4;
      tone *= 1 - 0.22F * within(p.along, from, from + 5, p.length) *
                      within(p.right, left - 1, left + 1.1, p.width);
    }
  }
  return base * tone;
}

float marks(const Street& street, const GroundPoint& p) {
  if (street.cobbles) {
    return 0;
  }
  float paint = 0;
  if (street.lanes == 1) {
    paint = within(p.right, -0.07, 0.07, p.width) * pulse(p.along, 6, 3, p.length);
  } else {
    const double lane = (street.road_half - 0.3) / street.lanes;
    paint = within(std::abs(p.right), 0.06, 0.18, p.width) +
            within(std::abs(p.right), lane - 0.06, lane + 0.06, p.width) *
                pulse(p.along, 9, 3, p.length);
  }
  const double edge = street.road_half - 0.28;
  paint += 0.9F * within(std::abs(p.right), edge - 0.06, edge + 0.06, p.width);
  if (street.crossing_along > 0) {
    const float zone =
        within(p.along, street.crossing_along, street.crossing_along + 3.2, p.length);
    const float stripes = pulse(p.right, 1.0, 0.5, p.width) *
                          within(std::abs(p.right), -1, street.road_half - 0.2, p.width);
    paint = paint * (1 - zone) + zone * stripes;
  }
  if (paint <= 0) {
    return 0;
  }
  const float wear = fading_noise(p.right, p.along, 0.5, p.width, street.salt + 3);
  return clamp01(paint) * clamp01(0.82F + 0.9F * wear);
}

Rgb pavement(const Street& street, const Rgb& base, const GroundPoint& p) {
  const float joints =
      std::max(pulse(p.right, 0.5, 0.03, p.width), pulse(p.along, 0.5, 0.03, p.length));
  const float stone =
      lattice(whole_below((p.right * 2)), whole_below((p.along * 2)), street.salt + 7);
  const float near = clamp01(f32(1.5 - p.length / 0.5));
  return base * (1 - 0.25F * joints + (stone - 0.5F) * 0.12F * near +
                 0.18F * fading_noise(p.right, p.along, 1.2, p.width, street.salt + 8));
}

Rgb verge(const Street& street, const Materials& m, const GroundPoint& p) {
  const float fine = fading_noise(p.right, p.along, 0.08, p.width, street.salt + 9);
  const float coarse = fading_noise(p.right, p.along, 0.9, p.width, street.salt + 10);
  if (m.grass) {
    return mix(m.verge, {0.38F, 0.38F, 0.18F}, clamp01(0.3F + coarse)) * (1 + 0.6F * fine);
  }
  return m.verge * (1 + 0.2F * fine + 0.25F * coarse);
}

}  // namespace

Rgb ground_albedo(const Street& street, const GroundPoint& p, double wet) {
  const Materials m = materials_of(street);
  const double out = std::abs(p.right);
  const double kerb = street.road_half;
  const double walk_end = kerb + street.pavement;
  const float darker = 1 - 0.38F * f32(wet);
  Rgb colour;
  if (out < kerb + 0.2) {
    colour = mix(road(street, m.road, p) * darker, kPaintWhite, marks(street, p) * 0.85F);
    colour = colour * (1 - 0.3F * within(out, kerb - 0.18, kerb, p.width));  // gutter
    const Rgb stone = Rgb{0.56F, 0.55F, 0.53F} * (1 - 0.35F * pulse(p.along, 1.0, 0.03, p.length) -
                                                  0.28F * within(out, kerb, kerb + 0.06, p.width));
    colour = mix(colour, stone * darker, above(out, kerb, p.width));
  } else if (out < walk_end) {
    colour = pavement(street, m.pavement, p) * darker;
  } else {
    colour = verge(street, m, p) * (m.grass ? 1 - 0.15F * f32(wet) : darker);
  }
  return colour;
}

float puddle(const Street& street, const GroundPoint& p) {
  const float pool = smooth_noise(p.right * 0.55, p.along * 0.22, street.salt + 20);
  return clamp01((pool - 0.55F) * 4);
}

}  // namespace spotter::world
