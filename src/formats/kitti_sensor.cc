#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "base/json.h"
#include "formats/kitti.h"
#include "kernels/homography.h"

namespace spotter::formats {
namespace {

using Point = std::array<double, 3>;

double rounded(double value, double steps) {
  return std::round(value * steps) / steps;
}

// The rigid transform the other way round.
Point lidar_from_camera(const kernels::Projection& m, const Point& p) {
  const Point q{p[0] - m[3], p[1] - m[7], p[2] - m[11]};
  return {m[0] * q[0] + m[4] * q[1] + m[8] * q[2], m[1] * q[0] + m[5] * q[1] + m[9] * q[2],
          m[2] * q[0] + m[6] * q[1] + m[10] * q[2]};
}

// Corners of a row's box in the camera's frame: y down, the position is its bottom's middle.
std::array<Point, 8> camera_corners(const KittiRow& row) {
  std::array<Point, 8> corners{};
  const double c = std::cos(row.rotation);
  const double s = std::sin(row.rotation);
  for (std::size_t i = 0; i < 8; ++i) {
    const double along = (i & 1U) != 0 ? row.length_m / 2 : -row.length_m / 2;
    const double across = (i & 2U) != 0 ? row.width_m / 2 : -row.width_m / 2;
    const double up = (i & 4U) != 0 ? row.height_m : 0;
    corners[i] = {row.x + c * along + s * across, row.y - up, row.z - s * along + c * across};
  }
  return corners;
}

// Points of the sweep inside of the object, a decimetre wider than labelled.
std::size_t points_in(const KittiRow& row, const Point& centre, const SensorView& view) {
  constexpr double kMargin_m = 0.1;
  // The length's direction, seen from above in the lidar's frame.
  double ux = std::cos(row.rotation);
  double uy = std::sin(row.rotation);
  if (view.calibration != nullptr) {
    const auto& m = view.calibration->camera_from_lidar;
    const Point origin = lidar_from_camera(m, {0, 0, 0});
    const Point tip = lidar_from_camera(m, {ux, 0, -uy});
    ux = tip[0] - origin[0];
    uy = tip[1] - origin[1];
  }
  std::size_t count = 0;
  for (std::size_t i = 0; i < view.cloud.count(); ++i) {
    const float* p = view.cloud.at(i);
    const double dx = p[0] - centre[0];
    const double dy = p[1] - centre[1];
    count += std::abs(dx * ux + dy * uy) <= row.length_m / 2 + kMargin_m &&
                     std::abs(dy * ux - dx * uy) <= row.width_m / 2 + kMargin_m &&
                     std::abs(p[2] - centre[2]) <= row.height_m / 2 + kMargin_m
                 ? 1
                 : 0;
  }
  return count;
}

// The box of an object of usual size whose centre is above this place.
std::optional<Box> ground_box(const GroundMap& map, double x, double y) {
  const auto& m = map.image_from_lidar;
  const double w = m[8] * x + m[9] * y + m[11];
  const auto at = kernels::project(m, x, y, 0);
  if (!at || w < 0.5) {
    return std::nullopt;
  }
  const double half_width = map.width / w / 2;
  const double half_height = map.height / w / 2;
  return Box{at->u - half_width, at->v - half_height, at->u + half_width, at->v + half_height};
}

// Adds the label if the picture can show it.
void add(Label label, const std::optional<Box>& box, Json facts, const Point& centre,
         const SensorView& view, SensorObjects& objects) {
  Box inside = box.value_or(Box{});
  if (view.width > 0 && view.height > 0) {
    inside = clip(inside, view.width, view.height);
  } else {
    inside.x1 = std::max(inside.x1, 0.0);
    inside.y1 = std::max(inside.y1, 0.0);
  }
  if (!inside.valid() || inside.width() < 0.02 || inside.height() < 0.02) {
    ++objects.outside;
    return;
  }
  label.box = {rounded(inside.x1, 100), rounded(inside.y1, 100), rounded(inside.x2, 100),
               rounded(inside.y2, 100)};
  facts["distance_m"] = rounded(std::hypot(centre[0], centre[1]), 100);
  facts["x"] = rounded(centre[0], 1000);
  facts["y"] = rounded(centre[1], 1000);
  facts["z"] = rounded(centre[2], 1000);
  label.attributes = facts.dump();
  objects.set.labels.push_back(std::move(label));
}

double median(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

// A place on the ground and the box seen there.
struct Pair {
  double x = 0;
  double y = 0;
  Box box;
};

std::optional<GroundMap> ground_map(const std::vector<Pair>& pairs) {
  constexpr double kGate_px = 25;
  std::vector<std::array<double, 2>> from;
  std::vector<std::array<double, 2>> to;
  for (const auto& pair : pairs) {
    from.push_back({pair.x, pair.y});
    to.push_back({(pair.box.x1 + pair.box.x2) / 2, (pair.box.y1 + pair.box.y2) / 2});
  }
  const auto fit = kernels::fit_homography(from, to, kGate_px);
  if (!fit) {
    return std::nullopt;
  }
  const auto& m = fit->matrix;
  GroundMap map{
      .image_from_lidar = {m[0], m[1], 0, m[2], m[3], m[4], 0, m[5], m[6], m[7], 0, m[8]}};
  std::vector<double> widths;
  std::vector<double> heights;
  for (const auto& pair : pairs) {
    const double w = m[6] * pair.x + m[7] * pair.y + m[8];
    widths.push_back(pair.box.width() * w);
    heights.push_back(pair.box.height() * w);
  }
  map.width = median(std::move(widths));
  map.height = median(std::move(heights));
  return map;
}

void add_errors(const GroundMap& map, const std::vector<Pair>& pairs, std::vector<double>& errors) {
  for (const auto& pair : pairs) {
    const auto at = kernels::project(map.image_from_lidar, pair.x, pair.y, 0);
    errors.push_back(at ? std::hypot(at->u - (pair.box.x1 + pair.box.x2) / 2,
                                     at->v - (pair.box.y1 + pair.box.y2) / 2)
                        : INFINITY);
  }
}

}  // namespace

const GroundMap* GroundMaps::of(const std::string& stem) const {
  const auto after = by_first.upper_bound(stem);
  return by_first.empty() ? nullptr : &std::prev(after, after == by_first.begin() ? 0 : 1)->second;
}

GroundMaps learn_ground_maps(const std::map<std::string, std::vector<KittiRow>>& rows) {
  constexpr std::size_t kStretches = 5;
  std::array<std::vector<Pair>, kStretches> stretches;
  std::array<std::string, kStretches> first;
  std::vector<Pair> all;
  std::size_t frame = 0;
  for (const auto& [stem, lines] : rows) {
    const std::size_t stretch = frame++ * kStretches / rows.size();
    first[stretch] = first[stretch].empty() ? stem : first[stretch];
    for (const auto& row : lines) {
      if (row.in_3d && row.box && row.box->valid()) {
        stretches[stretch].push_back({row.x, row.y, *row.box});
        all.push_back(stretches[stretch].back());
      }
    }
  }
  GroundMaps maps{.pairs = all.size()};
  std::vector<double> errors;
  for (std::size_t held_out = 0; held_out < kStretches && rows.size() >= kStretches; ++held_out) {
    std::vector<Pair> others;
    for (std::size_t k = 0; k < kStretches; ++k) {
      if (k != held_out) {
        others.insert(others.end(), stretches[k].begin(), stretches[k].end());
      }
    }
    if (const auto map = ground_map(others)) {
      maps.by_first[first[held_out]] = *map;
      add_errors(*map, stretches[held_out], errors);
    }
  }
  if (maps.by_first.size() < kStretches) {
    maps.by_first.clear();
    errors.clear();
    if (const auto map = ground_map(all)) {
      maps.by_first[first[0]] = *map;
      add_errors(*map, all, errors);
    }
  }
  maps.error_median_px = errors.empty() ? 0 : median(std::move(errors));
  return maps;
}

SensorObjects labelled_objects(const std::vector<KittiRow>& rows, const SensorView& view) {
  SensorObjects objects{.set = {.layer = kLidarLayer}};
  for (const auto& row : rows) {
    if (!row.in_3d || row.ignore()) {
      continue;
    }
    std::optional<Box> box;
    Point centre{row.x, row.y, row.z};
    if (view.calibration != nullptr) {
      box = kernels::project_box(view.calibration->image_from_camera, camera_corners(row));
      centre = lidar_from_camera(view.calibration->camera_from_lidar,
                                 {row.x, row.y - row.height_m / 2, row.z});
    } else if (view.ground != nullptr) {
      box = ground_box(*view.ground, row.x, row.y);
    }
    Json facts = {{"height_m", row.height_m}, {"width_m", row.width_m}, {"length_m", row.length_m}};
    if (view.cloud.count() > 0) {
      facts["points"] = points_in(row, centre, view);
    }
    add({.object = fmt::format("{}", row.line), .class_name = row.class_name}, box,
        std::move(facts), centre, view, objects);
  }
  return objects;
}

SensorObjects clustered_objects(const SensorView& view) {
  // A sweep of few beams shows a small object by two or three points.
  constexpr std::size_t kSparsePoints = 40'000;
  const bool sparse = view.cloud.count() < kSparsePoints;
  const kernels::ClusterOptions options{.ground_tolerance_m = sparse ? 0.1 : 0.15,
                                        .points_min = sparse ? std::size_t{2} : std::size_t{3}};
  SensorObjects objects{.set = {.layer = kLidarLayer}};
  std::size_t number = 0;
  for (const auto& cluster : kernels::find_clusters(view.cloud, options)) {
    Point centre{};
    for (std::size_t axis = 0; axis < 3; ++axis) {
      centre[axis] = (cluster.low[axis] + cluster.high[axis]) / 2;
    }
    std::optional<Box> box;
    if (view.calibration != nullptr) {
      box = kernels::project_cluster(kernels::compose(view.calibration->image_from_camera,
                                                      view.calibration->camera_from_lidar),
                                     view.cloud, cluster);
    } else if (view.ground != nullptr) {
      box = ground_box(*view.ground, centre[0], centre[1]);
    }
    Json facts = {{"height_m", rounded(cluster.height_m, 100)},
                  {"width_m", rounded(std::hypot(cluster.high[0] - cluster.low[0],
                                                 cluster.high[1] - cluster.low[1]),
                                      100)},
                  {"points", cluster.points.size()}};
    add({.object = fmt::format("{}", ++number), .class_name = "cluster"}, box, std::move(facts),
        centre, view, objects);
  }
  return objects;
}

}  // namespace spotter::formats
