#include "world/light.h"

namespace spotter::world {
namespace {

constexpr Rgb kLampLight = {1.0F, 0.72F, 0.42F};
constexpr Rgb kHeadLight = {1.0F, 0.96F, 0.86F};

double square(double x) {
  return x * x;
}

float head_light(const Lighting& light, const Place& p) {
  const double ahead = p.along - light.ego_along;
  if (ahead < 0.5) {
    return 0;
  }
  const double aside = (p.right - light.ego_right) / (1.6 + 0.26 * ahead);
  const double above = (p.up - 0.3) / (0.9 + 0.09 * ahead);
  const double beam = 1 / (square(1 + square(aside)) * (1 + square(above)));
  return f32(1.5 * beam / (1 + square(ahead / 15))) * ramp(ahead, 0.5, 5);
}

float lamp_light(const Lighting& light, const Place& p) {
  if (light.lamp_right == 0) {
    return 0;
  }
  const double number = std::floor((p.along - kLampFirst_m) / kLampSpacing_m + 0.5);
  const bool even = std::fmod(std::abs(number), 2.0) < 0.5;
  const double along = p.along - (kLampFirst_m + number * kLampSpacing_m);
  const double across = p.right - (even ? 1 : -1) * light.lamp_right;
  return f32(0.75 / square(1 + (square(along) + square(across) + square(p.up - 1) * 0.4) / 26));
}

}  // namespace

Rgb Lighting::falling(const Place& place, const Place& normal) const {
  Rgb total = sky * (0.72F + 0.28F * f32(normal.up));
  if (night) {
    const float facing = 0.35F + 0.65F * f32(std::max(0.0, -normal.along));
    const float flat = normal.up > 0.9 ? 0.8F : facing;
    return total + kHeadLight * (head_light(*this, place) * flat) +
           kLampLight * lamp_light(*this, place);
  }
  if (shadow_side != 0 && place.right * shadow_side > shadow_from) {
    return total;
  }
  const double direct = normal.right * sun_right + normal.up * sun_up + normal.along * sun_along;
  return total + sun * f32(std::max(0.0, direct));
}

Lighting make_lighting(const Scene& scene, double seconds) {
  Lighting light;
  const Place ego = scene.ego.at(seconds);
  light.ego_right = ego.right;
  light.ego_along = ego.along;
  light.night = scene.night;
  light.haze_per_m = 1 / scene.sight_m;
  light.wet = scene.weather == Weather::kRain ? 0.6 + 0.04 * scene.rain_mm : 0;
  light.lamp_right = scene.street.road_half + 0.6;
  const double length = std::sqrt(square(scene.sun_side) + square(scene.sun_height) + 0.16);
  light.sun_right = scene.sun_side / length;
  light.sun_up = scene.sun_height / length;
  light.sun_along = -0.4 / length;
  const auto overcast = f32(scene.cloud);
  if (scene.night) {
    light.sky = {0.075F, 0.085F, 0.125F};
    light.haze =
        scene.weather == Weather::kFog ? Rgb{0.16F, 0.16F, 0.18F} : Rgb{0.05F, 0.055F, 0.085F};
    return light;
  }
  light.sky = mix({0.52F, 0.57F, 0.66F}, {0.72F, 0.74F, 0.77F}, overcast);
  light.sun = mix({0.78F, 0.70F, 0.56F}, {0.10F, 0.10F, 0.10F}, clamp01(overcast * 1.35F - 0.2F));
  light.haze = mix({0.70F, 0.78F, 0.88F}, {0.74F, 0.76F, 0.78F}, overcast);
  if (scene.weather == Weather::kRain) {
    light.sky = {0.54F, 0.56F, 0.60F};
    light.sun = {0.04F, 0.04F, 0.04F};
    light.haze = {0.58F, 0.61F, 0.65F};
  } else if (scene.weather == Weather::kFog) {
    light.sun = {0, 0, 0};
    light.haze = {0.74F, 0.76F, 0.78F};
  } else if (overcast < 0.6F && std::abs(scene.sun_side) > 0.35) {
    light.shadow_side = scene.sun_side > 0 ? 1 : -1;
    light.shadow_from = scene.street.road_half * (1.2 - 1.5 * std::abs(scene.sun_side));
  }
  return light;
}

}  // namespace spotter::world
