// The own rasteriser: filled convex polygons and ellipses in a buffer of 2 x 2 samples a pixel,
// each with colour, depth and the object it shows. Later parts of one object cover earlier ones;
// between objects the nearer wins. From it come the labels' boxes and visibility, exactly.
#pragma once
#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "world/shapes.h"

namespace spotter::world {

// A vertex in the picture, in samples (two a pixel), with the reciprocal of its distance.
struct Vertex {
  double x = 0;
  double y = 0;
  double inverse_depth = 0;
};

// How a part is filled: a colour that may change linearly over the part's box, with a little grain.
struct Fill {
  Rgb colour;
  float down = 0;    // relative change of brightness from the top edge to the bottom edge
  float across = 0;  // and from the left edge to the right edge
  float grain = 0;   // amplitude of random brightness a sample
  float alpha = 1;   // below 1 the part is see-through and neither hides nor counts as the object
};

struct Extent {
  int x1 = 0;  // samples, half open
  int y1 = 0;
  int x2 = 0;
  int y2 = 0;
  std::int64_t drawn = 0;    // samples of the object as if nothing stood before it
  std::int64_t visible = 0;  // samples that show it in the end
};

class Canvas {
 public:
  // Size in pixels. The canvas may be used again and again.
  Canvas(int width, int height);

  [[nodiscard]] int width() const { return width_; }    // samples
  [[nodiscard]] int height() const { return height_; }  // samples

  // Starts a picture: `backdrop` has one colour a pixel.
  void begin(std::span<const Rgb> backdrop);
  // Parts drawn from now on belong to this object (1…); 0 belongs to none, yet hides.
  void select(std::uint16_t object) { object_ = object; }

  void polygon(std::span<const Vertex> corners, const Fill& fill);
  void ellipse(const Vertex& centre, double radius_x, double radius_y, const Fill& fill);

  // Whether something nearer than `place` is drawn there, or it is outside the picture.
  [[nodiscard]] bool hidden(const Vertex& place) const;

  // The picture, one colour a pixel.
  void resolve(std::span<Rgb> out) const;
  // Of objects 0..count-1; those that were never drawn have drawn = 0.
  [[nodiscard]] std::vector<Extent> extents(std::size_t count) const;

 private:
  struct Plane {  // reciprocal distance over the picture
    double at_origin = 0;
    double per_x = 0;
    double per_y = 0;
  };
  struct Shade {
    std::array<float, 3> colour{};
    float start = 1;
    float per_x = 0;
    float per_y = 0;
    float grain = 0;
    float alpha = 1;
  };
  [[nodiscard]] static Shade shade_of(const Fill& fill, double x1, double y1, double x2, double y2);
  void row(int y, double left, double right, const Plane& plane, const Shade& shade);
  [[nodiscard]] std::size_t index(int x, int y) const {
    return static_cast<std::size_t>(y) * static_cast<std::size_t>(width_) +
           static_cast<std::size_t>(x);
  }

  int width_;
  int height_;
  std::uint16_t object_ = 0;
  std::vector<std::array<std::uint8_t, 4>> colour_;
  std::vector<float> inverse_depth_;
  std::vector<std::uint16_t> shown_;    // which object a sample shows
  std::vector<std::uint16_t> touched_;  // which object drew here last, hidden or not
  std::vector<Extent> extents_;
};

}  // namespace spotter::world
