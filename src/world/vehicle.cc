// Cars, vans and trucks: boxes with a cabin, glass, wheels and lights.
#include <array>

#include "world/pen.h"

namespace spotter::world {
namespace {

constexpr Rgb kGlass = {0.10F, 0.13F, 0.16F};
constexpr Rgb kRubber = {0.055F, 0.055F, 0.06F};
constexpr Rgb kTrim = {0.10F, 0.10F, 0.11F};
constexpr Rgb kChrome = {0.62F, 0.63F, 0.65F};

constexpr std::array kPaints = {
    Rgb{0.80F, 0.80F, 0.80F}, Rgb{0.62F, 0.64F, 0.66F}, Rgb{0.36F, 0.38F, 0.40F},
    Rgb{0.09F, 0.09F, 0.10F}, Rgb{0.52F, 0.07F, 0.07F}, Rgb{0.08F, 0.16F, 0.42F},
    Rgb{0.20F, 0.34F, 0.55F}, Rgb{0.66F, 0.56F, 0.40F}, Rgb{0.11F, 0.28F, 0.19F},
    Rgb{0.70F, 0.36F, 0.09F},
};

// Local coordinates: side (right of its own heading), up, front.
struct Local {
  double side = 0;
  double up = 0;
  double front = 0;
};

class VehicleDrawing {
 public:
  VehicleDrawing(Pen& pen, const Actor& actor, const Place& foot)
      : pen_(pen),
        foot_(foot),
        sin_(sine(actor.heading)),
        cos_(cosine(actor.heading)),
        rng_(actor.look),
        half_(actor.size.width / 2),
        height_(actor.size.height),
        reach_(actor.size.length / 2) {
    colour_ = kPaints[rng_.index(kPaints.size())] * f32(rng_.uniform(0.85, 1.1));
    moving_ = actor.moves();
  }

  void car() {
    const bool tall = height_ > 1.6;
    const double belt = height_ * 0.60;
    const double back = tall || rng_.chance(0.5) ? -0.96 : -0.62;
    hull(0.22, belt, belt * 0.92);
    cabin({.belt = belt,
           .roof = height_,
           .back_low = back,
           .back_high = back + 0.16,
           .front_high = 0.18,
           .front_low = 0.52,
           .glass = kGlass});
    wheels({-0.62, 0.62}, 0.31);
    ends(belt);
  }

  void van() {
    colour_ = rng_.chance(0.6) ? Rgb{0.82F, 0.82F, 0.80F} : colour_;
    const double belt = height_ * 0.5;
    hull(0.24, belt, belt * 0.94);
    cabin({.belt = belt,
           .roof = height_,
           .back_low = -0.99,
           .back_high = -0.97,
           .front_high = 0.5,
           .front_low = 0.86,
           .glass = kGlass,
           .cargo = true});
    wheels({-0.6, 0.64}, 0.34);
    ends(belt);
  }

  void truck() {
    const Rgb cab = colour_;
    hull(0.45, 1.15, 1.1);
    colour_ = rng_.chance(0.5) ? Rgb{0.80F, 0.80F, 0.78F} : Rgb{0.24F, 0.36F, 0.52F};
    block(0.98, 1.0, height_, -0.99, 0.46, 0.16F);
    colour_ = cab;
    cabin({.belt = 1.15,
           .roof = height_ * 0.86,
           .back_low = 0.5,
           .back_high = 0.52,
           .front_high = 0.92,
           .front_low = 0.98,
           .glass = kGlass});
    wheels({-0.72, -0.45, 0.7}, 0.48);
    ends(1.15);
  }

 private:
  struct Cabin {
    double belt;
    double roof;
    double back_low;  // shares of the half length, from the middle
    double back_high;
    double front_high;
    double front_low;
    Rgb glass;
    bool cargo = false;  // no side windows behind the seats
  };

  [[nodiscard]] Place place(const Local& p) const {
    return {foot_.right + p.side * cos_ + p.front * sin_, p.up,
            foot_.along - p.side * sin_ + p.front * cos_};
  }
  // Only sides that look at the camera are drawn.
  void face(std::initializer_list<Local> corners, const Local& normal, const Paint& paint) {
    const Place n = {normal.side * cos_ + normal.front * sin_, normal.up,
                     -normal.side * sin_ + normal.front * cos_};
    const Place first = place(*corners.begin());
    const Camera& camera = pen_.camera();
    const double facing = n.right * camera.right(first) + n.up * (first.up - camera.height_m) +
                          n.along * camera.ahead(first);
    if (facing >= 0) {
      return;
    }
    corners_.clear();
    for (const auto& c : corners) {
      corners_.push_back(place(c));
    }
    pen_.face(corners_, n, paint);
  }

