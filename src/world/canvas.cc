#include "world/canvas.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace spotter::world {
namespace {

std::uint8_t to_byte(float value) {
  return static_cast<std::uint8_t>(std::clamp(value, 0.0F, 255.0F));
}

// The first and the last-plus-one sample whose centre lies in [low, high).
std::pair<int, int> covered(double low, double high, int limit) {
  const double first = std::ceil(low - 0.5);
  const double last = std::ceil(high - 0.5);
  return {static_cast<int>(std::clamp(first, 0.0, static_cast<double>(limit))),
          static_cast<int>(std::clamp(last, 0.0, static_cast<double>(limit)))};
}

}  // namespace

Canvas::Canvas(int width, int height) : width_(2 * width), height_(2 * height) {
  const auto samples = static_cast<std::size_t>(width_) * static_cast<std::size_t>(height_);
  colour_.resize(samples);
  inverse_depth_.resize(samples);
  shown_.resize(samples);
  touched_.resize(samples);
}

void Canvas::begin(std::span<const Rgb> backdrop) {
  const auto pixels = static_cast<std::size_t>(width_ / 2);
  for (int y = 0; y < height_; y += 2) {
    const Rgb* from = backdrop.data() + static_cast<std::size_t>(y / 2) * pixels;
    auto* to = &colour_[index(0, y)];
    for (std::size_t x = 0; x < pixels; ++x) {
      const std::array<std::uint8_t, 4> c = {to_byte(from[x].r * 255), to_byte(from[x].g * 255),
                                             to_byte(from[x].b * 255), 0};
      to[2 * x] = c;
      to[2 * x + 1] = c;
    }
    std::copy_n(to, width_, to + width_);
  }
  std::fill(inverse_depth_.begin(), inverse_depth_.end(), 0.0F);
  std::fill(shown_.begin(), shown_.end(), std::uint16_t{0});
  std::fill(touched_.begin(), touched_.end(), std::uint16_t{0});
  extents_.clear();
}

Canvas::Shade Canvas::shade_of(const Fill& fill, double x1, double y1, double x2, double y2) {
  Shade shade{.colour = {fill.colour.r * 255, fill.colour.g * 255, fill.colour.b * 255},
              .grain = fill.grain,
              .alpha = fill.alpha};
  shade.per_x = fill.across / f32(std::max(1.0, x2 - x1));
  shade.per_y = fill.down / f32(std::max(1.0, y2 - y1));
  shade.start = 1 - fill.across / 2 - fill.down / 2 - f32(x1) * shade.per_x - f32(y1) * shade.per_y;
  return shade;
}

void Canvas::row(int y, double left, double right, const Plane& plane, const Shade& shade) {
  const auto [first, last] = covered(left, right, width_);
  if (first >= last) {
    return;
  }
  const bool solid = shade.alpha >= 1;
  Extent* extent = nullptr;
  if (object_ > 0 && solid) {
    if (extents_.size() <= object_) {
      extents_.resize(object_ + std::size_t{1}, {.x1 = std::numeric_limits<int>::max(),
                                                 .y1 = std::numeric_limits<int>::max()});
    }
    extent = &extents_[object_];
    extent->x1 = std::min(extent->x1, first);
    extent->x2 = std::max(extent->x2, last);
    extent->y1 = std::min(extent->y1, y);
    extent->y2 = std::max(extent->y2, y + 1);
  }
  const double depth_row = plane.at_origin + plane.per_y * (y + 0.5) + plane.per_x * 0.5;
  const float shade_row = shade.start + shade.per_y * static_cast<float>(y);
  for (int x = first; x < last; ++x) {
    const std::size_t i = index(x, y);
    const auto depth = f32(depth_row + plane.per_x * x);
    const bool own = object_ > 0 && shown_[i] == object_;
    if (extent != nullptr && touched_[i] != object_) {
      touched_[i] = object_;
      ++extent->drawn;
    }
    if (!own && depth < inverse_depth_[i]) {
      continue;
    }
    float k = shade_row + shade.per_x * static_cast<float>(x);
    if (shade.grain > 0) {
      k += shade.grain * (lattice(x, y, object_) - 0.5F);
    }
    auto& c = colour_[i];
    for (std::size_t channel = 0; channel < 3; ++channel) {
      const float value = shade.colour[channel] * k;
      c[channel] = to_byte(solid ? value
                                 : static_cast<float>(c[channel]) * (1 - shade.alpha) +
                                       std::min(value, 255.0F) * shade.alpha);
    }
    if (solid) {
      shown_[i] = object_;
      inverse_depth_[i] = own ? std::max(depth, inverse_depth_[i]) : depth;
    }
  }
}

