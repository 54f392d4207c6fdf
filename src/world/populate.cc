// What stands and moves in a scene: traffic, parked vehicles, people, works with cones, distractors
// and scenery. Positions are metres along the road from the vehicle's start.
#include <cmath>
#include <numbers>

#include "world/scene.h"

namespace spotter::world {
namespace {

constexpr double kPi = std::numbers::pi;

class Populator {
 public:
  Populator(Scene& scene, Rng& rng) : scene_(scene), street_(scene.street), rng_(rng) {}

  void run() {
    place_ego();
    lamps();
    parked();
    traffic();
    works();
    people();
    clutter();
    trees();
    if (street_.district == District::kHarbour) {
      cranes();
    }
  }

 private:
  // Whether the ground round a place is free; takes it if so.
  bool take(double right, double along, double radius) {
    for (const auto& spot : taken_) {
      const double dr = spot.right - right;
      const double da = (spot.along - along) * 0.7;
      const double gap = spot.up + radius;
      if (dr * dr + da * da < gap * gap) {
        return false;
      }
    }
    taken_.push_back({right, radius, along});
    return true;
  }

  Actor& add(Kind kind, Size size, double right, double along) {
    Actor actor{.kind = kind,
                .id = static_cast<int>(scene_.actors.size()) + 1,
                .look = rng_.next(),
                .size = size,
                .start = {right, 0, along}};
    scene_.actors.push_back(actor);
    return scene_.actors.back();
  }

  double side() { return rng_.chance(0.5) ? 1 : -1; }
  int count(double mean) {  // 0 … 2·mean, roughly even
    return static_cast<int>(rng_.uniform(0, 2 * mean + 1));
  }
  [[nodiscard]] double lane_width() const { return (street_.road_half - 0.3) / street_.lanes; }
  [[nodiscard]] double lane(int number) const { return lane_width() * (number + 0.5); }

  void place_ego() {
    ego_lane_ = street_.lanes > 1 ? static_cast<int>(rng_.index(2)) : 0;
    scene_.ego.start.right = lane(ego_lane_) + rng_.uniform(-0.35, 0.25);
    scene_.ego.swerve = rng_.uniform(-0.12, 0.12);
    taken_.push_back({scene_.ego.start.right, 2.0, 0});
  }

  void lamps() {
    if (rng_.chance(0.85)) {
      for (int i = 0; i < 6; ++i) {
        const double right = (i % 2 == 0 ? 1 : -1) * (street_.road_half + 0.6);
        const double along = kLampSpacing_m * i + kLampFirst_m;
        add(Kind::kLamp, {0.2, 6.5, 0.2}, right, along);
        taken_.push_back({right, 0.4, along});
      }
    }
  }

  Actor& vehicle(double right, double along, double heading) {
    const double dice = rng_.uniform();
    const bool heavy = street_.district == District::kHarbour;
    const double scale = rng_.uniform(0.93, 1.07);
    if (dice < (heavy ? 0.5 : 0.72)) {
      const double height = rng_.chance(0.3) ? 1.7 : 1.46;
      auto& a = add(Kind::kCar, {1.78 * scale, height, 4.3 * scale}, right, along);
      a.heading = heading;
      return a;
    }
    const bool van = dice < (heavy ? 0.72 : 0.93);
    auto& a = van ? add(Kind::kVan, {1.95, 2.2 * scale, 5.1 * scale}, right, along)
                  : add(Kind::kTruck, {2.4, 3.2 * scale, 7.8}, right, along);
    a.heading = heading;
    return a;
  }

  void parked() {
    const double density = street_.district == District::kCentre ? 0.25 : 0.5;
    for (const double s : {-1.0, 1.0}) {
      if (street_.lanes == 1 && s > 0 && rng_.chance(0.4)) {
        continue;
      }
      double along = rng_.uniform(2, 12);
      while (along < 60) {
        const double right = s * (street_.road_half - 0.35 + rng_.uniform(-0.1, 0.1));
        if (rng_.chance(density) && take(right, along, 2.4)) {
          vehicle(right, along, s > 0 || rng_.chance(0.3) ? 0 : kPi);
        }
        along += rng_.uniform(5.8, 9);
      }
    }
  }

