#include "loop/checks/sensor_motion.h"

#include <array>
#include <cmath>
#include <map>
#include <optional>

#include "kernels/homography.h"

namespace spotter::checks {
namespace {

constexpr double kMapGate_px = 25;
constexpr double kNeighbour_s = 3;

Json object_of(const std::string& attributes) {
  return attributes.empty() ? Json::object() : parse_json(attributes, "attributes");
}

std::optional<double> number_of(const Json& attributes, const char* key) {
  const auto it = attributes.find(key);
  return it != attributes.end() && it->is_number() ? std::optional(it->get<double>())
                                                   : std::nullopt;
}

// Over the ground between two frames, seen from the first; nothing when they are too far apart.
std::optional<VehicleMotion> between(const Sample& a, const Sample& b) {
  const double dt = static_cast<double>(b.captured_at - a.captured_at) / 1000;
  const Json from = object_of(a.attributes);
  const Json to = object_of(b.attributes);
  std::array<double, 6> pose{};
  std::size_t known = 0;
  for (const Json* one : {&from, &to}) {
    for (const char* key : {"ego_x_m", "ego_y_m", "ego_yaw_rad"}) {
      if (const auto number = number_of(*one, key)) {
        pose[known++] = *number;
      }
    }
  }
  if (known != 6 || a.captured_at == 0 || b.captured_at == 0 || !(dt > 0 && dt <= kNeighbour_s)) {
    return std::nullopt;
  }
  const double forward =
      (pose[3] - pose[0]) * std::cos(pose[2]) + (pose[4] - pose[1]) * std::sin(pose[2]);
  return VehicleMotion{forward / dt, std::remainder(pose[5] - pose[2], 2 * std::acos(-1.0)) / dt};
}

// The map from metres to pixels of each sequence, from where its objects' boxes stand.
std::map<std::string_view, std::optional<kernels::HomographyFit>> ground_maps(
    const CheckInput& input) {
  struct Pairs {
    std::vector<std::array<double, 2>> from;
    std::vector<std::array<double, 2>> to;
  };
  constexpr std::size_t kPairsMax = 5000;
  std::map<std::string_view, Pairs> pairs;
  for (std::size_t s = 0; s < input.samples.size(); ++s) {
    auto& mine = pairs[input.samples[s].sequence];
    if (input.sensor[s] == nullptr || mine.from.size() > kPairsMax) {
      continue;
    }
    for (const auto& object : input.sensor[s]->labels) {
      const Json facts = object_of(object.attributes);
      const auto x = number_of(facts, "x");
      const auto y = number_of(facts, "y");
      if (x && y) {
        mine.from.push_back({*x, *y});
        mine.to.push_back(
            {(object.box.x1 + object.box.x2) / 2, (object.box.y1 + object.box.y2) / 2});
      }
    }
  }
  std::map<std::string_view, std::optional<kernels::HomographyFit>> maps;
  for (const auto& [sequence, some] : pairs) {
    maps[sequence] = kernels::fit_homography(some.from, some.to, kMapGate_px);
  }
  return maps;
}

struct Seen {
  double u = 0, v = 0, depth = 0;
};

Seen seen(const std::array<double, 9>& m, double x, double y) {
  const double w = m[6] * x + m[7] * y + m[8];
  return {(m[0] * x + m[1] * y + m[2]) / w, (m[3] * x + m[4] * y + m[5]) / w, w};
}

Box moved(const Label& object, const VehicleMotion& motion, const std::array<double, 9>& map,
          double offset_s) {
  const Json facts = object_of(object.attributes);
  const auto x = number_of(facts, "x");
  const auto y = number_of(facts, "y");
  if (!x || !y) {
    return object.box;
  }
  const double own_x = *x - number_of(facts, "vx").value_or(0) * offset_s;
  const double own_y = *y - number_of(facts, "vy").value_or(0) * offset_s;
  const double turn = motion.yaw_rate_radps * offset_s;
  const Seen before = seen(map, *x, *y);
  const Seen after =
      seen(map, std::cos(turn) * own_x - std::sin(turn) * own_y + motion.speed_mps * offset_s,
           std::sin(turn) * own_x + std::cos(turn) * own_y);
  if (!(before.depth > 0.5 && after.depth > 0.5)) {
    return object.box;
  }
  const double scale = before.depth / after.depth;
  const double u = (object.box.x1 + object.box.x2) / 2 + after.u - before.u;
  const double v = (object.box.y1 + object.box.y2) / 2 + after.v - before.v;
  const double half_width = object.box.width() * scale / 2;
  const double half_height = object.box.height() * scale / 2;
  return {u - half_width, v - half_height, u + half_width, v + half_height};
}

}  // namespace

std::vector<std::optional<VehicleMotion>> vehicle_motions(std::span<const Sample> samples) {
  std::vector<std::optional<VehicleMotion>> result(samples.size());
  std::map<std::pair<std::string_view, std::int64_t>, std::size_t> index;
  for (std::size_t s = 0; s < samples.size(); ++s) {
    index[{samples[s].sequence, samples[s].frame}] = s;
  }
  for (std::size_t s = 0; s < samples.size(); ++s) {
    const Sample& sample = samples[s];
    const Json attributes = object_of(sample.attributes);
    if (const auto speed = number_of(attributes, "speed_mps")) {
      result[s] = VehicleMotion{*speed, number_of(attributes, "yaw_rate_radps").value_or(0)};
      continue;
    }
    const auto next = index.find({sample.sequence, sample.frame + 1});
    if (!sample.sequence.empty() && next != index.end()) {
      result[s] = between(sample, samples[next->second]);
    }
    const auto before = index.find({sample.sequence, sample.frame - 1});
    if (!sample.sequence.empty() && !result[s] && before != index.end()) {
      result[s] = between(samples[before->second], sample);
    }
  }
  return result;
}

std::vector<std::vector<Box>> boxes_at_camera_time(const CheckInput& input, double time_offset_s) {
  const bool still = time_offset_s == 0;
  const auto motion_of = still ? std::vector<std::optional<VehicleMotion>>(input.samples.size())
                               : vehicle_motions(input.samples);
  const auto maps = still ? decltype(ground_maps(input))() : ground_maps(input);
  std::vector<std::vector<Box>> boxes(input.samples.size());
  for (std::size_t s = 0; s < input.samples.size(); ++s) {
    if (input.sensor[s] == nullptr) {
      continue;
    }
    const auto map = maps.find(input.samples[s].sequence);
    const bool known = motion_of[s] && map != maps.end() && map->second;
    for (const auto& object : input.sensor[s]->labels) {
      boxes[s].push_back(known ? moved(object, *motion_of[s], map->second->matrix, time_offset_s)
                               : object.box);
    }
  }
  return boxes;
}

}  // namespace spotter::checks
