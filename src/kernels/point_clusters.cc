#include "kernels/point_clusters.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>

namespace spotter::kernels {
namespace {

constexpr double kInFront_m = 0.1;

// Points that stand on the ground and are not too high above it.
std::vector<std::uint32_t> standing_points(const PointCloud& cloud, const GroundSurface& ground,
                                           const ClusterOptions& options) {
  std::vector<std::uint32_t> points;
  for (std::size_t i = 0; i < cloud.count(); ++i) {
    const float* p = cloud.at(i);
    if (!std::isfinite(p[2]) || !(std::hypot(p[0], p[1]) <= options.range_m)) {
      continue;
    }
    const double height = ground.height_above(p[0], p[1], p[2]);
    if (height > options.ground_tolerance_m && height <= options.height_m_max) {
      points.push_back(static_cast<std::uint32_t>(i));
    }
  }
  return points;
}

// Single linkage of some of a cloud's points, sorted by cell of a grid whose cells' diagonal is the
// link.
class Linker {
 public:
  Linker(const PointCloud& cloud, std::span<const std::uint32_t> points, double range_m,
         double link_m)
      : cloud_(cloud),
        link_m_(link_m),
        cell_m_(link_m / std::numbers::sqrt2),
        cells_(static_cast<std::size_t>(std::ceil(2 * range_m / cell_m_)) + 1) {
    sort(points, range_m);
    link();
  }

  // Groups of points, each rising.
  [[nodiscard]] std::vector<std::vector<std::uint32_t>> groups() {
    std::vector<std::int32_t> group_of(points_.size(), -1);
    std::vector<std::vector<std::uint32_t>> groups;
    for (std::size_t k = 0; k < points_.size(); ++k) {
      auto& group = group_of[root(first_of_cell_[cell_[k]])];
      if (group < 0) {
        group = static_cast<std::int32_t>(groups.size());
        groups.emplace_back();
      }
      groups[static_cast<std::size_t>(group)].push_back(points_[k]);
    }
    for (auto& group : groups) {
      std::sort(group.begin(), group.end());
    }
    return groups;
  }

 private:
  void sort(std::span<const std::uint32_t> points, double range_m) {
    std::vector<std::pair<std::uint32_t, std::uint32_t>> places;  // cell, point
    for (const auto i : points) {
      const float* p = cloud_.at(i);
      const auto column = static_cast<std::size_t>((p[0] + range_m) / cell_m_);
      const auto row = static_cast<std::size_t>((p[1] + range_m) / cell_m_);
      places.emplace_back(static_cast<std::uint32_t>(row * cells_ + column), i);
    }
    std::sort(places.begin(), places.end());
    for (const auto& [cell, point] : places) {
      if (cell_keys_.empty() || cell_keys_.back() != cell) {
        cell_keys_.push_back(cell);
        first_of_cell_.push_back(static_cast<std::uint32_t>(points_.size()));
      }
      cell_.push_back(static_cast<std::uint32_t>(cell_keys_.size() - 1));
      points_.push_back(point);
    }
    first_of_cell_.push_back(static_cast<std::uint32_t>(points_.size()));
    parent_.resize(points_.size());
    std::iota(parent_.begin(), parent_.end(), 0U);
  }

  // Points of one cell are near each other; other cells only where two of their points are.
  void link() {
    static constexpr std::array<std::array<int, 2>, 10> kAhead = {
        {{1, 0}, {2, 0}, {-2, 1}, {-1, 1}, {0, 1}, {1, 1}, {2, 1}, {-1, 2}, {0, 2}, {1, 2}}};
    const auto width = static_cast<std::int64_t>(cells_);
    for (std::size_t c = 0; c < cell_keys_.size(); ++c) {
      const std::int64_t column = cell_keys_[c] % width;
      for (const auto& [right, up] : kAhead) {
        if (column + right < 0 || column + right >= width) {
          continue;
        }
        const std::int64_t key = cell_keys_[c] + right + up * width;
        const auto other = std::lower_bound(cell_keys_.begin() + static_cast<std::ptrdiff_t>(c),
                                            cell_keys_.end(), key);
        if (other != cell_keys_.end() && *other == key) {
          join(c, static_cast<std::size_t>(other - cell_keys_.begin()));
        }
      }
    }
  }

  void join(std::size_t a, std::size_t b) {
    const std::uint32_t root_a = root(first_of_cell_[a]);
    const std::uint32_t root_b = root(first_of_cell_[b]);
    if (root_a != root_b && near(a, b)) {
      parent_[std::max(root_a, root_b)] = std::min(root_a, root_b);
    }
  }

  [[nodiscard]] bool near(std::size_t a, std::size_t b) const {
    const double limit = link_m_ * link_m_;
    for (std::uint32_t i = first_of_cell_[a]; i < first_of_cell_[a + 1]; ++i) {
      const float* p = cloud_.at(points_[i]);
      for (std::uint32_t j = first_of_cell_[b]; j < first_of_cell_[b + 1]; ++j) {
        const float* q = cloud_.at(points_[j]);
        const double dx = p[0] - q[0];
        const double dy = p[1] - q[1];
        if (dx * dx + dy * dy <= limit) {
          return true;
        }
      }
    }
    return false;
  }

