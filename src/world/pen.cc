#include "world/pen.h"

namespace spotter::world {
namespace {

constexpr Place kTowardsCamera = {0, 0.2, -1};

Place middle_of(std::span<const Place> corners) {
  Place sum;
  for (const auto& c : corners) {
    sum = {sum.right + c.right, sum.up + c.up, sum.along + c.along};
  }
  const auto n = static_cast<double>(corners.size());
  return {sum.right / n, sum.up / n, sum.along / n};
}

// Sutherland and Hodgman 1974, against the near plane alone.
void clip_near(const Camera& camera, std::span<const Place> in, std::vector<Place>& out) {
  out.clear();
  for (std::size_t i = 0; i < in.size(); ++i) {
    const Place& a = in[i];
    const Place& b = in[i + 1 == in.size() ? 0 : i + 1];
    const double da = camera.ahead(a) - Camera::kNear_m;
    const double db = camera.ahead(b) - Camera::kNear_m;
    if (da >= 0) {
      out.push_back(a);
    }
    if ((da >= 0) != (db >= 0)) {
      const double t = da / (da - db);
      out.push_back({a.right + (b.right - a.right) * t, a.up + (b.up - a.up) * t,
                     camera.ego_along + Camera::kNear_m + 1e-9});
    }
  }
}

}  // namespace

Fill Pen::fill_of(const Paint& paint, const Place& place, const Place& normal) const {
  const Rgb lit = paint.albedo * light_.falling(place, normal) + paint.shine;
  const float haze = light_.haze_share(camera_.ahead(place));
  return {.colour = mix(lit, light_.haze, haze),
          .down = paint.down * (1 - haze),
          .across = paint.across * (1 - haze),
          .grain = paint.grain * (1 - haze),
          .alpha = mirror_ ? std::min(0.995F, paint.alpha) * f32(0.6 * light_.wet) : paint.alpha};
}

void Pen::face(std::span<const Place> corners, const Place& normal, const Paint& paint) {
  clip_near(camera_, corners, clipped_);
  if (clipped_.size() < 3) {
    return;
  }
  const Place middle = middle_of(clipped_);
  const Fill fill = fill_of(paint, middle, normal);
  vertices_.clear();
  for (Place p : clipped_) {
    p.up = mirror_ ? -p.up : p.up;
    vertices_.push_back(camera_.project(p));
  }
  canvas_.polygon(vertices_, fill);
}

void Pen::disc(const Place& centre, double radius_x, double radius_y, const Paint& paint) {
  if (camera_.ahead(centre) < Camera::kNear_m) {
    return;
  }
  const Fill fill = fill_of(paint, centre, kTowardsCamera);
  Place p = centre;
  p.up = mirror_ ? -p.up : p.up;
  const double scale = 2 * camera_.focal_px / camera_.ahead(p);
  canvas_.ellipse(camera_.project(p), radius_x * scale, radius_y * scale, fill);
}

void Pen::glow(const Place& place, double radius_m, Rgb colour) {
  const double ahead = camera_.ahead(place);
  if (ahead < 1.5) {
    return;
  }
  Place p = place;
  p.up = mirror_ ? -p.up : p.up;
  const Vertex v = camera_.project(p);
  if (canvas_.hidden(v)) {
    return;
  }
  const float dim = (mirror_ ? 0.25F : 1.0F) * (1 - light_.haze_share(ahead) * 0.8F);
  glows_.push_back(
      {.x = v.x / 2,
       .y = v.y / 2,
       .radius_px = std::min(radius_m * camera_.focal_px / ahead, camera_.focal_px * 0.12),
       .colour = colour * dim});
}

void Board::shape(std::initializer_list<Point> corners, const Paint& paint) {
  corners_.clear();
  for (const auto& c : corners) {
    corners_.push_back(at(c.x, c.y));
  }
  pen_.face(corners_, kTowardsCamera, paint);
}

void Board::box(double x1, double y1, double x2, double y2, const Paint& paint) {
  shape({{x1, y1}, {x2, y1}, {x2, y2}, {x1, y2}}, paint);
}

void Board::disc(double x, double y, double radius_x, double radius_y, const Paint& paint) {
  pen_.disc(at(x, y), radius_x, radius_y, paint);
}

void Board::limb(Point a, Point b, double half_a, double half_b, const Paint& paint) {
  const double dx = b.x - a.x;
  const double dy = b.y - a.y;
  const double length = std::sqrt(dx * dx + dy * dy) + 1e-9;
  const double nx = -dy / length;
  const double ny = dx / length;
  shape({{a.x + nx * half_a, a.y + ny * half_a},
         {b.x + nx * half_b, b.y + ny * half_b},
         {b.x - nx * half_b, b.y - ny * half_b},
         {a.x - nx * half_a, a.y - ny * half_a}},
        paint);
  disc(a.x, a.y, half_a, half_a, paint);
  disc(b.x, b.y, half_b, half_b, paint);
}

void draw_shadow(Pen& pen, const Place& foot, const Size& size) {
  const Lighting& light = pen.light();
  const double long_shadow = light.night ? 0.1 : 0.5 * luminance(light.sun);
  const double shift = -light.sun_right * size.height * long_shadow;
  const double ahead = std::abs(light.sun_along) * size.height * long_shadow;
  for (const double grow : {1.25, 0.9}) {
    const double w = size.width * 0.55 * grow;
    const double l = size.length * 0.55 * grow;
    const Place corners[] = {{foot.right - w, 0.005, foot.along - l},
                             {foot.right + w, 0.005, foot.along - l},
                             {foot.right + w + shift, 0.005, foot.along + l + ahead},
                             {foot.right - w + shift, 0.005, foot.along + l + ahead}};
    pen.face(corners, {0, 1, 0}, {.albedo = {0.02F, 0.02F, 0.03F}, .alpha = 0.38F});
  }
}

}  // namespace spotter::world