void Canvas::polygon(std::span<const Vertex> corners, const Fill& fill) {
  if (corners.size() < 3) {
    return;
  }
  double x1 = corners[0].x;
  double x2 = x1;
  double y1 = corners[0].y;
  double y2 = y1;
  for (const auto& c : corners) {
    x1 = std::min(x1, c.x);
    x2 = std::max(x2, c.x);
    y1 = std::min(y1, c.y);
    y2 = std::max(y2, c.y);
  }
  // The plane through the first corner and the two that span the largest triangle with it.
  Plane plane{.at_origin = corners[0].inverse_depth};
  double largest = 1e-6;
  for (std::size_t i = 1; i + 1 < corners.size(); ++i) {
    const Vertex& a = corners[0];
    const Vertex& b = corners[i];
    const Vertex& c = corners[i + 1];
    const double area = (b.x - a.x) * (c.y - a.y) - (c.x - a.x) * (b.y - a.y);
    if (std::abs(area) > largest) {
      largest = std::abs(area);
      const double db = b.inverse_depth - a.inverse_depth;
      const double dc = c.inverse_depth - a.inverse_depth;
      plane.per_x = (db * (c.y - a.y) - dc * (b.y - a.y)) / area;
      plane.per_y = (dc * (b.x - a.x) - db * (c.x - a.x)) / area;
      plane.at_origin = a.inverse_depth - plane.per_x * a.x - plane.per_y * a.y;
    }
  }
  const Shade shade = shade_of(fill, x1, y1, x2, y2);
  const auto [top, bottom] = covered(y1, y2, height_);
  for (int y = top; y < bottom; ++y) {
    const double middle = y + 0.5;
    double left = 1e9;
    double right = -1e9;
    for (std::size_t i = 0; i < corners.size(); ++i) {
      const Vertex& a = corners[i];
      const Vertex& b = corners[i + 1 == corners.size() ? 0 : i + 1];
      if ((a.y <= middle) == (b.y <= middle)) {
        continue;
      }
      const double x = a.x + (b.x - a.x) * (middle - a.y) / (b.y - a.y);
      left = std::min(left, x);
      right = std::max(right, x);
    }
    row(y, left, right, plane, shade);
  }
}

void Canvas::ellipse(const Vertex& centre, double radius_x, double radius_y, const Fill& fill) {
  const Shade shade = shade_of(fill, centre.x - radius_x, centre.y - radius_y, centre.x + radius_x,
                               centre.y + radius_y);
  const Plane plane{.at_origin = centre.inverse_depth};
  const auto [top, bottom] = covered(centre.y - radius_y, centre.y + radius_y, height_);
  for (int y = top; y < bottom; ++y) {
    const double v = (y + 0.5 - centre.y) / radius_y;
    const double half = radius_x * std::sqrt(std::max(0.0, 1 - v * v));
    row(y, centre.x - half, centre.x + half, plane, shade);
  }
}

bool Canvas::hidden(const Vertex& place) const {
  if (place.x < 0 || place.y < 0 || place.x >= width_ || place.y >= height_) {
    return true;
  }
  const std::size_t i = index(static_cast<int>(place.x), static_cast<int>(place.y));
  return f32(place.inverse_depth * 1.02) < inverse_depth_[i];
}

void Canvas::resolve(std::span<Rgb> out) const {
  const int pixels = width_ / 2;
  std::size_t o = 0;
  for (int y = 0; y < height_; y += 2) {
    for (int x = 0; x < pixels; ++x, ++o) {
      const auto* top = &colour_[index(2 * x, y)];
      const auto* low = top + width_;
      const auto sum = [&](std::size_t c) {
        return static_cast<float>(top[0][c] + top[1][c] + low[0][c] + low[1][c]) / 1020.0F;
      };
      out[o] = {sum(0), sum(1), sum(2)};
    }
  }
}

std::vector<Extent> Canvas::extents(std::size_t count) const {
  std::vector<Extent> out = extents_;
  out.resize(count);
  for (auto& e : out) {
    e.visible = 0;
  }
  for (const auto id : shown_) {
    if (id > 0 && id < count) {
      ++out[id].visible;
    }
  }
  return out;
}

}  // namespace spotter::world
