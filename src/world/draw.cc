// Draws the frames of a scene and takes the truth from the same canvas.
#include <algorithm>

#include <fmt/format.h>

#include "world/backdrop.h"
#include "world/lens.h"
#include "world/lidar.h"
#include "world/outline.h"
#include "world/pen.h"
#include "world/world.h"

namespace spotter::world {
namespace {

constexpr double kHeightMin_px = 8;  // a label is at least so high
constexpr double kVisibleMin = 0.4;  // and shows at least this share
constexpr double kSightsMax = 2.8;   // and is not so deep in haze that 94 % of it is air
constexpr double kSeen_m = 160;
constexpr double kScenerySeen_m = 260;
constexpr int kFutureSteps = 12;

struct Standing {
  const Actor* actor = nullptr;
  Place foot;
  double ahead = 0;
};

std::string with_prefix(const Options& options, const std::string& name) {
  return options.prefix.empty() ? name : options.prefix + "/" + name;
}

media::Image to_image(const Picture& picture) {
  media::Image image{.width = picture.width, .height = picture.height};
  image.rgb.resize(picture.pixels.size() * 3);
  std::size_t o = 0;
  for (const Rgb& p : picture.pixels) {
    for (const float value : {p.r, p.g, p.b}) {
      image.rgb[o++] = static_cast<std::uint8_t>(clamp01(value) * 255.0F + 0.5F);
    }
  }
  return image;
}

class Painter {
 public:
  Painter(const Options& options, const Scene& scene)
      : options_(options), scene_(scene), canvas_(options.width, options.height) {}

  Frame frame(int index) {
    const double seconds = index * kFrameSeconds;
    const Camera camera = make_camera(scene_, options_, seconds);
    const Lighting light = make_lighting(scene_, seconds);
    draw_backdrop(scene_, camera, light, options_, backdrop_);
    canvas_.begin(backdrop_);
    Pen pen(camera, light, canvas_);
    const auto standing = far_to_near(camera, seconds);
    paint(pen, standing, seconds);
    Frame out = facts(index);
    measure(out, camera, standing, seconds);
    Picture picture{.width = options_.width, .height = options_.height};
    picture.pixels.resize(backdrop_.size());
    canvas_.resolve(picture.pixels);
    apply_lens(picture, scene_, pen.glows(), stream("lens", index));
    out.image = to_image(picture);
    return out;
  }

 private:
  [[nodiscard]] Rng stream(std::string_view purpose, int index) const {
    return Rng(Rng(scene_.seed, purpose).next(), static_cast<std::uint64_t>(index));
  }

  [[nodiscard]] std::vector<Standing> far_to_near(const Camera& camera, double seconds) const {
    std::vector<Standing> out;
    for (const auto& actor : scene_.actors) {
      Standing s{.actor = &actor, .foot = actor.at(seconds)};
      s.ahead = camera.ahead(s.foot);
      const bool scenery = actor.kind == Kind::kTree || actor.kind == Kind::kCrane;
      if (s.ahead + actor.size.length / 2 > 1 && s.ahead < (scenery ? kScenerySeen_m : kSeen_m)) {
        out.push_back(s);
      }
    }
    std::stable_sort(out.begin(), out.end(),
                     [](const Standing& a, const Standing& b) { return a.ahead > b.ahead; });
    return out;
  }

  void figure(Pen& pen, const Standing& s, double seconds) const {
    switch (s.actor->kind) {
      case Kind::kCar:
      case Kind::kVan:
      case Kind::kTruck:
        return draw_vehicle(pen, *s.actor, s.foot);
      case Kind::kPedestrian:
        return draw_pedestrian(pen, *s.actor, s.foot, seconds);
      case Kind::kCone:
        return draw_cone(pen, *s.actor, s.foot);
      case Kind::kTree:
      case Kind::kLamp:
      case Kind::kCrane:
        return draw_scenery(pen, *s.actor, s.foot, scene_);
      default:
        return draw_prop(pen, *s.actor, s.foot);
    }
  }

  void paint(Pen& pen, const std::vector<Standing>& standing, double seconds) {
    pen.select(0);
    if (pen.light().wet > 0) {
      pen.mirror(true);
      for (const auto& s : standing) {
        if (s.ahead < 60) {
          figure(pen, s, seconds);
        }
      }
      pen.mirror(false);
    }
    for (const auto& s : standing) {
      if (s.ahead < 70 && s.actor->kind != Kind::kLamp && s.actor->kind != Kind::kSign) {
        draw_shadow(pen, s.foot, shadow_size(*s.actor));
      }
    }
    for (const auto& s : standing) {
      pen.select(static_cast<std::uint16_t>(s.actor->id));
      figure(pen, s, seconds);
      if (s.actor->kind == Kind::kPedestrian && scene_.weather == Weather::kRain &&
          !s.actor->hi_vis && Rng(s.actor->look, "carries").chance(0.5)) {
        pen.select(0);  // it hides, yet is no part of the person
        draw_umbrella(pen, *s.actor, s.foot);
      }
    }
  }

