#include "kernels/ground.h"

#include <cmath>
#include <limits>

#include "base/random.h"

namespace spotter::kernels {
namespace {

using Point = std::array<double, 3>;

constexpr double kSeedCell_m = 1;
constexpr double kSlopeMax = 0.35;
constexpr double kRansacBand_m = 0.3;
constexpr int kRansacDraws = 200;

// The lowest point of each square metre: equal weight to every place, and ground rather than what
// stands on it.
std::vector<Point> lowest_points(const PointCloud& cloud, double range_m) {
  const auto cells = static_cast<std::size_t>(std::ceil(2 * range_m / kSeedCell_m));
  constexpr auto kNone = std::numeric_limits<std::uint32_t>::max();
  std::vector<std::uint32_t> lowest(cells * cells, kNone);
  for (std::size_t i = 0; i < cloud.count(); ++i) {
    const float* p = cloud.at(i);
    const double column = (p[0] + range_m) / kSeedCell_m;
    const double row = (p[1] + range_m) / kSeedCell_m;
    const auto limit = static_cast<double>(cells);
    if (!std::isfinite(p[2]) || !(column >= 0 && column < limit) || !(row >= 0 && row < limit)) {
      continue;
    }
    auto& best = lowest[static_cast<std::size_t>(row) * cells + static_cast<std::size_t>(column)];
    if (best == kNone || p[2] < cloud.at(best)[2]) {
      best = static_cast<std::uint32_t>(i);
    }
  }
  std::vector<Point> points;
  for (const auto i : lowest) {
    if (i != kNone) {
      points.push_back({cloud.at(i)[0], cloud.at(i)[1], cloud.at(i)[2]});
    }
  }
  return points;
}

// The plane z = height + slope_x x + slope_y y that most points lie near.
GroundPlane common_plane(const std::vector<Point>& points) {
  GroundPlane best;
  std::size_t best_count = 0;
  Rng rng(1, "ground");
  for (int draw = 0; draw < kRansacDraws && points.size() >= 3; ++draw) {
    const Point& a = points[rng.index(points.size())];
    const Point& b = points[rng.index(points.size())];
    const Point& c = points[rng.index(points.size())];
    const Point u{b[0] - a[0], b[1] - a[1], b[2] - a[2]};
    const Point v{c[0] - a[0], c[1] - a[1], c[2] - a[2]};
    const double up = u[0] * v[1] - u[1] * v[0];
    if (std::abs(up) < 1) {
      continue;  // nearly on a line
    }
    GroundPlane plane{.slope_x = -(u[1] * v[2] - u[2] * v[1]) / up,
                      .slope_y = -(u[2] * v[0] - u[0] * v[2]) / up};
    if (std::hypot(plane.slope_x, plane.slope_y) > kSlopeMax) {
      continue;
    }
    plane.height = a[2] - plane.slope_x * a[0] - plane.slope_y * a[1];
    std::size_t count = 0;
    for (const auto& p : points) {
      const double above = p[2] - plane.height - plane.slope_x * p[0] - plane.slope_y * p[1];
      count += std::abs(above) < kRansacBand_m ? 1 : 0;
    }
    if (count > best_count) {
      best_count = count;
      best = plane;
    }
  }
  return best;
}

// Sums of a least-squares plane over points relative to a place.
struct Sums {
  double n = 0, x = 0, y = 0, z = 0, xx = 0, xy = 0, yy = 0, xz = 0, yz = 0;

