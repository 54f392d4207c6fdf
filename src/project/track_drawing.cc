#include "project/track_drawing.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "domain/track.h"
#include "project/champion.h"

namespace spotter {
namespace {

constexpr double kMarginPx = 40;
constexpr double kSideMetresMin = 4;  // a standing agent is not blown up
constexpr std::string_view kSeenColour = "#6b7280";
constexpr std::string_view kTruthColour = "#15803d";
constexpr std::string_view kModeColour = "#2563eb";

// Where metres lie in the drawing; y goes up on the ground and down in pictures.
struct Ground {
  Point low{};
  double metres = kSideMetresMin;

  explicit Ground(const std::vector<PointPath>& paths) {
    Point high = low = paths.front().front();
    for (const auto& path : paths) {
      for (const auto& point : path) {
        for (std::size_t axis = 0; axis < 2; ++axis) {
          low[axis] = std::min(low[axis], point[axis]);
          high[axis] = std::max(high[axis], point[axis]);
        }
      }
    }
    metres = std::max({metres, high[0] - low[0], high[1] - low[1]});
    for (std::size_t axis = 0; axis < 2; ++axis) {
      low[axis] = (low[axis] + high[axis] - metres) / 2;
    }
  }

  [[nodiscard]] std::string place(const Point& point) const {
    const double scale = (kTrackDrawingPx - 2 * kMarginPx) / metres;
    return fmt::format("{:.1f},{:.1f}", kMarginPx + (point[0] - low[0]) * scale,
                       kTrackDrawingPx - kMarginPx - (point[1] - low[1]) * scale);
  }
};

// A line through the points with a dot at each.
std::string line_of(const Ground& ground, const PointPath& path, std::string_view colour,
                    double opacity) {
  std::string points;
  for (const auto& point : path) {
    points += ground.place(point) + " ";
  }
  return fmt::format(
      "<polyline points=\"{0}\" fill=\"none\" stroke=\"{1}\" stroke-width=\"3\" "
      "opacity=\"{2:.2f}\" "
      "marker-start=\"url(#d)\" marker-mid=\"url(#d)\" marker-end=\"url(#d)\"/>",
      points, colour, opacity);
}

std::string legend(double y, std::string_view colour, std::string_view text) {
  return fmt::format("<text x=\"12\" y=\"{}\" fill=\"{}\">{}</text>", y, colour, text);
}

// A track with what is known and foreseen of it.
struct Seen {
  Track track;
  PointPath future;
  std::vector<Mode> modes;
};

std::map<std::string, Seen> seen_tracks(Project& project, std::span<const Sample> samples,
                                        std::string_view model) {
  std::map<std::string, Seen> seen;
  std::vector<std::string> keys;
  for (const auto& sample : samples) {
    if (sample.media_type == kTrackMedia) {
      keys.push_back(sample.key);
      seen[sample.key].track = parse_track(project.blobs->get(sample.media), sample.key);
    }
  }
  if (keys.empty()) {
    return seen;
  }
  for (const auto& set : project.lake->labels(keys, kLabelLayer)) {
    seen[set.sample].future = set.labels.empty() ? PointPath{} : future_of(set.labels[0]);
  }
  const auto who = model.empty() ? champion_id(project) : std::string(model);
  for (const auto& output : project.lake->predictions(who, keys)) {
    if (!output.set.predictions.empty()) {
      seen[output.set.sample].modes = modes_of(output.set.predictions[0]);
    }
  }
  return seen;
}

Json centimetres(const PointPath& path) {
  Json list = Json::array();
  for (const auto& point : path) {
    list.push_back({std::round(point[0] * 100) / 100, std::round(point[1] * 100) / 100});
  }
  return list;
}

}  // namespace

std::map<std::string, Json> track_cards(Project& project, std::span<const Sample> samples,
                                        std::string_view model) {
  std::map<std::string, Json> cards;
  for (const auto& [key, seen] : seen_tracks(project, samples, model)) {
    Json modes = Json::array();
    for (const auto& mode : seen.modes) {
      modes.push_back({{"probability", mode.probability}, {"path", centimetres(mode.path)}});
    }
    cards[key] = {{"dt", seen.track.dt},
                  {"observed", centimetres(seen.track.observed)},
                  {"future", centimetres(seen.future)},
                  {"modes", modes}};
  }
  return cards;
}

std::string track_drawing(Project& project, const Sample& sample, std::string_view model) {
  auto [track, future, modes] = seen_tracks(project, std::span(&sample, 1), model).at(sample.key);
  std::vector<PointPath> paths = {track.observed};
  if (!future.empty()) {
    future.insert(future.begin(), track.observed.back());
    paths.push_back(future);
  }
  for (auto& mode : modes) {
    mode.path.insert(mode.path.begin(), track.observed.back());
    paths.push_back(mode.path);
  }
  const Ground ground(paths);
  std::string lines;
  for (auto it = modes.rbegin(); it != modes.rend(); ++it) {  // the most probable on top
    lines +=
        line_of(ground, it->path, kModeColour, 0.25 + 0.75 * std::clamp(it->probability, 0.0, 1.0));
  }
  lines += future.empty() ? "" : line_of(ground, future, kTruthColour, 1);
  lines += line_of(ground, track.observed, kSeenColour, 1);
  return fmt::format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {0} {0}\" width=\"{0}\" "
      "height=\"{0}\" font-family=\"sans-serif\" font-size=\"14\"><defs><marker id=\"d\" "
      "viewBox=\"0 0 8 8\" refX=\"4\" refY=\"4\" markerWidth=\"3\" markerHeight=\"3\"><circle "
      "cx=\"4\" cy=\"4\" r=\"4\" fill=\"context-stroke\"/></marker></defs><rect width=\"{0}\" "
      "height=\"{0}\" fill=\"#f8fafc\"/>{1}{2}{3}{4}<text x=\"{5}\" y=\"{6}\" fill=\"{7}\" "
      "text-anchor=\"end\">{8:.1f} m across</text></svg>",
      kTrackDrawingPx, lines, legend(22, kSeenColour, "seen"),
      future.empty() ? "" : legend(40, kTruthColour, "where it went"),
      modes.empty() ? "" : legend(58, kModeColour, "predicted"), kTrackDrawingPx - 12,
      kTrackDrawingPx - 12, kSeenColour, ground.metres);
}

}  // namespace spotter
