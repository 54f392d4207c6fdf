// Draws parts of figures given in metres: projects, lights and hazes them. A figure draws itself
// with a pen and knows nothing of cameras and weather; the same calls draw its mirror image on a
// wet road.
#pragma once
#include <initializer_list>
#include <span>
#include <vector>

#include "base/random.h"
#include "world/camera.h"
#include "world/canvas.h"
#include "world/light.h"

namespace spotter::world {

struct Paint {
  Rgb albedo;
  Rgb shine;       // light of its own
  float down = 0;  // as in Fill
  float across = 0;
  float grain = 0;
  float alpha = 1;
};

// A light that the lens smears, for after the picture is drawn.
struct Glow {
  double x = 0;  // pixels
  double y = 0;
  double radius_px = 0;
  Rgb colour;
};

struct Point {
  double x = 0;
  double y = 0;
};

class Pen {
 public:
  Pen(const Camera& camera, const Lighting& light, Canvas& canvas)
      : camera_(camera), light_(light), canvas_(canvas) {}

  [[nodiscard]] const Camera& camera() const { return camera_; }
  [[nodiscard]] const Lighting& light() const { return light_; }
  [[nodiscard]] const std::vector<Glow>& glows() const { return glows_; }
  void select(std::uint16_t object) { canvas_.select(object); }
  // Everything is drawn upside down below the ground, faintly.
  void mirror(bool on) { mirror_ = on; }
  [[nodiscard]] bool mirrored() const { return mirror_; }

  // A flat convex face, in any order of turning; parts nearer than the lens are cut off.
  void face(std::span<const Place> corners, const Place& normal, const Paint& paint);
  // A disc that faces the camera; radii in metres.
  void disc(const Place& centre, double radius_x, double radius_y, const Paint& paint);
  // A light with its halo; `radius_m` of the halo at its distance.
  void glow(const Place& place, double radius_m, Rgb colour);

 private:
  [[nodiscard]] Fill fill_of(const Paint& paint, const Place& place, const Place& normal) const;

  const Camera& camera_;
  const Lighting& light_;
  Canvas& canvas_;
  bool mirror_ = false;
  std::vector<Glow> glows_;
  std::vector<Place> clipped_;
  std::vector<Vertex> vertices_;
};

// An upright cardboard in the world that faces the camera: figures are drawn on it in metres from
// its foot, x to the right and y up.
class Board {
 public:
  // `lean` turns the figure in the board's plane, in radians.
  Board(Pen& pen, const Place& foot, double lean = 0)
      : pen_(pen), foot_(foot), sin_(sine(lean)), cos_(cosine(lean)) {}

  void shape(std::initializer_list<Point> corners, const Paint& paint);
  void box(double x1, double y1, double x2, double y2, const Paint& paint);
  void disc(double x, double y, double radius_x, double radius_y, const Paint& paint);
  // A rounded stick from a to b with these half widths.
  void limb(Point a, Point b, double half_a, double half_b, const Paint& paint);
  [[nodiscard]] Place at(double x, double y) const {
    return {foot_.right + x * cos_ + y * sin_, foot_.up + y * cos_ - x * sin_, foot_.along};
  }

 private:
  Pen& pen_;
  Place foot_;
  double sin_;
  double cos_;
  std::vector<Place> corners_;
};

// A soft dark patch under a figure.
void draw_shadow(Pen& pen, const Place& foot, const Size& size);

// The figures, each standing at `foot` after `seconds`.
void draw_vehicle(Pen& pen, const Actor& actor, const Place& foot);
void draw_pedestrian(Pen& pen, const Actor& actor, const Place& foot, double seconds);
void draw_umbrella(Pen& pen, const Actor& actor, const Place& foot);
void draw_cone(Pen& pen, const Actor& actor, const Place& foot);
void draw_prop(Pen& pen, const Actor& actor, const Place& foot);
void draw_scenery(Pen& pen, const Actor& actor, const Place& foot, const Scene& scene);

}  // namespace spotter::world