  // The lower body with bonnet and boot.
  void hull(double floor, double belt, double nose) {
    const double w = half_;
    const double l = reach_;
    const Paint side{.albedo = colour_, .down = -0.35F};
    const Paint end{.albedo = colour_, .down = -0.3F};
    face({{-w, floor, -l}, {w, floor, -l}, {w, belt, -l * 0.97}, {-w, belt, -l * 0.97}},
         {0, 0.05, -1}, end);
    face({{-w, floor, l}, {w, floor, l}, {w, nose * 0.82, l}, {-w, nose * 0.82, l}}, {0, 0.05, 1},
         end);
    for (const double s : {-1.0, 1.0}) {
      face({{s * w, floor, -l},
            {s * w, belt, -l * 0.97},
            {s * w, belt, l * 0.5},
            {s * w, nose * 0.82, l},
            {s * w, floor, l}},
           {s, 0.1, 0}, side);
      face({{s * w, floor, -l * 0.98},
            {s * w, floor + 0.12, -l * 0.98},
            {s * w, floor + 0.12, l * 0.98},
            {s * w, floor, l * 0.98}},
           {s, 0, 0}, {.albedo = kTrim});
    }
    face({{-w, belt, l * 0.5}, {w, belt, l * 0.5}, {w, nose * 0.82, l}, {-w, nose * 0.82, l}},
         {0, 1, 0.25}, {.albedo = colour_, .down = 0.15F});
    face({{-w, belt, -l * 0.97}, {w, belt, -l * 0.97}, {w, belt, l * 0.5}, {-w, belt, l * 0.5}},
         {0, 1, 0}, {.albedo = colour_});
  }

  void block(double w_share, double floor, double roof, double back, double front, float down) {
    const double w = half_ * w_share;
    const double b = back * reach_;
    const double f = front * reach_;
    const Paint paint{.albedo = colour_, .down = -down};
    face({{-w, floor, b}, {w, floor, b}, {w, roof, b}, {-w, roof, b}}, {0, 0, -1}, paint);
    face({{-w, floor, f}, {w, floor, f}, {w, roof, f}, {-w, roof, f}}, {0, 0, 1}, paint);
    for (const double s : {-1.0, 1.0}) {
      face({{s * w, floor, b}, {s * w, roof, b}, {s * w, roof, f}, {s * w, floor, f}}, {s, 0, 0},
           paint);
    }
    face({{-0.02, floor + 0.1, b},
          {0.02, floor + 0.1, b},
          {0.02, roof - 0.1, b},
          {-0.02, roof - 0.1, b}},
         {0, 0, -1}, {.albedo = kTrim});
  }

  void cabin(const Cabin& c) {
    const double w = half_ * 0.98;
    const double top = half_ * (c.cargo ? 0.93 : 0.80);
    const double bl = c.back_low * reach_;
    const double bh = c.back_high * reach_;
    const double fh = c.front_high * reach_;
    const double fl = c.front_low * reach_;
    const Paint body{.albedo = colour_, .down = -0.1F};
    const Paint glass{.albedo = c.glass, .shine = pen_.light().sky * 0.10F, .down = -0.7F};
    const auto frame = [&](double share_in, const Paint& paint, bool front) {
      const double low = c.belt + (c.roof - c.belt) * share_in;
      const double high = c.roof - (c.roof - c.belt) * share_in;
      const double a = front ? fl : bl;
      const double b = front ? fh : bh;
      const double inset = 1 - share_in * 0.7;
      face({{-w * inset, low, a + (b - a) * share_in},
            {w * inset, low, a + (b - a) * share_in},
            {top * inset, high, b - (b - a) * share_in},
            {-top * inset, high, b - (b - a) * share_in}},
           {0, 0.5, front ? 1.0 : -1.0}, paint);
    };
    for (const double s : {-1.0, 1.0}) {
      face({{s * w, c.belt, bl}, {s * top, c.roof, bh}, {s * top, c.roof, fh}, {s * w, c.belt, fl}},
           {s, 0.2, 0}, body);
      side_glass(c, s, w, top, glass);
    }
    frame(0, body, false);
    frame(0, body, true);
    frame(0.14, glass, false);
    frame(0.10, glass, true);
    face({{-top, c.roof, bh}, {top, c.roof, bh}, {top, c.roof, fh}, {-top, c.roof, fh}}, {0, 1, 0},
         {.albedo = colour_});
  }

  void side_glass(const Cabin& c, double s, double w, double top, const Paint& glass) {
    const double low = c.belt + (c.roof - c.belt) * 0.1;
    const double high = c.roof - (c.roof - c.belt) * 0.14;
    const double in_low = w + (top - w) * 0.1;
    const double in_high = top + (w - top) * 0.14;
    const double fl = c.front_low * reach_ - 0.12;
    const double fh = c.front_high * reach_;
    const double bl = c.cargo ? fh - 0.55 : c.back_low * reach_ + 0.14;
    const double bh = c.cargo ? fh - 0.55 : c.back_high * reach_ + 0.06;
    const double pillar = (fl + bl) / 2 - 0.1;
    if (c.cargo) {
      face({{s * in_low, low, bl},
            {s * in_high, high, bh},
            {s * in_high, high, fh},
            {s * in_low, low, fl}},
           {s, 0.2, 0}, glass);
      return;
    }
    face({{s * in_low, low, bl},
          {s * in_high, high, bh},
          {s * in_high, high, pillar - 0.04},
          {s * in_low, low, pillar - 0.04}},
         {s, 0.2, 0}, glass);
    face({{s * in_low, low, pillar + 0.04},
          {s * in_high, high, pillar + 0.04},
          {s * in_high, high, fh},
          {s * in_low, low, fl}},
         {s, 0.2, 0}, glass);
  }

