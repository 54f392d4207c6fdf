#include "world/houses.h"

#include <array>

#include "world/smooth.h"

namespace spotter::world {
namespace {

constexpr double kCell_m = 14;   // mean width of a plot
constexpr double kDepth_m = 11;  // of a house
constexpr double kFar_m = 400;

struct House {
  double from = 0;  // along the street
  double to = 0;
  double height = 0;
  double roof = 0;
  bool gap = false;
};

std::uint32_t side_salt(const Street& street, int side) {
  return street.salt + (side > 0 ? 101U : 202U);
}

House house_at(const Street& street, int side, std::int64_t number) {
  const std::uint32_t salt = side_salt(street, side);
  const auto border = [&](std::int64_t n) {
    return kCell_m * static_cast<double>(n) + 6 * lattice(n, 0, salt);
  };
  const float dice = lattice(number, 1, salt);
  const float tall = lattice(number, 2, salt);
  House house{.from = border(number), .to = border(number + 1)};
  switch (street.district) {
    case District::kOldTown:
      house.height = 8 + 3.0 * std::floor(tall * 2.99F);
      house.roof = 2.2;
      house.gap = dice < 0.06F;
      break;
    case District::kSuburb:
      house.height = tall < 0.5F ? 3.2 : 5.8;
      house.roof = 2.6;
      house.gap = dice < 0.18F;
      house.to -= 3.5;
      break;
    case District::kCentre:
      house.height = 14 + 3.5 * std::floor(tall * 8);
      house.gap = dice < 0.08F;
      break;
    case District::kHarbour:
      house.height = dice > 0.55F ? 2.6 * (1 + std::floor(tall * 4)) : 6 + 5 * tall;
      house.gap = dice < 0.22F;
      house.to -= 2;
      break;
  }
  return house;
}

double mean_height(District district) {
  constexpr std::array kMeans = {11.0, 4.5, 26.0, 6.5};
  return kMeans[static_cast<std::size_t>(district)];
}

std::int64_t number_at(const Street& street, int side, double along) {
  auto n = whole_below((along / kCell_m));
  const double border =
      kCell_m * static_cast<double>(n) + 6 * lattice(n, 0, side_salt(street, side));
  return along < border ? n - 1 : n;
}

// The smallest positive distance at which right(z) = slope z - curve z^2 reaches `target`.
double reach(double slope, double curve, double target) {
  if (std::abs(curve) < 1e-7) {
    const double z = target / slope;
    return z > 0 ? z : 1e9;
  }
  const double root = slope * slope - 4 * curve * target;
  if (root < 0) {
    return 1e9;
  }
  const double s = std::sqrt(root);
  double best = 1e9;
  for (const double z : {(slope - s) / (2 * curve), (slope + s) / (2 * curve)}) {
    if (z > 0) {
      best = std::min(best, z);
    }
  }
  return best;
}

constexpr std::array kPlaster = {Rgb{0.78F, 0.70F, 0.55F}, Rgb{0.72F, 0.54F, 0.42F},
                                 Rgb{0.66F, 0.66F, 0.62F}, Rgb{0.74F, 0.62F, 0.60F},
                                 Rgb{0.58F, 0.63F, 0.60F}, Rgb{0.80F, 0.76F, 0.68F},
                                 Rgb{0.55F, 0.34F, 0.27F}};
constexpr std::array kTowers = {Rgb{0.55F, 0.56F, 0.57F}, Rgb{0.66F, 0.63F, 0.58F},
                                Rgb{0.42F, 0.45F, 0.50F}, Rgb{0.50F, 0.36F, 0.30F}};
constexpr std::array kSteel = {Rgb{0.52F, 0.54F, 0.55F}, Rgb{0.36F, 0.44F, 0.50F},
                               Rgb{0.58F, 0.52F, 0.44F}};
constexpr std::array kContainers = {Rgb{0.55F, 0.20F, 0.12F}, Rgb{0.14F, 0.28F, 0.46F},
                                    Rgb{0.44F, 0.42F, 0.38F}, Rgb{0.66F, 0.44F, 0.14F},
                                    Rgb{0.20F, 0.36F, 0.32F}, Rgb{0.62F, 0.62F, 0.60F}};

template <std::size_t N>
Rgb pick(const std::array<Rgb, N>& colours, float dice) {
  return colours[std::min(N - 1, static_cast<std::size_t>(dice * static_cast<float>(N)))];
}

struct Surface {
  Rgb albedo;
  Rgb shine;
};

// A grid of windows over a plain wall.
struct Windows {
  double first_up = 1;  // the sill of the lowest row
  double storey = 3;
  double height = 1.5;
  double spacing = 2.4;
  double width = 1.1;
  float lit_share = 0.3F;
};

void add_windows(Surface& s, const Wall& wall, const Windows& w, const Lighting& light,
                 std::uint32_t salt, double up, double footprint) {
  if (up < w.first_up - footprint || up > wall.height - 0.4) {
    return;
  }
  const double margin = std::fmod(wall.width, w.spacing) / 2;
  const double x = wall.across - margin - (w.spacing - w.width) / 2;
  if (x < 0 || wall.across > wall.width - margin) {
    return;
  }
  const double y = up - w.first_up;
  const float pane =
      pulse(x, w.spacing, w.width, wall.footprint) * pulse(y, w.storey, w.height, footprint);
  const float frame = pulse(x + 0.1, w.spacing, w.width + 0.2, wall.footprint) *
                      pulse(y + 0.1, w.storey, w.height + 0.2, footprint);
  const float cross = pulse(x - w.width / 2 + 0.04, w.spacing, 0.08, wall.footprint);
  const auto cell_x = whole_below((x / w.spacing)) + 37 * wall.house;
  const auto cell_y = whole_below((y / w.storey));
  const float dice = lattice(cell_x, cell_y, salt);
  s.albedo = mix(s.albedo, s.albedo * 1.25F + Rgb{0.05F, 0.05F, 0.05F}, frame - pane);
  const Rgb glass = Rgb{0.12F, 0.15F, 0.19F} * (0.7F + 0.7F * dice);
  const float shown = pane * (1 - 0.8F * cross);
  s.albedo = mix(s.albedo, glass, shown);
  if (light.night) {
    const float far = clamp01(f32(1.3 - wall.footprint / 3));
    const float on = dice < w.lit_share * far ? 0.3F + 0.9F * dice : 0.0F;
    s.shine = s.shine + Rgb{0.85F, 0.62F, 0.32F} * (on * shown);
  } else {
    s.shine = s.shine + light.sky * (0.16F * shown * (0.4F + dice));
  }
}

void add_ground_floor(Surface& s, const Wall& wall, const Lighting& light, std::uint32_t salt,
                      double up, double footprint) {
  const float dice = lattice(wall.house, 11, salt);
  const float floor = 1 - above(up, 3.0, footprint);
  if (floor <= 0 || wall.gable) {
    return;
  }
  const float shop =
      pulse(wall.across - 0.4, 4.2, 3.4, wall.footprint) * within(up, 0.4, 2.4, footprint);
  const Rgb trim = pick(kContainers, lattice(wall.house, 12, salt)) * 0.8F;
  if (dice < 0.6F) {
    s.albedo = mix(s.albedo, mix(trim, {0.10F, 0.12F, 0.14F}, shop), floor);
    const float bright = lattice(wall.house, 13, salt);
    const Rgb inside = light.night
                           ? Rgb{0.42F, 0.34F, 0.20F} * std::max(0.05F, bright * 1.6F - 0.6F)
                           : light.sky * 0.12F;
    s.shine = mix(s.shine, inside * shop, floor);
    const float awning = within(up, 2.5, 3.0, footprint);
    s.albedo =
        mix(s.albedo,
            mix(trim * 1.5F, {0.8F, 0.78F, 0.72F}, pulse(wall.across, 0.8, 0.4, wall.footprint)),
            awning);
  } else {
    const float door = within(std::fmod(wall.across, 6.0), 2.2, 3.2, wall.footprint) *
                       (1 - above(up, 2.2, footprint));
    s.albedo = mix(s.albedo * (1 - 0.15F * floor), trim * 0.6F, door);
  }
}

Surface old_town(const Wall& wall, const Lighting& light, std::uint32_t salt, double up,
                 double footprint) {
  Surface s{.albedo = pick(kPlaster, lattice(wall.house, 4, salt))};
  s.albedo = s.albedo * (1 + 0.14F * fading_noise(wall.across, up, 0.8, wall.footprint, salt));
  if (!wall.gable) {
    add_windows(s, wall, {.first_up = 4.0, .storey = 3.0, .height = 1.6, .spacing = 2.5}, light,
                salt + 1, up, footprint);
  }
  add_ground_floor(s, wall, light, salt, up, footprint);
  s.albedo = s.albedo * (1 - 0.25F * within(up, wall.height - 0.3, wall.height, footprint));
  return s;
}

Surface suburb(const Wall& wall, const Lighting& light, std::uint32_t salt, double up,
               double footprint) {
  Surface s{.albedo = pick(kPlaster, lattice(wall.house, 4, salt)) * 1.05F};
  add_windows(s, wall,
              {.first_up = 0.9, .storey = 2.7, .height = 1.3, .spacing = 3.2, .width = 1.5}, light,
              salt + 1, up, footprint);
  if (!wall.gable) {
    const float door =
        within(wall.across, wall.width * 0.45, wall.width * 0.45 + 1.1, wall.footprint) *
        (1 - above(up, 2.1, footprint));
    s.albedo = mix(s.albedo, pick(kContainers, lattice(wall.house, 5, salt)) * 0.7F, door);
  }
  return s;
}

Surface centre(const Wall& wall, const Lighting& light, std::uint32_t salt, double up,
               double footprint) {
  Surface s{.albedo = pick(kTowers, lattice(wall.house, 4, salt))};
  const bool glass = lattice(wall.house, 6, salt) < 0.45F;
  if (!wall.gable || glass) {
    add_windows(s, wall,
                glass ? Windows{.first_up = 4,
                                .storey = 3.5,
                                .height = 3.1,
                                .spacing = 1.6,
                                .width = 1.45,
                                .lit_share = 0.4F}
                      : Windows{.first_up = 4.6,
                                .storey = 3.5,
                                .height = 1.7,
                                .spacing = 2.6,
                                .width = 1.4,
                                .lit_share = 0.35F},
                light, salt + 1, up, footprint);
  }
  add_ground_floor(s, wall, light, salt, up, footprint);
  return s;
}

Surface harbour(const Street& street, const Wall& wall, const Lighting& light, std::uint32_t salt,
                double up, double footprint) {
  if (lattice(wall.house, 1, side_salt(street, wall.side)) > 0.55F) {
    const auto column = whole_below((wall.across / 6.1)) + 19 * wall.house;
    const auto level = whole_below((up / 2.6));
    Surface s{.albedo = pick(kContainers, lattice(column, level, salt))};
    const float ribs = pulse(wall.across, 0.3, 0.15, wall.footprint) - 0.5F;
    const float seams =
        std::max(pulse(wall.across, 6.1, 0.12, wall.footprint), pulse(up, 2.6, 0.12, footprint));
    s.albedo = s.albedo * ((1 + 0.18F * ribs) * (1 - 0.6F * seams));
    return s;
  }
  Surface s{.albedo = pick(kSteel, lattice(wall.house, 4, salt))};
  s.albedo = s.albedo * (1 + 0.12F * (pulse(wall.across, 0.8, 0.4, wall.footprint) - 0.5F) -
                         0.3F * (1 - above(up, 0.8, footprint)));
  const float gate = pulse(wall.across - 1.5, 7, 4, wall.footprint) * (1 - above(up, 4, footprint));
  const float slats = pulse(up, 0.5, 0.08, footprint);
  s.albedo = mix(s.albedo, Rgb{0.24F, 0.27F, 0.30F} * (1 - 0.3F * slats), wall.gable ? 0 : gate);
  const float band = within(up, wall.height - 1.5, wall.height - 0.7, footprint) *
                     pulse(wall.across, 3, 2.4, wall.footprint);
  s.albedo = mix(s.albedo, {0.14F, 0.17F, 0.20F}, band);
  if (light.night) {
    s.shine = Rgb{0.5F, 0.42F, 0.28F} * (band * lattice(wall.house, 8, salt));
  }
  return s;
}

Surface surface(const Street& street, const Wall& wall, const Lighting& light, double up,
                double footprint) {
  const std::uint32_t salt = side_salt(street, wall.side) + 7;
  switch (street.district) {
    case District::kOldTown:
      return old_town(wall, light, salt, up, footprint);
    case District::kSuburb:
      return suburb(wall, light, salt, up, footprint);
    case District::kCentre:
      return centre(wall, light, salt, up, footprint);
    default:
      return harbour(street, wall, light, salt, up, footprint);
  }
}

}  // namespace

std::optional<Wall> find_wall(const Street& street, const Camera& camera, double column_px) {
  const double slope = (column_px - camera.centre_px) / camera.focal_px + camera.yaw;
  double ahead = kFar_m;
  int side = 0;
  for (const int s : {-1, 1}) {
    const double z = reach(slope, camera.curve, s * street.front() - camera.ego_right);
    if (z < ahead) {
      ahead = z;
      side = s;
    }
  }
  if (side == 0) {
    return std::nullopt;
  }
  const double along = camera.ego_along + ahead;
  std::int64_t number = number_at(street, side, along);
  House house = house_at(street, side, number);
  const double grazing = std::abs(slope - 2 * camera.curve * ahead) + 1e-4;
  Wall wall{.ahead = ahead,
            .footprint = ahead / (camera.focal_px * grazing),
            .side = side,
            .place = {side * street.front(), 0, along}};
  if ((house.gap || along > house.to) && wall.footprint < 2) {
    // Through the gap: perhaps the end wall of the next house.
    const House open = house;
    do {
      house = house_at(street, side, ++number);
    } while (house.gap && house.from - open.from < 4 * kCell_m);
    const double end = house.from - camera.ego_along;
    const double right = camera.ego_right + slope * end - camera.curve * end * end;
    const double into = side * right - street.front();
    if (house.gap || into > kDepth_m) {
      return std::nullopt;
    }
    wall.ahead = end;
    wall.gable = true;
    wall.across = into;
    wall.width = kDepth_m;
    wall.footprint = end / camera.focal_px;
    wall.place = {right, 0, house.from};
  } else {
    wall.across = along - house.from;
    wall.width = house.to - house.from;
  }
  wall.house = number;
  wall.height = house.height;
  wall.roof = house.roof;
  if (!wall.gable) {
    // Where a pixel holds several houses it shows their mean height.
    const double share = std::clamp((wall.footprint - 1.5) / 6, 0.0, 1.0);
    wall.height += (mean_height(street.district) - wall.height) * share;
    // The ridge stands half a house behind the front, so it looks lower from the street.
    const double near = std::max(0.5, std::abs(side * street.front() - camera.ego_right));
    const double ridge = (wall.height + wall.roof - camera.height_m) * near / (near + kDepth_m / 2);
    wall.roof = std::max(0.0, ridge + camera.height_m - wall.height);
  }
  return wall;
}

WallColour wall_colour(const Street& street, const Wall& wall, const Lighting& light, double up,
                       double footprint) {
  const double ridge = wall.gable ? 1 - std::abs(2 * wall.across / wall.width - 1) : 1;
  const double top = wall.height + wall.roof * ridge;
  WallColour out{.cover = 1 - above(up, top, footprint)};
  if (out.cover <= 0) {
    return out;
  }
  const Place normal = wall.gable ? Place{0, 0, -1} : Place{-1.0 * wall.side, 0, 0};
  Place place = wall.place;
  place.up = up;
  Rgb falling = light.falling(place, normal);
  if (light.shadow_side != 0 && wall.side != light.shadow_side && !light.night) {
    // The sunny side; its foot may lie in the shade of the houses across.
    const float sunny = above(up, 2.5 + 2 * (1 - std::abs(light.sun_right)), footprint + 0.6);
    falling = light.sky * 0.8F + light.sun * f32(std::abs(light.sun_right) * sunny);
  }
  Surface s = surface(street, wall, light, up, footprint);
  const float roof = wall.roof > 0 && !wall.gable ? above(up, wall.height, footprint) : 0;
  if (roof > 0) {
    const Rgb tile = mix({0.42F, 0.20F, 0.14F}, {0.28F, 0.27F, 0.28F},
                         lattice(wall.house, 9, side_salt(street, wall.side)));
    const float rows = pulse(up, 0.35, 0.08, footprint);
    s.albedo = mix(s.albedo, tile * (1 - 0.25F * rows), roof);
    s.shine = s.shine * (1 - roof);
  }
  const float corner = within(wall.across, -1, 0.18, wall.footprint);
  const Rgb lit = s.albedo * falling * (1 - 0.25F * corner) + s.shine;
  out.colour = mix(lit, light.haze, light.haze_share(wall.ahead));
  return out;
}

}  // namespace spotter::world
