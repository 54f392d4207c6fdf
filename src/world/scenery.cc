// Trees, street lamps and harbour cranes.
#include <numbers>

#include "world/pen.h"

namespace spotter::world {
namespace {

void draw_tree(Pen& pen, const Actor& actor, const Place& foot) {
  Rng rng(actor.look, "tree");
  Board board(pen, foot);
  const double h = actor.size.height;
  const double crown = actor.size.width / 2;
  const Rgb bark = {0.22F, 0.17F, 0.13F};
  const Rgb leaf = mix({0.12F, 0.24F, 0.08F}, {0.32F, 0.36F, 0.12F}, f32(rng.uniform()));
  board.limb({0, 0}, {0.03 * h, 0.5 * h}, 0.022 * h + 0.04, 0.012 * h + 0.02,
             {.albedo = bark, .across = -0.3F, .grain = 0.3F});
  const int count = pen.mirrored() ? 10 : 34;
  for (int i = 0; i < count; ++i) {
    const double angle = rng.uniform(0, 2 * std::numbers::pi);
    const double out = std::sqrt(rng.uniform()) * 0.78;
    const double x = out * cosine(angle) * crown;
    const double y = 0.66 * h + out * sine(angle) * 0.3 * h;
    const double r = rng.uniform(0.14, 0.26) * crown;
    const auto light = f32(0.72 + 0.9 * (y / h - 0.55) + rng.uniform(-0.14, 0.14));
    board.disc(x, y, r * 1.1, r, {.albedo = leaf * light, .grain = 0.4F});
  }
}

void draw_lamp(Pen& pen, const Actor& actor, const Place& foot, bool lit) {
  const double h = actor.size.height;
  const double inward = foot.right > 0 ? -1 : 1;
  Board board(pen, foot);
  const Paint pole{.albedo = {0.34F, 0.35F, 0.36F}, .across = -0.3F};
  board.limb({0, 0}, {0, h}, 0.06, 0.04, pole);
  board.limb({0, h}, {inward * 1.3, h + 0.15}, 0.035, 0.03, pole);
  const Rgb glow = lit ? Rgb{1.0F, 0.86F, 0.60F} : Rgb{};
  board.box(inward * 1.2 - 0.28, h + 0.05, inward * 1.2 + 0.28, h + 0.16,
            {.albedo = {0.4F, 0.4F, 0.4F}, .shine = glow});
  if (lit) {
    pen.glow(board.at(inward * 1.2, h + 0.1), 1.4, {0.75F, 0.52F, 0.28F});
  }
}

void draw_crane(Pen& pen, const Actor& actor, const Place& foot) {
  Rng rng(actor.look, "crane");
  Board board(pen, foot);
  const double h = actor.size.height;
  const double w = actor.size.width;
  const Paint steel{.albedo =
                        rng.chance(0.5) ? Rgb{0.16F, 0.30F, 0.52F} : Rgb{0.62F, 0.22F, 0.10F}};
  for (const double x : {-0.3, 0.0, 0.3}) {
    board.limb({x * w, 0}, {x * w * 0.9, h * 0.72}, 0.55, 0.45, steel);
  }
  board.limb({-0.3 * w, h * 0.35}, {0.3 * w, h * 0.35}, 0.4, 0.4, steel);
  board.limb({-0.34 * w, h * 0.72}, {0.34 * w, h * 0.72}, 0.8, 0.8, steel);
  const double boom = rng.chance(0.5) ? 1 : -1;
  board.limb({-0.4 * w * boom, h * 0.75}, {1.2 * w * boom, h * 0.78}, 0.6, 0.35, steel);
  board.limb({0, h * 0.72}, {0.1 * w * boom, h}, 0.4, 0.3, steel);
  board.limb({0.1 * w * boom, h}, {1.1 * w * boom, h * 0.78}, 0.12, 0.12, steel);
  board.limb({0.1 * w * boom, h}, {-0.38 * w * boom, h * 0.75}, 0.12, 0.12, steel);
}

}  // namespace

void draw_scenery(Pen& pen, const Actor& actor, const Place& foot, const Scene& scene) {
  switch (actor.kind) {
    case Kind::kTree:
      return draw_tree(pen, actor, foot);
    case Kind::kLamp:
      return draw_lamp(pen, actor, foot, scene.night);
    default:
      return draw_crane(pen, actor, foot);
  }
}

}  // namespace spotter::world