  [[nodiscard]] static Size shadow_size(const Actor& actor) {
    Size size = actor.size;
    if (class_of(actor.kind) == "vehicle" && std::abs(sine(actor.heading)) > 0.7) {
      std::swap(size.width, size.length);
    } else if (class_of(actor.kind) != "vehicle") {
      size.length = std::max(0.25, size.width * 0.7);
    }
    return size;
  }

  [[nodiscard]] Frame facts(int index) const {
    Frame out;
    out.sequence = with_prefix(options_, fmt::format("w{}/s{}", scene_.id.week, scene_.id.number));
    out.key = fmt::format("{}/{}", out.sequence, index);
    out.index = index;
    out.captured_at = scene_.starts_at + static_cast<TimeMs>(index) * 400;
    out.vehicle = scene_.ego.vehicle;
    out.attributes = {{"weather", name(scene_.weather)},
                      {"rain_mm", scene_.rain_mm},
                      {"night", scene_.night},
                      {"fog", scene_.weather == Weather::kFog},
                      {"district", name(scene_.street.district)},
                      {"vehicle", scene_.ego.vehicle},
                      {"speed_mps", std::floor(scene_.ego.speed * 10) / 10},
                      {"week", scene_.id.week}};
    if (!options_.split.empty()) {
      out.attributes["split"] = options_.split;
    }
    return out;
  }

  void measure(Frame& out, const Camera& camera, std::vector<Standing> standing, double seconds) {
    const auto extents = canvas_.extents(scene_.actors.size() + 1);
    std::sort(standing.begin(), standing.end(),
              [](const Standing& a, const Standing& b) { return a.actor->id < b.actor->id; });
    std::vector<Solid> solids;
    for (const auto& s : standing) {
      const Extent& extent = extents[static_cast<std::size_t>(s.actor->id)];
      if (extent.drawn == 0) {
        continue;
      }
      const double uncovered =
          static_cast<double>(extent.visible) / static_cast<double>(extent.drawn);
      solids.push_back({s.actor, s.foot, uncovered});
      if (!class_of(s.actor->kind).empty()) {
        Object object = truth(s, extent, uncovered, camera);
        object.ignore = object.box.height() < kHeightMin_px || object.visibility < kVisibleMin ||
                        s.ahead > kSightsMax * scene_.sight_m;
        foresee(object, *s.actor, camera, seconds);
        out.objects.push_back(std::move(object));
      }
    }
    out.lidar = scan(scene_, camera, options_, solids, stream("lidar", out.index));
  }

  [[nodiscard]] static Object truth(const Standing& s, const Extent& extent, double uncovered,
                                    const Camera& camera) {
    Object object{.id = std::to_string(s.actor->id), .class_name = class_of(s.actor->kind)};
    object.box = {extent.x1 / 2.0, extent.y1 / 2.0, extent.x2 / 2.0, extent.y2 / 2.0};
    const Box whole = outline(*s.actor, s.foot, camera);
    const Box inside = clip(whole, 2 * camera.centre_px, 1e9);
    const double inside_share =
        whole.x1 >= 0 && whole.x2 <= 2 * camera.centre_px ? 1 : inside.area() / whole.area();
    object.visibility = std::clamp(uncovered * inside_share, 0.0, 1.0);
    if (s.actor->kind == Kind::kCone) {
      object.colour = s.actor->green ? "green" : "orange";
    }
    object.right_m = camera.right(s.foot);
    object.ahead_m = s.ahead;
    return object;
  }

  static void foresee(Object& object, const Actor& actor, const Camera& camera, double seconds) {
    const bool later = seconds >= actor.change_s;
    object.velocity_right_mps = later ? actor.later_right : actor.speed_right;
    object.velocity_ahead_mps = later ? actor.later_along : actor.speed_along;
    if (!actor.moves()) {
      return;
    }
    for (int step = 1; step <= kFutureSteps; ++step) {
      const Place p = actor.at(seconds + step * kFrameSeconds);
      object.future_m.emplace_back(camera.right(p), camera.ahead(p));
    }
  }

  const Options& options_;
  const Scene& scene_;
  Canvas canvas_;
  std::vector<Rgb> backdrop_;
};

}  // namespace

std::vector<Frame> draw_scene(const Options& options, const SceneId& id) {
  const Scene scene = make_scene(options, id);
  Painter painter(options, scene);
  std::vector<Frame> out;
  for (int i = 0; i < options.frames_per_scene; ++i) {
    out.push_back(painter.frame(i));
  }
  return out;
}

}  // namespace spotter::world