  void add(const Point& p) {
    n += 1;
    x += p[0];
    y += p[1];
    z += p[2];
    xx += p[0] * p[0];
    xy += p[0] * p[1];
    yy += p[1] * p[1];
    xz += p[0] * p[2];
    yz += p[1] * p[2];
  }
};

// The plane through the points, whose z are heights above the parent's plane, drawn to z = 0 with
// the weight of `kPrior` points: what the parent says where there are few.
GroundPlane correction(const Sums& s, double window_m) {
  constexpr double kPrior = 3;
  const double ridge = kPrior * window_m * window_m / 12;  // as if spread over the window
  const double n = s.n + kPrior;
  const double xx = s.xx + ridge - s.x * s.x / n;
  const double yy = s.yy + ridge - s.y * s.y / n;
  const double xy = s.xy - s.x * s.y / n;
  const double xz = s.xz - s.x * s.z / n;
  const double yz = s.yz - s.y * s.z / n;
  const double determinant = xx * yy - xy * xy;  // positive because of the ridge
  GroundPlane plane{.slope_x = (xz * yy - yz * xy) / determinant,
                    .slope_y = (yz * xx - xz * xy) / determinant};
  plane.height = (s.z - plane.slope_x * s.x - plane.slope_y * s.y) / n;
  return plane;
}

// Corrects each cell's plane by the points of its 3 × 3 cells that lie within `band_m` of it.
void refine(GroundSurface& surface, double side_m, const std::vector<std::vector<Point>>& by_cell,
            double band_m) {
  const std::size_t cells = surface.cells_per_axis();
  std::vector<GroundPlane> corrections(by_cell.size());
  for (std::size_t cell = 0; cell < by_cell.size(); ++cell) {
    const std::size_t column = cell % cells;
    const std::size_t row = cell / cells;
    const GroundPlane& plane = surface.plane(cell);
    const double x0 = surface.centre(column);
    const double y0 = surface.centre(row);
    Sums sums;
    for (std::size_t r = row - (row > 0 ? 1 : 0); r <= std::min(row + 1, cells - 1); ++r) {
      for (std::size_t c = column - (column > 0 ? 1 : 0); c <= std::min(column + 1, cells - 1);
           ++c) {
        for (const auto& p : by_cell[r * cells + c]) {
          const double x = p[0] - x0;
          const double y = p[1] - y0;
          const double above = p[2] - plane.height - plane.slope_x * x - plane.slope_y * y;
          if (std::abs(above) < band_m) {
            sums.add({x, y, above});
          }
        }
      }
    }
    corrections[cell] = correction(sums, 3 * side_m);
  }
  for (std::size_t cell = 0; cell < by_cell.size(); ++cell) {
    surface.plane(cell).slope_x += corrections[cell].slope_x;
    surface.plane(cell).slope_y += corrections[cell].slope_y;
    surface.plane(cell).height += corrections[cell].height;
  }
}

GroundSurface surface_of(double side_m, double range_m) {
  return {side_m, static_cast<std::size_t>(std::ceil(2 * range_m / side_m))};
}

}  // namespace

GroundSurface fit_ground(const PointCloud& cloud, double range_m) {
  struct Level {
    double side_m;
    std::array<double, 2> bands_m;
  };
  constexpr std::array kLevels = {Level{12, {2.0, 1.0}}, Level{6, {0.8, 0.5}},
                                  Level{3, {0.4, 0.25}}, Level{2, {0.25, 0.15}}};
  const auto points = lowest_points(cloud, range_m);
  const GroundPlane common = common_plane(points);
  GroundSurface surface = surface_of(2 * range_m, range_m);
  surface.plane(0) = common;
  for (const auto& level : kLevels) {
    GroundSurface finer = surface_of(level.side_m, range_m);
    const std::size_t cells = finer.cells_per_axis();
    for (std::size_t cell = 0; cell < cells * cells; ++cell) {
      const double x = finer.centre(cell % cells);
      const double y = finer.centre(cell / cells);
      finer.plane(cell) = surface.plane(surface.cell_of(x, y));
      finer.plane(cell).height = -surface.height_above(x, y, 0);
    }
    std::vector<std::vector<Point>> by_cell(cells * cells);
    for (const auto& p : points) {
      by_cell[finer.cell_of(p[0], p[1])].push_back(p);
    }
    for (const double band : level.bands_m) {
      refine(finer, level.side_m, by_cell, band);
    }
    surface = std::move(finer);
  }
  return surface;
}

}  // namespace spotter::kernels
