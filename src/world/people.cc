// Pedestrians with a walking phase, and the umbrellas that some carry in the rain.
#include <array>
#include <numbers>

#include "world/pen.h"

namespace spotter::world {
namespace {

constexpr std::array kSkin = {Rgb{0.78F, 0.58F, 0.46F}, Rgb{0.62F, 0.43F, 0.32F},
                              Rgb{0.40F, 0.27F, 0.20F}, Rgb{0.85F, 0.66F, 0.55F}};
constexpr std::array kCloth = {
    Rgb{0.14F, 0.15F, 0.19F}, Rgb{0.10F, 0.10F, 0.11F}, Rgb{0.20F, 0.28F, 0.45F},
    Rgb{0.46F, 0.14F, 0.14F}, Rgb{0.62F, 0.60F, 0.56F}, Rgb{0.22F, 0.33F, 0.22F},
    Rgb{0.55F, 0.44F, 0.20F}, Rgb{0.44F, 0.28F, 0.44F}, Rgb{0.70F, 0.70F, 0.72F},
};
constexpr std::array kHair = {Rgb{0.08F, 0.06F, 0.05F}, Rgb{0.24F, 0.15F, 0.08F},
                              Rgb{0.55F, 0.42F, 0.22F}, Rgb{0.45F, 0.44F, 0.43F}};

class PersonDrawing {
 public:
  PersonDrawing(Pen& pen, const Actor& actor, const Place& foot, double seconds)
      : pen_(pen), board_(pen, foot), actor_(actor), rng_(actor.look), h_(actor.size.height) {
    const double speed =
        std::sqrt(actor.speed_along * actor.speed_along + actor.speed_right * actor.speed_right);
    const double start = rng_.uniform(0, 2 * std::numbers::pi);
    phase_ = speed > 0.1 ? start + seconds * 2 * std::numbers::pi * (0.6 + 0.35 * speed) : 0.5;
    profile_ = std::abs(sine(actor.heading));            // 1: seen from the side
    towards_ = cosine(actor.heading) < 0;                // we see the face
    direction_ = sine(actor.heading) >= 0 ? 1.0 : -1.0;  // which way the profile looks
    skin_ = kSkin[rng_.index(kSkin.size())];
    top_ = kCloth[rng_.index(kCloth.size())] * f32(rng_.uniform(0.8, 1.3));
    legs_ = kCloth[rng_.index(4)] * f32(rng_.uniform(0.8, 1.3));
    hair_ = kHair[rng_.index(kHair.size())];
    stout_ = rng_.uniform(0.9, 1.2);
  }

  void draw() {
    const double swing = sine(phase_);
    leg(-swing, 0.72F);
    arm(swing, 0.75F);
    leg(swing, 1.0F);
    torso();
    arm(-swing, 0.95F);
    head();
  }

 private:
  // One leg; `swing` in -1..1, brightness `k`.
  void leg(double swing, float k) {
    const double hip = 0.48 * h_;
    const double stand = 0.055 * h_ * (1 - profile_) * (swing >= 0 ? 1 : -1);
    const double step = 0.20 * h_ * swing * profile_ * direction_;
    const double lift = 0.05 * h_ * std::max(0.0, swing) * (1 - 0.3 * profile_);
    const Point knee = {stand * 0.9 + step * 0.55 + 0.02 * h_ * direction_ * profile_,
                        0.26 * h_ + lift * 0.6};
    const Point ankle = {stand * 0.9 + step, 0.04 * h_ + lift};
    const Paint cloth{.albedo = legs_ * k, .across = 0.25F};
    board_.limb({stand * 0.8, hip}, knee, 0.058 * h_ * stout_, 0.045 * h_ * stout_, cloth);
    board_.limb(knee, ankle, 0.043 * h_ * stout_, 0.030 * h_, cloth);
    const double toe = 0.05 * h_ * profile_ * direction_;
    board_.limb({ankle.x - toe * 0.3, ankle.y - 0.015 * h_}, {ankle.x + toe, ankle.y - 0.018 * h_},
                0.024 * h_, 0.02 * h_, {.albedo = {0.07F, 0.06F, 0.06F}});
  }

  void arm(double swing, float k) {
    const double width = shoulder();
    const double out = width * (1 - profile_) * (k > 0.8F ? 1 : -1);
    const double reach = 0.13 * h_ * swing * profile_ * direction_;
    const Point shoulder_at = {out * 0.92, 0.79 * h_};
    const Point elbow = {out * 1.12 + reach * 0.5, 0.62 * h_};
    const Point hand = {out * 1.08 + reach * 1.2, 0.48 * h_};
    const Paint cloth{.albedo = top_ * (k * 0.92F)};
    board_.limb(shoulder_at, elbow, 0.036 * h_, 0.030 * h_, cloth);
    board_.limb(elbow, hand, 0.028 * h_, 0.022 * h_, cloth);
    board_.disc(hand.x, hand.y - 0.01 * h_, 0.022 * h_, 0.024 * h_, {.albedo = skin_});
  }