  void traffic() {
    for (int lane_number = 0; lane_number < street_.lanes; ++lane_number) {
      double along = rng_.uniform(12, 45);
      while (along < 90) {  // with us
        if (rng_.chance(0.55) && take(lane(lane_number), along, 2.4)) {
          auto& a = vehicle(lane(lane_number) + rng_.uniform(-0.2, 0.2), along, 0);
          a.speed_along = lane_number == ego_lane_ ? scene_.ego.speed + rng_.uniform(-0.8, 1)
                                                   : rng_.uniform(4, 12);
          a.speed_along = std::max(0.0, a.speed_along);
        }
        along += rng_.uniform(14, 40);
      }
      along = rng_.uniform(8, 40);
      while (along < 100) {  // against us
        if (rng_.chance(0.6) && take(-lane(lane_number), along, 2.4)) {
          auto& a = vehicle(-lane(lane_number) + rng_.uniform(-0.2, 0.2), along, kPi);
          a.speed_along = -rng_.uniform(4, 12);
        }
        along += rng_.uniform(14, 40);
      }
    }
  }

  void cone(double right, double along) {
    if (!take(right, along, 0.25)) {
      return;
    }
    const double height = rng_.chance(0.7) ? rng_.uniform(0.65, 0.8) : rng_.uniform(0.85, 1.0);
    auto& a = add(Kind::kCone, {height * 0.52, height, height * 0.52}, right, along);
    a.green = street_.district == District::kHarbour;
    a.fallen = rng_.chance(0.04);
  }

  // A row of cones that narrows a lane, with what stands at such places.
  void taper(double s) {
    const double along = rng_.uniform(4.5, 20);
    const double edge = street_.road_half - rng_.uniform(0.2, 0.8);
    const double inset = rng_.uniform(0, 1.8);
    const double step = rng_.uniform(1.4, 3.4);
    const int cones = 3 + static_cast<int>(rng_.index(6));
    for (int i = 0; i < cones; ++i) {
      const double share = std::min(1.0, i / 3.0);
      cone(s * (edge - inset * share + rng_.uniform(-0.15, 0.15)),
           along + step * i + rng_.uniform(-0.2, 0.2));
    }
    const double inside = s * (edge + 0.3);
    if (rng_.chance(0.5)) {
      static_prop(rng_.chance(0.5) ? Kind::kDiamond : Kind::kBarrier, inside, along + step * 2);
    }
    if (rng_.chance(0.45)) {
      static_prop(Kind::kDrum, inside - s * 0.4, along + step * (1 + cones));
    }
    if (rng_.chance(0.5)) {
      auto& worker = person(inside, along + step * rng_.uniform(1, 4), 0);
      worker.hi_vis = true;
    }
  }

  void works() {
    const double dice = rng_.uniform();
    const int sites = dice < 0.22 ? 0 : dice < 0.8 ? 1 : 2;
    const double first = side();
    for (int i = 0; i < sites; ++i) {
      taper(i == 0 ? first : -first);
    }
    for (int i = count(1.2); i > 0; --i) {  // single cones, by the kerb or a parked van
      cone(side() * rng_.uniform(street_.road_half - 1, street_.road_half + 1.2),
           rng_.uniform(4.5, 24));
    }
  }

  Actor& person(double right, double along, double speed) {
    const double height = rng_.chance(0.1) ? rng_.uniform(1.1, 1.4) : rng_.uniform(1.58, 1.9);
    auto& a = add(Kind::kPedestrian, {height * 0.34, height, 0.3}, right, along);
    a.heading = rng_.chance(0.5) ? 0 : kPi;
    a.speed_along = speed * cosine(a.heading);
    a.later_along = a.speed_along;
    return a;
  }

  void people() {
    const double mean = street_.district == District::kHarbour  ? 1.2
                        : street_.district == District::kSuburb ? 2
                                                                : 3.5;
    for (int i = count(mean); i > 0; --i) {
      const double s = side();
      const double right = s * (street_.road_half + rng_.uniform(0.5, street_.pavement));
      const double along = rng_.uniform(5, 36);
      if (!take(right, along, 0.35)) {
        continue;
      }
      auto& a = person(right, along, rng_.chance(0.8) ? rng_.uniform(0.8, 1.7) : 0);
      a.hi_vis = rng_.chance(0.12);
      if (rng_.chance(0.25)) {
        cross(a, s);
      }
      if (rng_.chance(0.3)) {  // stops, starts or turns within the seen future
        a.change_s = rng_.uniform(0.6, 4);
        a.later_along = a.moves() && rng_.chance(0.6) ? 0 : rng_.uniform(-1.4, 1.4);
      }
    }
  }

