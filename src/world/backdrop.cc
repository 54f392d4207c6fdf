#include "world/backdrop.h"

#include <optional>

#include "world/ground.h"
#include "world/houses.h"
#include "world/smooth.h"

namespace spotter::world {
namespace {

constexpr double kFar_m = 350;

class Backdrop {
 public:
  Backdrop(const Scene& scene, const Camera& camera, const Lighting& light, const Options& options,
           std::vector<Rgb>& out)
      : scene_(scene),
        camera_(camera),
        light_(light),
        width_(options.width),
        height_(options.height),
        out_(out) {}

  void draw() {
    out_.resize(static_cast<std::size_t>(width_) * static_cast<std::size_t>(height_));
    walls_.resize(static_cast<std::size_t>(width_));
    skyline_.resize(static_cast<std::size_t>(width_));
    for (int x = 0; x < width_; ++x) {
      walls_[static_cast<std::size_t>(x)] = find_wall(scene_.street, camera_, x + 0.5);
      skyline_[static_cast<std::size_t>(x)] = skyline(x);
    }
    for (int y = 0; y < height_; ++y) {
      const double below = y + 0.5 - camera_.horizon_px;
      below > 0.3 ? ground_row(y, below) : sky_row(y, -below);
    }
  }

 private:
  [[nodiscard]] Rgb& pixel(int x, int y) {
    return out_[static_cast<std::size_t>(y) * static_cast<std::size_t>(width_) +
                static_cast<std::size_t>(x)];
  }

  // Pixels above the horizon that something far away fills.
  [[nodiscard]] double skyline(int x) const {
    const double angle = (x - camera_.centre_px) / camera_.focal_px + camera_.yaw;
    const std::uint32_t salt = scene_.street.salt + 31;
    const double scale = camera_.focal_px / 240;
    if (scene_.street.district == District::kSuburb) {
      return scale *
             (5 + 7 * smooth_noise(angle * 14, 0, salt) + 3 * smooth_noise(angle * 70, 1, salt));
    }
    const auto block = whole_below((angle * 22));
    const double tall = scene_.street.district == District::kCentre ? 30 : 10;
    return scale * (4 + tall * lattice(block, 2, salt));
  }

  [[nodiscard]] Rgb sky(int x, double above_px) const {
    const double scale = 240 / camera_.focal_px;
    const double angle = (x - camera_.centre_px) * scale;
    const double up = above_px * scale;
    if (light_.night) {
      return mix(light_.haze * 1.25F, {0.015F, 0.02F, 0.045F}, ramp(up, 0, 60));
    }
    const auto cover = f32(scene_.cloud);
    const Rgb zenith = mix({0.30F, 0.50F, 0.80F}, {0.60F, 0.63F, 0.67F}, cover * cover);
    Rgb colour = mix(light_.haze, zenith, 0.9F * ramp(up, 0, 90));
    if (scene_.weather == Weather::kFog) {
      return light_.haze;
    }
    const double lift = 1 + 40 / (up + 12);
    const float cloud =
        0.6F * smooth_noise(angle / 38 * lift * 0.6, up / 14 * lift, scene_.street.salt + 41) +
        0.3F * smooth_noise(angle / 15, up / 7 * lift, scene_.street.salt + 42) +
        0.1F * smooth_noise(angle / 6, up / 3, scene_.street.salt + 43);
    const float amount = clamp01((cloud - 0.75F + 0.5F * cover) * 3.2F);
    const Rgb white = scene_.weather == Weather::kRain
                          ? Rgb{0.50F, 0.53F, 0.57F}
                          : mix({0.95F, 0.95F, 0.96F}, {0.70F, 0.71F, 0.73F}, cover);
    return mix(colour, white * (0.86F + 0.24F * cloud), amount * 0.85F);
  }

