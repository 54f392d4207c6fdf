// A procedural driving world with a hidden truth: streets, weather, vehicles, pedestrians and cones
// as a fleet would record them, week by week. It stands in for a fleet in the demo, tests and
// benches; it is not a simulator of physics. Everything is a function of the seed: the same options
// give the same labels on every machine and the same pictures per build. Files:
// docs/internals/world.md.
#pragma once
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "base/json.h"
#include "base/time.h"
#include "domain/geometry.h"
#include "media/image.h"

namespace spotter::world {

struct Options {
  int scenes = 100;  // in all, spread evenly over the weeks
  std::uint64_t seed = 1;
  int week_first = 1;
  int week_last = 8;
  int frames_per_scene = 4;  // 0.4 s apart
  int width = 256;           // pixels
  int height = 160;
  int rain_week = 3;   // the first week of the rain season (rain, and some fog)
  int green_week = 4;  // the first week in which the district "harbour", with green cones, is open
  double night_share = 0.12;
  double rain_share = 0.25;     // of scenes, from the rain week on
  double harbour_share = 0.12;  // of scenes, from the green week on
  std::string only_weather;     // "clear", "rain" or "fog": every scene has it, whatever the week
  std::string only_time;        // "day" or "night"
  std::string only_district;    // "old_town", "suburb", "centre" or "harbour"
  std::string prefix;           // put before every key and sequence: "test" gives "test/w1/s3/0"
  std::string split;            // if not empty, the attribute "split" of every sample
};

// Throws kInvalid naming the option, its value and what is allowed.
void check_options(const Options& options);

// One object of the truth. Positions are in metres on the ground in the vehicle's frame at this
// moment: right of it, ahead of it.
struct Object {
  std::string id;          // unique in the scene, the same in all its frames
  std::string class_name;  // "vehicle", "pedestrian" or "cone"
  Box box;                 // pixels, of the whole object as far as it is inside the picture
  double visibility = 0;   // 0..1: the share that is inside the picture and that nothing covers
  bool ignore = false;     // too small or too hidden to be a label
  std::string colour;      // of cones: "orange" or "green"; else empty
  double right_m = 0;
  double ahead_m = 0;
  double velocity_right_mps = 0;  // over ground
  double velocity_ahead_mps = 0;
  std::vector<std::pair<double, double>> future_m;  // right, ahead; each 0.4 s; empty = never moves
};

// What the lidar reports: something stands there. Ghosts, drop-outs and jitter included; most
// clusters are not objects of the truth. The lidar sees through fog and rain better than the
// camera, though not perfectly.
struct Cluster {
  std::string id;
  Box box;
  double distance_m = 0;
  double height_m = 0;
  double width_m = 0;
  int points = 0;
};

struct Frame {
  std::string key;
  std::string sequence;
  int index = 0;  // in the sequence
  TimeMs captured_at = 0;
  std::string vehicle;
  Json attributes;  // what the vehicle knows: weather, rain_mm, night, fog, district, vehicle, week
  media::Image image;
  std::vector<Object> objects;
  std::vector<Cluster> lidar;
};

// A scene by its place in the timeline. Each has its own random stream, so scenes can be drawn in
// any order, alone, and at the same time.
struct SceneId {
  int week = 1;
  int number = 1;  // in the week
  friend bool operator==(const SceneId&, const SceneId&) = default;
};

// The scenes that the options ask for, in order of time.
[[nodiscard]] std::vector<SceneId> plan(const Options& options);

// Draws all frames of a scene; about 5 ms of CPU a frame of 256 x 160. Thread safe.
[[nodiscard]] std::vector<Frame> draw_scene(const Options& options, const SceneId& scene);

// What the vehicle delivers, and the hidden truth, as the lines of samples.jsonl and truth.jsonl.
[[nodiscard]] Json sample_row(const Frame& frame);
[[nodiscard]] Json truth_row(const Frame& frame);

// JPEG quality of written pictures.
inline constexpr int kJpegQuality = 90;

struct WriteOptions {
  bool replace = false;  // replace an earlier world in a folder that is not empty
  std::function<void(double fraction)> progress;
};

// Draws and writes everything into `folder`, on all cores. The folder is filled whole or not at
// all. Returns what world.json holds. Throws kInvalid for bad options and for a folder that is not
// empty (without `replace`), kUnavailable when the disk is full or read-only.
Json write_world(const Options& options, const std::filesystem::path& folder,
                 const WriteOptions& write = {});

}  // namespace spotter::world
