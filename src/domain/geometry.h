// Geometry of the image plane: continuous pixel-edge coordinates of the upright image, float64,
// origin at the outer corner of the top-left pixel, x to the right, y down. Formats convert at the
// border.
#pragma once
#include <algorithm>
#include <cmath>

namespace spotter {

struct Box {
  double x1 = 0;
  double y1 = 0;
  double x2 = 0;
  double y2 = 0;

  [[nodiscard]] double width() const { return x2 - x1; }
  [[nodiscard]] double height() const { return y2 - y1; }
  [[nodiscard]] double area() const { return width() * height(); }
  [[nodiscard]] bool finite() const {
    return std::isfinite(x1) && std::isfinite(y1) && std::isfinite(x2) && std::isfinite(y2);
  }
  // Finite, and of positive width and height.
  [[nodiscard]] bool valid() const { return finite() && x2 > x1 && y2 > y1; }
  friend bool operator==(const Box&, const Box&) = default;
};

// Intersection over union; 0 when either box is empty.
[[nodiscard]] inline double iou(const Box& a, const Box& b) {
  const double w = std::min(a.x2, b.x2) - std::max(a.x1, b.x1);
  const double h = std::min(a.y2, b.y2) - std::max(a.y1, b.y1);
  if (w <= 0 || h <= 0) {
    return 0;
  }
  const double inter = w * h;
  return inter / (a.area() + b.area() - inter);
}

[[nodiscard]] inline Box clip(const Box& box, double width, double height) {
  return {std::clamp(box.x1, 0.0, width), std::clamp(box.y1, 0.0, height),
          std::clamp(box.x2, 0.0, width), std::clamp(box.y2, 0.0, height)};
}

}  // namespace spotter
