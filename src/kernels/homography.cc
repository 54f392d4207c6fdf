#include "kernels/homography.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "base/error.h"
#include "base/random.h"

namespace spotter::kernels {
namespace {

using Pair = std::array<double, 2>;
using Matrix = std::array<double, 9>;

// Shift and scale that bring points to mean 0 and mean distance √2.
struct Frame {
  double x = 0, y = 0, scale = 1;
  explicit Frame(std::span<const Pair> points) {
    for (const auto& p : points) {
      x += p[0] / static_cast<double>(points.size());
      y += p[1] / static_cast<double>(points.size());
    }
    double spread = 0;
    for (const auto& p : points) {
      spread += std::hypot(p[0] - x, p[1] - y) / static_cast<double>(points.size());
    }
    scale = spread > 0 ? std::sqrt(2.0) / spread : 1;
  }
  [[nodiscard]] Pair in(const Pair& p) const { return {(p[0] - x) * scale, (p[1] - y) * scale}; }
};

// Solves the 8 × 8 system by elimination with pivoting; false when it has no single solution.
bool solve(std::array<std::array<double, 9>, 8>& a, std::array<double, 8>& x) {
  for (std::size_t c = 0; c < 8; ++c) {
    const auto pivot = std::max_element(
        a.begin() + static_cast<std::ptrdiff_t>(c), a.end(),
        [c](const auto& p, const auto& q) { return std::abs(p[c]) < std::abs(q[c]); });
    if (std::abs((*pivot)[c]) < 1e-9) {
      return false;
    }
    std::swap(*pivot, a[c]);
    for (std::size_t r = 0; r < 8; ++r) {
      const double factor = r == c ? 0 : a[r][c] / a[c][c];
      for (std::size_t k = c; k < 9 && factor != 0; ++k) {
        a[r][k] -= factor * a[c][k];
      }
    }
  }
  for (std::size_t c = 0; c < 8; ++c) {
    x[c] = a[c][8] / a[c][c];
  }
  return true;
}

// Least squares over these pairs, with the last element 1: in normalised coordinates the points'
// middle is at the origin, so that it is not 0.
std::optional<Matrix> direct(std::span<const Pair> from, std::span<const Pair> to,
                             std::span<const std::size_t> chosen) {
  std::array<std::array<double, 9>, 8> normal{};
  const auto add = [&](const std::array<double, 9>& row) {  // row · h = last
    for (std::size_t i = 0; i < 8; ++i) {
      for (std::size_t j = 0; j < 9; ++j) {
        normal[i][j] += row[i] * row[j];
      }
    }
  };
  for (const auto i : chosen) {
    const auto [x, y] = from[i];
    const auto [u, v] = to[i];
    add({x, y, 1, 0, 0, 0, -u * x, -u * y, u});
    add({0, 0, 0, x, y, 1, -v * x, -v * y, v});
  }
  std::array<double, 8> h{};
  if (!solve(normal, h)) {
    return std::nullopt;
  }
  return Matrix{h[0], h[1], h[2], h[3], h[4], h[5], h[6], h[7], 1};
}

double error_of(const Matrix& m, const Pair& p, const Pair& q) {
  const double w = m[6] * p[0] + m[7] * p[1] + m[8];
  return std::hypot((m[0] * p[0] + m[1] * p[1] + m[2]) / w - q[0],
                    (m[3] * p[0] + m[4] * p[1] + m[5]) / w - q[1]);
}

double median(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

std::vector<std::size_t> inliers_of(const Matrix& m, std::span<const Pair> from,
                                    std::span<const Pair> to, double gate) {
  std::vector<std::size_t> inliers;
  for (std::size_t i = 0; i < from.size(); ++i) {
    if (error_of(m, from[i], to[i]) < gate) {
      inliers.push_back(i);
    }
  }
  return inliers;
}

// Back from normalised coordinates: T⁻¹(to) · M · T(from).
Matrix plain(const Matrix& m, const Frame& from, const Frame& to) {
  Matrix right{};
  for (std::size_t r = 0; r < 3; ++r) {
    right[3 * r] = m[3 * r] * from.scale;
    right[3 * r + 1] = m[3 * r + 1] * from.scale;
    right[3 * r + 2] = m[3 * r + 2] - from.scale * (m[3 * r] * from.x + m[3 * r + 1] * from.y);
  }
  for (std::size_t c = 0; c < 3; ++c) {
    right[c] = right[c] / to.scale + to.x * right[6 + c];
    right[3 + c] = right[3 + c] / to.scale + to.y * right[6 + c];
  }
  return right;
}

}  // namespace

std::optional<HomographyFit> fit_homography(std::span<const Pair> from, std::span<const Pair> to,
                                            double gate, std::size_t pairs_min) {
  require(from.size() == to.size(), "pairs have two ends");
  constexpr int kDraws = 500;
  if (from.size() < std::max<std::size_t>(pairs_min, 4)) {
    return std::nullopt;
  }
  const Frame from_frame(from);
  const Frame to_frame(to);
  std::vector<Pair> a;
  std::vector<Pair> b;
  for (std::size_t i = 0; i < from.size(); ++i) {
    a.push_back(from_frame.in(from[i]));
    b.push_back(to_frame.in(to[i]));
  }
  const double near = gate * to_frame.scale;
  std::vector<std::size_t> best;
  Rng rng(1, "homography");
  for (int draw = 0; draw < kDraws; ++draw) {
    std::array<std::size_t, 4> four{};
    for (auto& i : four) {
      i = rng.index(a.size());
    }
    const auto matrix = direct(a, b, four);
    auto inliers = matrix ? inliers_of(*matrix, a, b, near) : std::vector<std::size_t>();
    if (inliers.size() > best.size()) {
      best = std::move(inliers);
    }
  }
  HomographyFit fit;
  for (int round = 0; round < 3; ++round) {
    const auto matrix = best.size() < pairs_min ? std::nullopt : direct(a, b, best);
    if (!matrix) {
      return std::nullopt;
    }
    fit.matrix = *matrix;
    best = inliers_of(*matrix, a, b, near);
  }
  if (best.size() < pairs_min) {
    return std::nullopt;
  }
  fit.inlier_count = best.size();
  fit.matrix = plain(fit.matrix, from_frame, to_frame);
  std::vector<double> scales;
  std::vector<double> errors;
  for (const auto i : best) {
    const double w = fit.matrix[6] * from[i][0] + fit.matrix[7] * from[i][1] + fit.matrix[8];
    scales.push_back(w / std::max(std::hypot(from[i][0], from[i][1]), 1e-9));
  }
  const double scale = median(scales);
  for (auto& element : fit.matrix) {
    element /= scale;
  }
  for (std::size_t i = 0; i < from.size(); ++i) {
    errors.push_back(error_of(fit.matrix, from[i], to[i]));
  }
  fit.error_median = median(errors);
  return fit;
}

}  // namespace spotter::kernels
