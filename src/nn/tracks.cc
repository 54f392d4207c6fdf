#include "nn/tracks.h"

#include <cmath>
#include <fstream>
#include <limits>

#include <fmt/format.h>

#include "base/error.h"
#include "base/files.h"

namespace spotter::nn {
namespace {

constexpr double kMovedMetres = 0.05;  // less is noise and gives no direction

PointPath future_in(const Json& line) {
  const auto objects = json_get_or<Json>(line, "objects", Json::array());
  for (const auto& object : objects) {
    const bool ignore = json_get_or<bool>(object, "ignore", false);
    const auto attributes = json_get_or<Json>(object, "attributes", Json::object());
    if (!ignore && attributes.contains("future")) {
      return parse_path(attributes["future"], "the future of an object");
    }
  }
  return {};
}

TrackItem item_of(const Json& line, const std::string& where) {
  const auto path = json_get<std::string>(line, "path", where);
  TrackItem item{.key = json_get<std::string>(line, "key", where),
                 .weight = json_get_or<double>(line, "weight", 1.0),
                 .track = parse_track(read_file(path), path),
                 .future = future_in(line)};
  if (!(item.weight >= 0) || item.weight > std::numeric_limits<float>::max()) {
    fail(ErrorCode::kInvalid, "a weight is a finite number, 0 or more");
  }
  return item;
}

}  // namespace

Point GroundFrame::into(const Point& point) const {
  const double x = point[0] - origin[0];
  const double y = point[1] - origin[1];
  return {cosine * x + sine * y, -sine * x + cosine * y};
}

Point GroundFrame::out_of(const Point& point) const {
  return {origin[0] + cosine * point[0] - sine * point[1],
          origin[1] + sine * point[0] + cosine * point[1]};
}

GroundFrame frame_of(const PointPath& observed) {
  GroundFrame frame{.origin = observed.back()};
  const double x = observed.back()[0] - observed.front()[0];
  const double y = observed.back()[1] - observed.front()[1];
  const double moved = std::hypot(x, y);
  if (moved > kMovedMetres) {
    frame.cosine = x / moved;
    frame.sine = y / moved;
  }
  return frame;
}

void each_track(const std::filesystem::path& manifest, const std::function<void(TrackItem)>& take,
                const std::function<void(const std::string& key, const std::string& why)>& refuse) {
  std::ifstream stream(manifest);
  if (!stream) {
    fail(ErrorCode::kNotFound, fmt::format("the manifest cannot be read: {}", manifest.string()));
  }
  std::string text;
  for (std::size_t number = 1; std::getline(stream, text); ++number) {
    if (text.empty()) {
      continue;
    }
    const auto where = fmt::format("line {}", number);
    std::string key = where;
    try {
      const Json line = parse_json(text, where);
      key = json_get_or<std::string>(line, "key", where);
      take(item_of(line, where));
    } catch (const Error& e) {
      refuse(key, e.what());
    }
  }
}

}  // namespace spotter::nn
