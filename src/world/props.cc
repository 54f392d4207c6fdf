// Cones, and what is easily taken for them: drums, bollards, bins, bushes, signs and barriers.
#include "world/pen.h"

namespace spotter::world {
namespace {

constexpr Rgb kWhite = {0.80F, 0.80F, 0.78F};
constexpr Rgb kDark = {0.08F, 0.08F, 0.09F};

void draw_drum(Board& board, const Size& size, Rng& rng) {
  const double w = size.width / 2;
  const double h = size.height;
  const Rgb orange = Rgb{0.88F, 0.34F, 0.07F} * f32(rng.uniform(0.75, 1.1));
  board.box(-w * 1.1, 0, w * 1.1, 0.09, {.albedo = kDark});
  board.disc(0, 0.06, w * 1.1, 0.07, {.albedo = kDark});
  for (int i = 0; i < 5; ++i) {
    const double low = 0.08 + (h - 0.08) * i / 5;
    board.box(-w, low, w, low + (h - 0.08) / 5 + 0.005,
              {.albedo = i % 2 == 0 ? orange : kWhite, .across = -0.45F});
  }
  board.disc(0, h, w, 0.045, {.albedo = orange * 0.9F});
}

void draw_bollard(Board& board, const Size& size, Rng& rng) {
  const double w = size.width / 2;
  const bool banded = rng.chance(0.6);
  const Rgb body = rng.chance(0.25) ? Rgb{0.15F, 0.36F, 0.20F} : Rgb{0.16F, 0.16F, 0.17F};
  board.box(-w, 0, w, size.height, {.albedo = body, .across = -0.4F});
  board.disc(0, size.height, w, w * 0.8, {.albedo = body * 1.2F});
  if (banded) {
    board.box(-w, size.height * 0.72, w, size.height * 0.86, {.albedo = kWhite, .across = -0.3F});
  }
}

void draw_bin(Board& board, const Size& size, Rng& rng) {
  const double w = size.width / 2;
  const double h = size.height;
  const double dice = rng.uniform();
  const Rgb body = dice < 0.35  ? Rgb{0.12F, 0.34F, 0.16F}
                   : dice < 0.6 ? Rgb{0.22F, 0.23F, 0.25F}
                   : dice < 0.8 ? Rgb{0.10F, 0.22F, 0.46F}
                                : Rgb{0.72F, 0.40F, 0.08F};
  board.disc(-w * 0.7, 0.08, 0.07, 0.08, {.albedo = kDark});
  board.disc(w * 0.7, 0.08, 0.07, 0.08, {.albedo = kDark});
  board.shape({{-w * 0.82, 0.08}, {w * 0.82, 0.08}, {w, h * 0.9}, {-w, h * 0.9}},
              {.albedo = body, .down = -0.2F, .across = -0.25F});
  board.shape({{-w * 1.08, h * 0.89}, {w * 1.08, h * 0.89}, {w * 0.95, h}, {-w * 0.95, h}},
              {.albedo = body * 0.75F});
}

void draw_bush(Board& board, const Size& size, Rng& rng) {
  const Rgb leaf = mix({0.13F, 0.26F, 0.09F}, {0.30F, 0.38F, 0.14F}, f32(rng.uniform()));
  for (int i = 0; i < 22; ++i) {
    const double x = rng.uniform(-0.42, 0.42);
    const double y = rng.uniform(0.12, 0.86 - 1.1 * x * x);
    const double r = rng.uniform(0.10, 0.2) * size.height;
    const auto light = f32(0.65 + 0.6 * y + rng.uniform(-0.12, 0.12));
    board.disc(x * size.width, y * size.height, r * 1.15, r,
               {.albedo = leaf * light, .grain = 0.35F});
  }
}

void draw_diamond(Board& board, const Size& size, Rng& rng) {
  const double h = size.height;
  const double r = size.width / 2;
  const Rgb orange = Rgb{0.92F, 0.42F, 0.06F} * f32(rng.uniform(0.85, 1.05));
  board.limb({-0.3, 0}, {0, h * 0.55}, 0.02, 0.02, {.albedo = kDark});
  board.limb({0.3, 0}, {0, h * 0.55}, 0.02, 0.02, {.albedo = kDark});
  const double y = h - r;
  const auto diamond = [&](double s, Rgb colour) {
    board.shape({{-s, y}, {0, y - s}, {s, y}, {0, y + s}}, {.albedo = colour});
  };
  diamond(r, kDark);
  diamond(r * 0.93, orange);
  board.box(-r * 0.12, y - r * 0.4, r * 0.12, y + r * 0.1, {.albedo = kDark});
  board.disc(0, y + r * 0.28, r * 0.14, r * 0.14, {.albedo = kDark});
}

void draw_barrier(Board& board, const Size& size) {
  const double w = size.width / 2;
  const double h = size.height;
  for (const double x : {-w * 0.8, w * 0.8}) {
    board.limb({x, 0}, {x, h * 0.9}, 0.025, 0.025, {.albedo = {0.35F, 0.35F, 0.36F}});
  }
  for (const double low : {h * 0.36, h * 0.74}) {
    board.box(-w, low, w, low + 0.2, {.albedo = kWhite});
    for (int i = 0; i < 5; ++i) {
      const double x = -w + (2 * w) * i / 5;
      board.shape(
          {{x, low}, {x + w * 0.2, low}, {x + w * 0.36, low + 0.2}, {x + w * 0.16, low + 0.2}},
          {.albedo = {0.72F, 0.10F, 0.08F}});
    }
  }
}

void draw_sign(Board& board, const Size& size, Rng& rng) {
  const double h = size.height;
  const double r = size.width / 2;
  const double y = h - r;
  board.limb({0, 0}, {0, h - 0.1}, 0.03, 0.03, {.albedo = {0.5F, 0.51F, 0.52F}});
  const double dice = rng.uniform();
  if (dice < 0.4) {
    board.disc(0, y, r, r, {.albedo = {0.70F, 0.08F, 0.08F}});
    board.disc(0, y, r * 0.76, r * 0.76, {.albedo = kWhite});
    board.box(-r * 0.3, y - r * 0.3, r * 0.3, y + r * 0.3, {.albedo = kDark});
  } else if (dice < 0.7) {
    board.disc(0, y, r, r, {.albedo = {0.08F, 0.22F, 0.60F}});
    board.box(-r * 0.12, y - r * 0.5, r * 0.12, y + r * 0.5, {.albedo = kWhite});
  } else {
    board.shape({{-r, y - r * 0.8}, {r, y - r * 0.8}, {0, y + r}},
                {.albedo = {0.70F, 0.08F, 0.08F}});
    board.shape({{-r * 0.66, y - r * 0.6}, {r * 0.66, y - r * 0.6}, {0, y + r * 0.6}},
                {.albedo = kWhite});
  }
}

}  // namespace

void draw_cone(Pen& pen, const Actor& actor, const Place& foot) {
  Rng rng(actor.look, "cone");
  const double h = actor.size.height;
  const double w = actor.size.width / 2;
  const float wear = f32(rng.uniform(0.72, 1.08));
  const Rgb orange = Rgb{0.93F, f32(rng.uniform(0.27, 0.38)), 0.06F} * wear;
  const Rgb green = Rgb{f32(rng.uniform(0.05, 0.14)), f32(rng.uniform(0.50, 0.62)),
                        f32(rng.uniform(0.18, 0.30))} *
                    wear;
  const Rgb body = actor.green ? green : orange;
  const float across = f32(rng.uniform(-0.5, -0.2)) * (pen.light().sun_right < 0 ? 1.0F : -1.0F);
  const double lean = actor.fallen ? (rng.chance(0.5) ? 1.45 : -1.45) : rng.uniform(-0.05, 0.05);
  Board board(pen, {foot.right, actor.fallen ? w * 0.8 : 0, foot.along}, lean);
  const Rgb plate = rng.chance(0.5) ? kDark : body * 0.7F;
  board.shape({{-w, 0}, {w, 0}, {w * 0.94, h * 0.06}, {-w * 0.94, h * 0.06}}, {.albedo = plate});
  const double foot_half = w * 0.70;
  const double tip_half = w * 0.16;
  const auto half_at = [&](double share) { return foot_half + (tip_half - foot_half) * share; };
  const auto band = [&](double low, double high, const Paint& paint) {
    const double y1 = h * (0.06 + 0.94 * low);
    const double y2 = h * (0.06 + 0.94 * high);
    board.shape(
        {{-half_at(low), y1}, {half_at(low), y1}, {half_at(high), y2}, {-half_at(high), y2}},
        paint);
  };
  band(0, 1, {.albedo = body, .down = -0.12F, .across = across});
  const float spark = pen.light().night ? 0.10F : 0.0F;  // the bands throw light back
  const Paint white{.albedo = kWhite * wear, .shine = {spark, spark, spark}, .across = across};
  band(0.40, 0.62, white);
  if (h > 0.8 || rng.chance(0.5)) {
    band(0.74, 0.86, white);
  }
}

void draw_prop(Pen& pen, const Actor& actor, const Place& foot) {
  Rng rng(actor.look, "prop");
  Board board(pen, foot);
  switch (actor.kind) {
    case Kind::kDrum:
      return draw_drum(board, actor.size, rng);
    case Kind::kBollard:
      return draw_bollard(board, actor.size, rng);
    case Kind::kBin:
      return draw_bin(board, actor.size, rng);
    case Kind::kBush:
      return draw_bush(board, actor.size, rng);
    case Kind::kDiamond:
      return draw_diamond(board, actor.size, rng);
    case Kind::kBarrier:
      return draw_barrier(board, actor.size);
    default:
      return draw_sign(board, actor.size, rng);
  }
}

}  // namespace spotter::world
