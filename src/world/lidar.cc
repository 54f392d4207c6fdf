#include "world/lidar.h"

#include <fmt/format.h>

#include "world/outline.h"

namespace spotter::world {
namespace {

constexpr double kRange_m = 60;
constexpr int kPointsMin = 3;

// Nearly normal, with the same bits everywhere: no logarithm is taken.
double normal(Rng& rng) {
  return (rng.uniform() + rng.uniform() + rng.uniform() + rng.uniform() - 2) * 1.7320508;
}

double drop_share(const Scene& scene, double distance_m) {
  const double far = distance_m / 40;
  double share = 0.04 + 0.12 * far * far;
  if (scene.weather == Weather::kRain) {
    share += 0.05 + 0.008 * scene.rain_mm;
  } else if (scene.weather == Weather::kFog) {
    share += 0.08;
  }
  return share;
}

double returned_share(const Scene& scene) {
  if (scene.weather == Weather::kFog) {
    return 0.7;
  }
  return scene.weather == Weather::kRain ? 0.85 - 0.015 * scene.rain_mm : 1.0;
}

// Moves and stretches a box as a sensor's error at this distance would.
Box shaken(const Box& box, double pixels_per_m, double distance_m, Rng& rng) {
  const double error = (0.05 + 0.003 * distance_m) * pixels_per_m;
  const double dx = normal(rng) * error;
  const double dy = normal(rng) * error * 0.6;
  const double wider = 1 + 0.10 * normal(rng);
  const double taller = 1 + 0.08 * normal(rng);
  const double cx = (box.x1 + box.x2) / 2 + dx;
  const double half = box.width() / 2 * wider;
  const double bottom = box.y2 + dy;
  return {cx - half, bottom - box.height() * taller, cx + half, bottom};
}

class Scan {
 public:
  Scan(const Scene& scene, const Camera& camera, const Options& options, Rng& rng)
      : scene_(scene), camera_(camera), options_(options), rng_(rng) {}

  void see(const Solid& solid) {
    const Actor& actor = *solid.actor;
    const double ahead = camera_.ahead(solid.foot);
    const double right = camera_.right(solid.foot);
    const double distance = std::sqrt(ahead * ahead + right * right);
    const double luck = rng_.uniform(0.7, 1.3);
    const bool dropped = rng_.chance(drop_share(scene_, distance));
    if (distance > kRange_m || ahead < 1.5 || actor.kind == Kind::kLamp ||
        actor.kind == Kind::kCrane) {
      return;
    }
    const double area = std::min(actor.size.width, 2.5) * std::min(actor.size.height, 2.2);
    const double points =
        6500 * solid.uncovered * area * returned_share(scene_) * luck / (distance * distance + 4);
    const Box box =
        shaken(outline(actor, solid.foot, camera_), camera_.focal_px / ahead, distance, rng_);
    const double height = actor.size.height * (1 + 0.06 * normal(rng_));
    const double width = actor.size.width * (1 + 0.10 * normal(rng_));
    if (!dropped && points >= kPointsMin) {
      report(box, {distance * (1 + 0.004 * normal(rng_)), height, width, points});
    }
  }

  // Spray, birds, reflections: clusters where nothing is.
  void ghosts() {
    double mean = 0.25;
    if (scene_.weather == Weather::kRain) {
      mean = 0.8 + 0.1 * scene_.rain_mm;
    } else if (scene_.weather == Weather::kFog) {
      mean = 0.6;
    }
    for (int tries = 0; tries < 6; ++tries) {
      const bool there = rng_.chance(mean / 6);
      const double ahead = rng_.uniform(4, 30);
      const double right = rng_.uniform(-1, 1) * scene_.street.front();
      const double height = rng_.uniform(0.3, 1.3);
      const double width = rng_.uniform(0.2, 0.9);
      const double scale = camera_.focal_px / ahead;
      const double x = camera_.centre_px + (right - camera_.ego_right) * scale;
      const double y = camera_.horizon_px + (camera_.height_m - rng_.uniform(0, 0.3)) * scale;
      const double points = rng_.uniform(3, 8);
      if (there) {
        report({x - width * scale / 2, y - height * scale, x + width * scale / 2, y},
               {ahead, height, width, points});
      }
    }
  }

  [[nodiscard]] std::vector<Cluster> take() { return std::move(clusters_); }

 private:
  struct Measured {
    double distance_m;
    double height_m;
    double width_m;
    double points;
  };

  void report(const Box& box, const Measured& measured) {
    const Box inside = clip(box, options_.width, options_.height);
    if (!inside.valid() || inside.width() < 1 || inside.height() < 2) {
      return;
    }
    clusters_.push_back({.id = fmt::format("c{}", clusters_.size() + 1),
                         .box = inside,
                         .distance_m = measured.distance_m,
                         .height_m = measured.height_m,
                         .width_m = measured.width_m,
                         .points = static_cast<int>(measured.points)});
  }

  const Scene& scene_;
  const Camera& camera_;
  const Options& options_;
  Rng& rng_;
  std::vector<Cluster> clusters_;
};

}  // namespace

std::vector<Cluster> scan(const Scene& scene, const Camera& camera, const Options& options,
                          const std::vector<Solid>& solids, Rng rng) {
  Scan out(scene, camera, options, rng);
  for (const auto& solid : solids) {
    out.see(solid);
  }
  out.ghosts();
  return out.take();
}

}  // namespace spotter::world
