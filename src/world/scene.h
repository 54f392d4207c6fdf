// A scene before it is drawn: where and when it is, what stands in it and how that moves. Made from
// the scene's own random stream; pictures, truth and lidar are all taken from it.
#pragma once
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "base/random.h"
#include "world/shapes.h"
#include "world/world.h"

namespace spotter::world {

inline constexpr double kFrameSeconds = 0.4;
inline constexpr double kLampSpacing_m = 16;  // street lamps, left and right in turn
inline constexpr double kLampFirst_m = 9;

enum class Weather { kClear, kRain, kFog };
enum class District { kOldTown, kSuburb, kCentre, kHarbour };
enum class Kind {
  kCar,
  kVan,
  kTruck,
  kPedestrian,
  kCone,
  // Distractors and scenery: no class of the truth.
  kDrum,
  kBollard,
  kBin,
  kBush,
  kDiamond,
  kBarrier,
  kSign,
  kTree,
  kLamp,
  kCrane,
};

[[nodiscard]] std::string name(Weather weather);
[[nodiscard]] std::string name(District district);
// "vehicle", "pedestrian", "cone", or "" for what is no class.
[[nodiscard]] std::string class_of(Kind kind);

// The street's cross section: asphalt, kerb and pavement, verge, then the fronts of the houses.
struct Street {
  District district = District::kOldTown;
  double road_half = 3.6;  // metres from the middle to the kerb
  double pavement = 2;     // width in metres
  double verge = 0.3;      // between pavement and house fronts
  double curve = 0;        // right = curve * ahead^2
  int lanes = 1;           // each way
  bool cobbles = false;
  double crossing_along = -1;  // a zebra crossing starts here; negative = none
  std::uint32_t salt = 0;      // of everything procedural along it

  [[nodiscard]] double front() const { return road_half + pavement + verge; }
};

struct Actor {
  Kind kind = Kind::kCone;
  int id = 0;
  std::uint64_t look = 0;  // seed of its appearance
  Size size;
  Place start;
  double speed_right = 0;  // metres a second over ground
  double speed_along = 0;
  double change_s = 1e9;  // when it changes to the second pair of speeds
  double later_right = 0;
  double later_along = 0;
  double heading = 0;   // radians from "along", to the right
  bool hi_vis = false;  // a pedestrian in a safety vest
  bool green = false;   // a cone of the harbour
  bool fallen = false;

  [[nodiscard]] Place at(double seconds) const;
  [[nodiscard]] bool moves() const;
};

struct Ego {
  Place start;
  double speed = 8;     // metres a second, along
  double swerve = 0;    // to the right
  double yaw = 0;       // camera's, small
  double pitch_px = 0;  // of 160 rows
  std::string vehicle;

  [[nodiscard]] Place at(double seconds) const;
};

struct Scene {
  SceneId id;
  std::uint64_t seed = 0;
  TimeMs starts_at = 0;
  Weather weather = Weather::kClear;
  bool night = false;
  double rain_mm = 0;     // an hour
  double sight_m = 2000;  // distance at which haze hides two thirds
  double cloud = 0.3;     // 0..1
  double sun_side = 0;    // -1..1: left to right
  double sun_height = 0.6;
  Street street;
  Ego ego;
  std::vector<Actor> actors;
};

[[nodiscard]] Scene make_scene(const Options& options, const SceneId& id);

// Fills street and actors; called by make_scene.
void populate(Scene& scene, Rng& rng);

}  // namespace spotter::world