  void sky_row(int y, double above_px) {
    for (int x = 0; x < width_; ++x) {
      const auto i = static_cast<std::size_t>(x);
      const auto& wall = walls_[i];
      Rgb colour;
      float cover = 0;
      if (wall) {
        const double footprint = wall->ahead / camera_.focal_px;
        const auto c = wall_colour(scene_.street, *wall, light_,
                                   camera_.height_m + above_px * footprint, footprint);
        colour = c.colour;
        cover = c.cover;
      }
      if (cover < 1) {
        colour = mix(behind(x, above_px), colour, cover);
      }
      pixel(x, y) = colour;
    }
  }

  // Sky, or the skyline before it.
  [[nodiscard]] Rgb behind(int x, double above_px) const {
    const float far = clamp01(f32(skyline_[static_cast<std::size_t>(x)] - above_px + 0.5));
    const Rgb air = far < 1 ? sky(x, above_px) : Rgb{};
    if (far <= 0) {
      return air;
    }
    const Rgb mass = scene_.street.district == District::kSuburb ? Rgb{0.20F, 0.27F, 0.16F}
                                                                 : Rgb{0.36F, 0.38F, 0.42F};
    const Rgb lit = mix(mass * light_.sky, light_.haze, std::max(0.45F, light_.haze_share(220)));
    return mix(air, lit, far);
  }

  void ground_row(int y, double below) {
    const double ahead = std::min(kFar_m, camera_.height_m * camera_.focal_px / below);
    const float haze = light_.haze_share(ahead);
    const double length = ahead * ahead / (camera_.height_m * camera_.focal_px);
    const int mirror_y = static_cast<int>(2 * camera_.horizon_px) - y;
    for (int x = 0; x < width_; ++x) {
      const auto& wall = walls_[static_cast<std::size_t>(x)];
      if (wall && wall->ahead < ahead) {
        const double footprint = wall->ahead / camera_.focal_px;
        pixel(x, y) = wall_colour(scene_.street, *wall, light_,
                                  camera_.height_m - below * footprint, footprint)
                          .colour;
        continue;
      }
      const double slope = (x + 0.5 - camera_.centre_px) / camera_.focal_px + camera_.yaw;
      const GroundPoint p{
          .right = camera_.ego_right + slope * ahead - camera_.curve * ahead * ahead,
          .along = camera_.ego_along + ahead,
          .width = ahead / camera_.focal_px,
          .length = length};
      pixel(x, y) = ground(p, haze, x, mirror_y);
    }
  }

  [[nodiscard]] Rgb ground(const GroundPoint& p, float haze, int x, int mirror_y) {
    Rgb falling = light_.falling({p.right, 0, p.along}, {0, 1, 0});
    if (light_.shadow_side != 0) {  // a soft edge to the shade of the houses
      const float shade = above(p.right * light_.shadow_side, light_.shadow_from, p.width + 0.3);
      const Rgb open = light_.sky + light_.sun * f32(light_.sun_up);
      falling = mix(open, light_.sky, shade);
    }
    Rgb colour = ground_albedo(scene_.street, p, light_.wet) * falling;
    if (light_.wet > 0) {
      const float pool = puddle(scene_.street, p);
      const double wobble = (smooth_noise(p.right * 4, p.along * 1.5, 77) - 0.5) * 3 * (1 - pool);
      const int from = std::clamp(mirror_y + static_cast<int>(wobble * 2), 0,
                                  std::max(0, static_cast<int>(camera_.horizon_px) - 1));
      const float glance = f32(light_.wet) * (0.16F + 0.34F * pool) * (0.55F + 0.45F * haze);
      colour = mix(colour, pixel(x, from), clamp01(glance));
    }
    return mix(colour, light_.haze, haze);
  }

  const Scene& scene_;
  const Camera& camera_;
  const Lighting& light_;
  int width_;
  int height_;
  std::vector<Rgb>& out_;
  std::vector<std::optional<Wall>> walls_;
  std::vector<double> skyline_;
};

}  // namespace

void draw_backdrop(const Scene& scene, const Camera& camera, const Lighting& light,
                   const Options& options, std::vector<Rgb>& out) {
  Backdrop(scene, camera, light, options, out).draw();
}

}  // namespace spotter::world