  void wheels(std::initializer_list<double> fronts, double radius) {
    constexpr int kCorners = 12;
    for (const double s : {-1.0, 1.0}) {
      for (const double share : fronts) {
        const double front = share * reach_;
        for (const auto& [grow, colour] :
             {std::pair{1.0, kRubber}, std::pair{0.56, kChrome * 0.7F}}) {
          corners_.clear();
          for (int i = 0; i < kCorners; ++i) {
            const double a = i * 6.283185307179586 / kCorners;
            corners_.push_back(place({s * (half_ + 0.01), radius + radius * grow * sine(a),
                                      front + radius * grow * cosine(a)}));
          }
          const Place n = {s * cos_, 0, -s * sin_};
          const double facing = n.right * pen_.camera().right(corners_[0]) +
                                n.along * pen_.camera().ahead(corners_[0]);
          if (facing < 0) {
            pen_.face(corners_, n, {.albedo = colour});
          }
        }
        // Seen from the end, a tyre is a dark block under the body.
        for (const double e : {-1.0, 1.0}) {
          const double f = front + e * radius;
          face({{s * half_, 0, f},
                {s * (half_ - 0.22), 0, f},
                {s * (half_ - 0.22), radius, f},
                {s * half_, radius, f}},
               {0, 0, e}, {.albedo = kRubber});
        }
      }
    }
  }

  // Bumpers, plates and lights at both ends.
  void ends(double belt) {
    const double w = half_;
    const double l = reach_ + 0.01;
    const double low = belt * 0.60;
    const double high = belt * 0.82;
    const bool night = pen_.light().night;
    const bool lit = night || pen_.light().haze_per_m > 0.004;
    const Rgb white = lit ? Rgb{0.95F, 0.92F, 0.8F} : Rgb{};
    const Rgb red = lit ? Rgb{0.55F, 0.03F, 0.02F} : Rgb{0.08F, 0, 0};
    for (const double e : {-1.0, 1.0}) {
      const double f = e * l;
      face({{-w * 0.97, 0.24, f},
            {w * 0.97, 0.24, f},
            {w * 0.97, belt * 0.45, f},
            {-w * 0.97, belt * 0.45, f}},
           {0, 0, e}, {.albedo = colour_ * 0.55F + kTrim * 0.5F});
      face({{-0.26, belt * 0.47, f},
            {0.26, belt * 0.47, f},
            {0.26, belt * 0.62, f},
            {-0.26, belt * 0.62, f}},
           {0, 0, e}, {.albedo = {0.75F, 0.75F, 0.68F}});
      for (const double s : {-1.0, 1.0}) {
        face({{s * w * 0.62, low, f},
              {s * w * 0.96, low, f},
              {s * w * 0.96, high, f},
              {s * w * 0.62, high, f}},
             {0, 0, e},
             {.albedo = e > 0 ? Rgb{0.8F, 0.82F, 0.85F} : Rgb{0.5F, 0.05F, 0.04F},
              .shine = e > 0 ? white : red});
        halo({s * w * 0.8, (low + high) / 2, f}, e, lit && (moving_ || !night));
      }
    }
    face({{-w * 0.55, belt * 0.55, l},
          {w * 0.55, belt * 0.55, l},
          {w * 0.5, belt * 0.75, l},
          {-w * 0.5, belt * 0.75, l}},
         {0, 0, 1}, {.albedo = kTrim});
  }

  void halo(const Local& lamp, double end, bool on) {
    const Place p = place(lamp);
    const double towards =
        (end * cos_ * -1) * pen_.camera().ahead(p) - end * sin_ * pen_.camera().right(p);
    if (!on || towards < 0.2) {
      return;
    }
    const float strength = pen_.light().night ? 1.0F : 0.35F;
    pen_.glow(p, end > 0 ? 0.9 : 0.5,
              (end > 0 ? Rgb{1.0F, 0.95F, 0.8F} : Rgb{0.8F, 0.08F, 0.05F}) * strength);
  }

  Pen& pen_;
  Place foot_;
  double sin_;
  double cos_;
  Rng rng_;
  double half_;
  double height_;
  double reach_;
  Rgb colour_;
  bool moving_ = false;
  std::vector<Place> corners_;
};

}  // namespace

void draw_vehicle(Pen& pen, const Actor& actor, const Place& foot) {
  VehicleDrawing drawing(pen, actor, foot);
  switch (actor.kind) {
    case Kind::kVan:
      drawing.van();
      break;
    case Kind::kTruck:
      drawing.truck();
      break;
    default:
      drawing.car();
  }
}

}  // namespace spotter::world
