#include "world/scene.h"

#include <array>
#include <cmath>

#include <fmt/format.h>

namespace spotter::world {
namespace {

constexpr TimeMs kWeekMs = TimeMs{7} * 24 * 3600 * 1000;
constexpr TimeMs kFirstMonday = 1'767'571'200'000;  // 2026-01-05T00:00:00Z

Weather choose_weather(const Options& options, const SceneId& id, Rng& rng) {
  const double dice = rng.uniform();
  if (!options.only_weather.empty()) {
    return options.only_weather == "rain"  ? Weather::kRain
           : options.only_weather == "fog" ? Weather::kFog
                                           : Weather::kClear;
  }
  if (id.week < options.rain_week) {
    return Weather::kClear;
  }
  if (dice < options.rain_share) {
    return Weather::kRain;
  }
  return dice < options.rain_share * 1.16 ? Weather::kFog : Weather::kClear;
}

District choose_district(const Options& options, const SceneId& id, Rng& rng) {
  const bool open = id.week >= options.green_week && rng.chance(options.harbour_share);
  const double dice = rng.uniform();
  for (const auto d :
       {District::kOldTown, District::kSuburb, District::kCentre, District::kHarbour}) {
    if (name(d) == options.only_district) {
      return d;
    }
  }
  if (open) {
    return District::kHarbour;
  }
  return dice < 0.36 ? District::kOldTown : dice < 0.7 ? District::kSuburb : District::kCentre;
}

bool choose_night(const Options& options, Rng& rng) {
  const bool dice = rng.chance(options.night_share);
  return options.only_time.empty() ? dice : options.only_time == "night";
}

Street make_street(District district, Rng& rng) {
  Street street{.district = district, .salt = static_cast<std::uint32_t>(rng.next())};
  switch (district) {
    case District::kOldTown:
      street.road_half = rng.uniform(3.4, 4.2);
      street.pavement = rng.uniform(1.8, 2.8);
      street.verge = rng.uniform(0.1, 0.6);
      street.cobbles = rng.chance(0.35);
      break;
    case District::kSuburb:
      street.road_half = rng.uniform(3.6, 4.4);
      street.pavement = rng.uniform(1.6, 2.2);
      street.verge = rng.uniform(4, 8);
      break;
    case District::kCentre:
      street.road_half = rng.uniform(6.6, 7.4);
      street.pavement = rng.uniform(3, 4.5);
      street.verge = rng.uniform(0.3, 2);
      street.lanes = 2;
      break;
    case District::kHarbour:
      street.road_half = rng.uniform(4.6, 5.6);
      street.pavement = rng.uniform(1.4, 2.4);
      street.verge = rng.uniform(3, 7);
      break;
  }
  street.curve = rng.chance(0.5) ? rng.uniform(-0.0016, 0.0016) : 0;
  street.crossing_along = rng.chance(0.3) ? rng.uniform(12, 32) : -1;
  return street;
}

void set_air(Scene& scene, Rng& rng) {
  scene.cloud = rng.uniform(0, 1);
  scene.sun_side = rng.uniform(-1, 1);
  scene.sun_height = rng.uniform(0.35, 0.95);
  scene.sight_m = rng.uniform(500, 1500);
  const double strength = rng.uniform();
  if (scene.weather == Weather::kRain) {
    scene.cloud = 1;
    scene.rain_mm = std::floor((1 + 9 * strength) * 10) / 10;
    scene.sight_m = 170 - 9 * scene.rain_mm;
  } else if (scene.weather == Weather::kFog) {
    scene.cloud = 1;
    scene.sight_m = 22 + 30 * strength;
  }
}

}  // namespace

std::string name(Weather weather) {
  constexpr std::array kNames = {"clear", "rain", "fog"};
  return kNames[static_cast<std::size_t>(weather)];
}

std::string name(District district) {
  constexpr std::array kNames = {"old_town", "suburb", "centre", "harbour"};
  return kNames[static_cast<std::size_t>(district)];
}

std::string class_of(Kind kind) {
  switch (kind) {
    case Kind::kCar:
    case Kind::kVan:
    case Kind::kTruck:
      return "vehicle";
    case Kind::kPedestrian:
      return "pedestrian";
    case Kind::kCone:
      return "cone";
    default:
      return "";
  }
}

Place Actor::at(double seconds) const {
  const double first = std::min(seconds, change_s);
  const double second = seconds - first;
  return {start.right + speed_right * first + later_right * second, start.up,
          start.along + speed_along * first + later_along * second};
}

bool Actor::moves() const {
  return speed_right != 0 || speed_along != 0 || later_right != 0 || later_along != 0;
}

Place Ego::at(double seconds) const {
  return {start.right + swerve * seconds, 0, start.along + speed * seconds};
}

Scene make_scene(const Options& options, const SceneId& id) {
  // Mixed, so that neighbouring scenes and seeds share nothing.
  const std::uint64_t seed =
      mix_bits(mix_bits(options.seed) ^ mix_bits(static_cast<std::uint64_t>(id.week) << 32 ^
                                                 static_cast<std::uint64_t>(id.number)));
  Rng rng(seed, "scene");
  Scene scene{.id = id, .seed = seed};
  scene.weather = choose_weather(options, id, rng);
  const District district = choose_district(options, id, rng);
  scene.night = choose_night(options, rng);
  set_air(scene, rng);
  const double hour = scene.night ? rng.uniform(20, 28) : rng.uniform(7.5, 18);
  const auto day = static_cast<TimeMs>(rng.index(7));
  scene.starts_at = kFirstMonday + (id.week - 1) * kWeekMs + day * (kWeekMs / 7) +
                    static_cast<TimeMs>(hour * 3600) * 1000;
  scene.street = make_street(district, rng);
  scene.ego.vehicle = fmt::format("vehicle-{}", 1 + rng.index(6));
  scene.ego.speed = rng.chance(0.2) ? 0 : rng.uniform(2, 11);
  scene.ego.yaw = rng.uniform(-0.05, 0.05);
  scene.ego.pitch_px = rng.uniform(-4, 4);
  populate(scene, rng);
  return scene;
}

}  // namespace spotter::world