  void cross(Actor& a, double s) {
    a.start.right = s * rng_.uniform(0, street_.road_half + 0.6);
    a.start.along = street_.crossing_along > 0 ? street_.crossing_along + rng_.uniform(0.5, 2.8)
                                               : a.start.along + 4;
    a.heading = s > 0 ? -kPi / 2 : kPi / 2;
    a.speed_right = -s * rng_.uniform(0.9, 1.7);
    a.later_right = a.speed_right;
    a.speed_along = 0;
    a.later_along = 0;
  }

  void static_prop(Kind kind, double right, double along) {
    Size size{0.5, 1, 0.5};
    switch (kind) {
      case Kind::kDrum:
        size = {0.58, 1.0, 0.58};
        break;
      case Kind::kBollard:
        size = {0.16, rng_.uniform(0.7, 1.0), 0.16};
        break;
      case Kind::kBin:
        size = {0.55, rng_.uniform(0.9, 1.15), 0.6};
        break;
      case Kind::kBush: {
        const double height = rng_.uniform(0.5, 1.3);
        size = {height * rng_.uniform(1, 1.8), height, height};
        break;
      }
      case Kind::kDiamond:
        size = {0.85, 1.55, 0.1};
        break;
      case Kind::kBarrier:
        size = {1.5, 1.05, 0.1};
        break;
      case Kind::kSign:
        size = {0.6, 2.5, 0.1};
        break;
      default:
        break;
    }
    if (take(right, along, size.width * 0.5)) {
      add(kind, size, right, along);
    }
  }

  void clutter() {
    const double kerb = street_.road_half;
    for (int i = count(1.2); i > 0; --i) {
      static_prop(Kind::kBin, side() * (kerb + rng_.uniform(0.5, 1.6)), rng_.uniform(5, 30));
    }
    if (rng_.chance(0.45)) {  // a row of bollards
      const double s = side();
      const double from = rng_.uniform(4, 16);
      for (int i = 0; i < 5; ++i) {
        static_prop(Kind::kBollard, s * (kerb + 0.35), from + 1.7 * i);
      }
    }
    for (int i = count(1.5); i > 0; --i) {
      static_prop(Kind::kBush, side() * (street_.front() - rng_.uniform(0.2, 1)),
                  rng_.uniform(6, 40));
    }
    for (int i = count(1); i > 0; --i) {
      static_prop(Kind::kSign, side() * (kerb + 0.5), rng_.uniform(7, 45));
    }
    if (rng_.chance(0.25)) {
      static_prop(Kind::kDiamond, side() * (kerb + rng_.uniform(-0.5, 0.5)), rng_.uniform(6, 30));
    }
    if (rng_.chance(0.25)) {
      static_prop(Kind::kDrum, side() * (kerb + rng_.uniform(-0.8, 0.5)), rng_.uniform(6, 30));
    }
  }

  void trees() {
    const double density = street_.district == District::kSuburb    ? 0.8
                           : street_.district == District::kCentre  ? 0.4
                           : street_.district == District::kOldTown ? 0.25
                                                                    : 0.12;
    const double right =
        street_.verge > 2 ? street_.front() - street_.verge * 0.5 : street_.road_half + 0.9;
    for (const double s : {-1.0, 1.0}) {
      for (double along = rng_.uniform(7, 16); along < 90; along += rng_.uniform(8, 15)) {
        if (rng_.chance(density) && take(s * right, along, 0.8)) {
          const double height = rng_.uniform(4, 8);
          add(Kind::kTree, {height * rng_.uniform(0.5, 0.75), height, 2}, s * right, along);
        }
      }
    }
  }

  void cranes() {
    for (int i = 1 + static_cast<int>(rng_.index(2)); i > 0; --i) {
      add(Kind::kCrane, {24, rng_.uniform(34, 46), 6}, side() * rng_.uniform(18, 60),
          rng_.uniform(110, 190));
    }
  }

  Scene& scene_;
  Street& street_;
  Rng& rng_;
  int ego_lane_ = 0;
  std::vector<Place> taken_;  // right, radius in `up`, along
};

}  // namespace

void populate(Scene& scene, Rng& rng) {
  Populator(scene, rng).run();
}

}  // namespace spotter::world