  [[nodiscard]] double shoulder() const { return (0.125 - 0.045 * profile_) * h_ * stout_; }

  void torso() {
    const double s = shoulder();
    const double hip = s * 0.80;
    const Paint cloth{.albedo = top_, .down = -0.2F, .across = 0.25F};
    board_.shape({{-hip, 0.45 * h_},
                  {hip, 0.45 * h_},
                  {s, 0.76 * h_},
                  {s * 0.7, 0.83 * h_},
                  {-s * 0.7, 0.83 * h_},
                  {-s, 0.76 * h_}},
                 cloth);
    if (actor_.hi_vis) {
      vest(s, hip);
    } else if (rng_.chance(0.3) && (!towards_ || profile_ > 0.5)) {
      const double x = profile_ > 0.5 ? -direction_ * s * 0.9 : 0;
      board_.disc(x, 0.68 * h_, s * 0.75, 0.11 * h_,
                  {.albedo = top_ * 0.4F + Rgb{0.1F, 0.06F, 0.03F}});
    }
  }

  void vest(double s, double hip) {
    const bool orange = rng_.chance(0.6);
    const Rgb colour = orange ? Rgb{0.95F, 0.36F, 0.06F} : Rgb{0.72F, 0.86F, 0.10F};
    const float spark = pen_.light().night ? 0.12F : 0.0F;
    board_.shape({{-hip, 0.47 * h_},
                  {hip, 0.47 * h_},
                  {s * 0.96, 0.76 * h_},
                  {s * 0.5, 0.83 * h_},
                  {-s * 0.5, 0.83 * h_},
                  {-s * 0.96, 0.76 * h_}},
                 {.albedo = colour, .shine = colour * spark, .across = 0.25F});
    const Paint band{.albedo = {0.75F, 0.76F, 0.78F}, .shine = Rgb{0.5F, 0.5F, 0.5F} * (spark * 2)};
    board_.box(-hip * 1.02, 0.52 * h_, hip * 1.02, 0.55 * h_, band);
    board_.box(-s * 0.9, 0.61 * h_, s * 0.9, 0.64 * h_, band);
  }

  void head() {
    const double r = 0.062 * h_;
    const double x = 0.02 * h_ * profile_ * direction_;
    board_.limb({0, 0.82 * h_}, {x, 0.88 * h_}, 0.03 * h_, 0.03 * h_, {.albedo = skin_ * 0.85F});
    const bool hat = rng_.chance(0.2);
    board_.disc(x, 0.925 * h_, r * 0.86, r * 1.15,
                {.albedo = towards_ || profile_ > 0.4 ? skin_ : hair_, .across = 0.2F});
    const double back = towards_ ? 0 : -direction_ * profile_ * 0.3 * r;
    const Rgb cover = actor_.hi_vis ? Rgb{0.85F, 0.75F, 0.12F} : hat ? top_ * 0.7F : hair_;
    board_.disc(x + back, 0.955 * h_, r * 0.92, r * 0.72, {.albedo = cover});
  }

  Pen& pen_;
  Board board_;
  const Actor& actor_;
  Rng rng_;
  double h_;
  double phase_ = 0;
  double profile_ = 0;
  bool towards_ = false;
  double direction_ = 1;
  double stout_ = 1;
  Rgb skin_;
  Rgb top_;
  Rgb legs_;
  Rgb hair_;
};

}  // namespace

void draw_pedestrian(Pen& pen, const Actor& actor, const Place& foot, double seconds) {
  PersonDrawing(pen, actor, foot, seconds).draw();
}

void draw_umbrella(Pen& pen, const Actor& actor, const Place& foot) {
  Rng rng(actor.look, "umbrella");
  const double h = actor.size.height;
  const Rgb colour = kCloth[rng.index(kCloth.size())] * 1.2F;
  Board board(pen, {foot.right, foot.up, foot.along - 0.05});
  board.limb({0.12 * h, 0.6 * h}, {0.07 * h, 1.1 * h}, 0.006 * h, 0.006 * h,
             {.albedo = {0.2F, 0.2F, 0.2F}});
  board.shape({{-0.22 * h, 1.02 * h},
               {-0.14 * h, 1.12 * h},
               {0.06 * h, 1.17 * h},
               {0.26 * h, 1.12 * h},
               {0.34 * h, 1.02 * h},
               {0.2 * h, 1.04 * h},
               {0.06 * h, 1.03 * h},
               {-0.08 * h, 1.04 * h}},
              {.albedo = colour, .across = 0.4F});
}

}  // namespace spotter::world
