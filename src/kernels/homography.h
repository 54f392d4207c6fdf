// The plane-to-plane map between two sensors, from pairs of points of which some are wrong: how the
// ground of a lidar appears in a camera that nobody has calibrated.
#pragma once
#include <array>
#include <cstdint>
#include <optional>
#include <span>

namespace spotter::kernels {

struct HomographyFit {
  // Row by row: (u w, v w, w) = H (x, y, 1). Scaled so that w is positive and, over the inliers, as
  // large in the median as the point's distance from the origin: metres in front of the camera.
  std::array<double, 9> matrix{};
  std::size_t inlier_count = 0;
  double error_median = 0;  // of all pairs, in the units of `to`
};

// Maps `from` (metres around the sensor) to `to` (pixels). RANSAC (Fischler and Bolles 1981) over
// four-point direct linear transforms (Hartley and Zisserman 2004, 4.1) in normalised coordinates
// with a fixed seed, then least squares over the pairs within `gate`. Nothing with fewer than
// `pairs_min` inliers, or when they lie on a line. 500 draws, each linear in the pairs.
[[nodiscard]] std::optional<HomographyFit> fit_homography(
    std::span<const std::array<double, 2>> from, std::span<const std::array<double, 2>> to,
    double gate, std::size_t pairs_min = 8);

}  // namespace spotter::kernels