  std::uint32_t root(std::uint32_t k) {
    while (parent_[k] != k) {
      parent_[k] = parent_[parent_[k]];
      k = parent_[k];
    }
    return k;
  }

  const PointCloud& cloud_;
  double link_m_;
  double cell_m_;
  std::size_t cells_;
  std::vector<std::uint32_t> points_;         // of the cloud, by cell
  std::vector<std::uint32_t> cell_;           // index of each one's cell
  std::vector<std::int64_t> cell_keys_;       // occupied cells, rising
  std::vector<std::uint32_t> first_of_cell_;  // and one past the last
  std::vector<std::uint32_t> parent_;         // over points_
};

PointCluster cluster_of(const PointCloud& cloud, const GroundSurface& ground,
                        std::vector<std::uint32_t> points) {
  PointCluster cluster;
  cluster.low.fill(INFINITY);
  cluster.high.fill(-INFINITY);
  for (const auto i : points) {
    for (std::size_t axis = 0; axis < 3; ++axis) {
      const double v = cloud.at(i)[axis];
      cluster.low[axis] = std::min(cluster.low[axis], v);
      cluster.high[axis] = std::max(cluster.high[axis], v);
    }
    const float* p = cloud.at(i);
    cluster.height_m = std::max(cluster.height_m, ground.height_above(p[0], p[1], p[2]));
  }
  cluster.points = std::move(points);
  return cluster;
}

}  // namespace

double PointCluster::range_m() const {
  return std::hypot((low[0] + high[0]) / 2, (low[1] + high[1]) / 2);
}

std::vector<PointCluster> find_clusters(const PointCloud& cloud, const ClusterOptions& options) {
  const GroundSurface ground = fit_ground(cloud, options.range_m);
  std::vector<PointCluster> clusters;
  std::vector<std::vector<std::uint32_t>> chained = {standing_points(cloud, ground, options)};
  std::size_t points_min = options.points_min;
  for (double link_m = options.link_m; !chained.empty(); link_m /= 2) {
    std::vector<std::vector<std::uint32_t>> longer;
    for (const auto& points : chained) {
      for (auto& group : Linker(cloud, points, options.range_m, link_m).groups()) {
        if (group.size() < points_min) {
          continue;
        }
        auto cluster = cluster_of(cloud, ground, std::move(group));
        const double side =
            std::max(cluster.high[0] - cluster.low[0], cluster.high[1] - cluster.low[1]);
        if (side <= options.side_m_max) {
          clusters.push_back(std::move(cluster));
        } else if (link_m / 2 >= options.link_m_min) {
          longer.push_back(std::move(cluster.points));
        }
      }
    }
    chained = std::move(longer);
    points_min = std::max(points_min, options.piece_points_min);
  }
  std::stable_sort(
      clusters.begin(), clusters.end(),
      [](const PointCluster& a, const PointCluster& b) { return a.range_m() < b.range_m(); });
  return clusters;
}

Projection compose(const Projection& a, const Projection& b) {
  Projection product{};
  for (std::size_t r = 0; r < 3; ++r) {
    for (std::size_t c = 0; c < 4; ++c) {
      double sum = c == 3 ? a[4 * r + 3] : 0;
      for (std::size_t k = 0; k < 3; ++k) {
        sum += a[4 * r + k] * b[4 * k + c];
      }
      product[4 * r + c] = sum;
    }
  }
  return product;
}

std::optional<ImagePoint> project(const Projection& m, double x, double y, double z) {
  const double w = m[8] * x + m[9] * y + m[10] * z + m[11];
  if (!(w >= kInFront_m)) {
    return std::nullopt;
  }
  return ImagePoint{(m[0] * x + m[1] * y + m[2] * z + m[3]) / w,
                    (m[4] * x + m[5] * y + m[6] * z + m[7]) / w};
}

std::optional<Box> project_box(const Projection& image_from_lidar,
                               std::span<const std::array<double, 3>> points) {
  Box box{INFINITY, INFINITY, -INFINITY, -INFINITY};
  for (const auto& p : points) {
    if (const auto at = project(image_from_lidar, p[0], p[1], p[2])) {
      box = {std::min(box.x1, at->u), std::min(box.y1, at->v), std::max(box.x2, at->u),
             std::max(box.y2, at->v)};
    }
  }
  return box.x1 <= box.x2 ? std::optional(box) : std::nullopt;
}

std::optional<Box> project_cluster(const Projection& image_from_lidar, const PointCloud& cloud,
                                   const PointCluster& cluster) {
  std::vector<std::array<double, 3>> points;
  points.reserve(cluster.points.size());
  for (const auto i : cluster.points) {
    points.push_back({cloud.at(i)[0], cloud.at(i)[1], cloud.at(i)[2]});
  }
  return project_box(image_from_lidar, points);
}

}  // namespace spotter::kernels
