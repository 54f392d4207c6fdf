#include "domain/track.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "base/error.h"

namespace spotter {
namespace {

constexpr std::size_t kPointsMax = 100'000;

[[noreturn]] void refuse(std::string_view origin, std::string_view why) {
  fail(ErrorCode::kInvalid, fmt::format("{}: {}", origin, why));
}

Json attributes_of(const std::string& text, std::string_view origin) {
  return text.empty() ? Json::object() : parse_json(text, origin);
}

}  // namespace

PointPath parse_path(const Json& json, std::string_view origin) {
  if (!json.is_array() || json.size() > kPointsMax) {
    refuse(origin, "a path is a list of points [x, y]");
  }
  PointPath path;
  for (const auto& point : json) {
    if (!point.is_array() || point.size() != 2 || !point[0].is_number() || !point[1].is_number()) {
      refuse(origin, "a point of a path is no [x, y]");
    }
    path.push_back({point[0].get<double>(), point[1].get<double>()});
    if (!std::isfinite(path.back()[0]) || !std::isfinite(path.back()[1])) {
      refuse(origin, "a point of a path is not finite");
    }
  }
  return path;
}

Track parse_track(std::string_view bytes, std::string_view origin) {
  const Json json = parse_json(bytes, origin);
  const auto observed = json.find("observed");
  if (!json.is_object() || observed == json.end()) {
    refuse(origin, "a track holds \"observed\": [[x, y], …]");
  }
  Track track{.observed = parse_path(*observed, origin),
              .dt = json_get_or<double>(json, "dt", Track{}.dt),
              .class_name = json_get_or<std::string>(json, "class", kAgentClass)};
  if (track.observed.size() < 2) {
    refuse(origin, "a track needs at least two observed points");
  }
  if (!(track.dt > 0) || !std::isfinite(track.dt)) {
    refuse(origin, "\"dt\" of a track is not a number of seconds above 0");
  }
  return track;
}

std::string track_media(const Track& track) {
  return Json({{"observed", track.observed}, {"dt", track.dt}, {"class", track.class_name}}).dump();
}

PointPath future_of(const Label& label) {
  const Json attributes = attributes_of(label.attributes, "the attributes of a label");
  const auto future = attributes.find("future");
  return future == attributes.end() ? PointPath{} : parse_path(*future, "the future of a label");
}

std::string future_attributes(const PointPath& future) {
  return Json({{"future", future}}).dump();
}

std::vector<Mode> modes_of(const Prediction& prediction) {
  std::vector<Mode> modes;
  const Json attributes = attributes_of(prediction.attributes, "the attributes of a prediction");
  for (const auto& mode : json_get_or<Json>(attributes, "modes", Json::array())) {
    if (!mode.is_object() || !mode.contains("path")) {
      refuse("the modes of a prediction", "a mode has no \"path\"");
    }
    modes.push_back({.probability = json_get_or<double>(mode, "probability", 0),
                     .path = parse_path(mode["path"], "the path of a mode")});
  }
  std::stable_sort(modes.begin(), modes.end(),
                   [](const Mode& a, const Mode& b) { return a.probability > b.probability; });
  return modes;
}

}  // namespace spotter
