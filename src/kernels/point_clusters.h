// Objects in a lidar sweep without a network: what stands on the ground, joined where it is close,
// and where it would appear in a camera's picture. Knows shapes, not classes.
#pragma once
#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "domain/geometry.h"
#include "kernels/ground.h"

namespace spotter::kernels {

struct ClusterOptions {
  double range_m = 80;              // horizontal distance from the sensor
  double ground_tolerance_m = 0.2;  // points up to so high above the ground are ground
  double height_m_max = 3;          // points higher above the ground are left out: trees, bridges
  double link_m = 0.5;              // points at most so far apart (seen from above) are one object
  std::size_t points_min = 5;
  double side_m_max = 15;  // longer ones are walls and hedges, not objects …
  // … but may have taken up what stands beside them: they are linked again at half the distance,
  // and again, down to `link_m_min`. Pieces of fewer points than this are taken for leaves.
  double link_m_min = 0.125;
  std::size_t piece_points_min = 100;
};

struct PointCluster {
  std::array<double, 3> low{};  // x, y, z of the box around it, in the sensor's frame
  std::array<double, 3> high{};
  double height_m = 0;                // of its highest point above the ground
  std::vector<std::uint32_t> points;  // positions in the cloud, rising

  [[nodiscard]] double range_m() const;  // of the box's centre, horizontally
};

// Clusters by rising distance. Two points belong together when a chain of points joins them whose
// neighbours are at most `link_m` apart in the ground plane (single linkage, exact: a grid of
// link / √2 and a union-find; heights don't count, because the rings of a lidar are far apart).
// Linear in the points for the usual densities: about 15 ms for 120,000 points on one core.
[[nodiscard]] std::vector<PointCluster> find_clusters(const PointCloud& cloud,
                                                      const ClusterOptions& options = {});

// 3 × 4, row by row: (u w, v w, w) = M (x, y, z, 1); w is the distance in front of the camera.
using Projection = std::array<double, 12>;

// The product a b, where b's fourth row is (0, 0, 0, 1): from KITTI's P2 and its rigid transforms.
[[nodiscard]] Projection compose(const Projection& a, const Projection& b);

struct ImagePoint {
  double u = 0;
  double v = 0;
};
// Nothing for what is less than a decimetre in front of the camera or behind it.
[[nodiscard]] std::optional<ImagePoint> project(const Projection& image_from_lidar, double x,
                                                double y, double z);
// The box around the projected points, in pixels; nothing when none is in front of the camera.
[[nodiscard]] std::optional<Box> project_box(const Projection& image_from_lidar,
                                             std::span<const std::array<double, 3>> points);
[[nodiscard]] std::optional<Box> project_cluster(const Projection& image_from_lidar,
                                                 const PointCloud& cloud,
                                                 const PointCluster& cluster);

}  // namespace spotter::kernels
