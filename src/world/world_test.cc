#include "world/world.h"

#include <map>
#include <set>

#include <gtest/gtest.h>

#include "base/error.h"
#include "base/files.h"
#include "base/hash.h"
#include "world/canvas.h"

namespace spotter::world {
namespace {

Options small(std::uint64_t seed) {
  Options options;
  options.scenes = 24;
  options.seed = seed;
  options.width = 128;
  options.height = 80;
  options.rain_share = 0.5;
  options.harbour_share = 0.5;
  return options;
}

std::vector<Frame> all_frames(const Options& options) {
  std::vector<Frame> out;
  for (const auto& id : plan(options)) {
    for (auto& frame : draw_scene(options, id)) {
      out.push_back(std::move(frame));
    }
  }
  return out;
}

TEST(World, same_options_give_the_same_bytes) {
  const Options options = small(5);
  for (const auto& id : {SceneId{1, 1}, SceneId{5, 2}}) {
    const auto a = draw_scene(options, id);
    const auto b = draw_scene(options, id);
    ASSERT_EQ(a.size(), b.size());
    for (std::size_t i = 0; i < a.size(); ++i) {
      EXPECT_EQ(a[i].image.rgb, b[i].image.rgb);
      EXPECT_EQ(truth_row(a[i]), truth_row(b[i]));
      EXPECT_EQ(sample_row(a[i]), sample_row(b[i]));
    }
  }
}

// Labels must be the same on every machine and compiler. If drawing was changed on purpose, put the
// new hash here.
TEST(World, labels_are_those_of_every_other_machine) {
  std::string text;
  for (const auto& frame : all_frames(small(11))) {
    text += truth_row(frame).dump();
  }
  EXPECT_EQ(sha256_hex(text), "b52f599be9d73653a42c26808218d68d10710659ddcc72f5b7683b5b5344845c");
}

TEST(World, a_scene_is_the_same_whatever_else_is_drawn) {
  Options few = small(5);
  few.week_first = 3;
  few.week_last = 3;
  few.scenes = 2;
  const Options many = small(5);
  EXPECT_EQ(truth_row(draw_scene(few, {3, 2})[0]), truth_row(draw_scene(many, {3, 2})[0]));
}

TEST(World, neighbouring_seeds_and_scenes_share_nothing) {
  const auto first = draw_scene(small(5), {1, 1});
  EXPECT_NE(truth_row(first[0])["objects"], truth_row(draw_scene(small(6), {1, 1})[0])["objects"]);
  EXPECT_NE(truth_row(first[0])["objects"], truth_row(draw_scene(small(5), {1, 2})[0])["objects"]);
  EXPECT_NE(truth_row(first[0])["objects"], truth_row(draw_scene(small(5), {2, 1})[0])["objects"]);
}

TEST(World, labels_are_inside_the_picture_and_visible_in_part) {
  int labels = 0;
  for (const auto& frame : all_frames(small(3))) {
    std::set<std::string> ids;
    for (const auto& o : frame.objects) {
      EXPECT_TRUE(ids.insert(o.id).second) << frame.key << " has " << o.id << " twice";
      EXPECT_TRUE(o.box.valid()) << frame.key;
      EXPECT_GE(o.box.x1, 0);
      EXPECT_GE(o.box.y1, 0);
      EXPECT_LE(o.box.x2, 128);
      EXPECT_LE(o.box.y2, 80);
      EXPECT_GE(o.visibility, 0);
      EXPECT_LE(o.visibility, 1);
      if (!o.ignore) {
        ++labels;
        EXPECT_GE(o.box.height(), 8);
        EXPECT_GE(o.visibility, 0.4);
      }
    }
    for (const auto& c : frame.lidar) {
      EXPECT_TRUE(c.box.valid() && c.box.x1 >= 0 && c.box.x2 <= 128 && c.box.y2 <= 80) << frame.key;
      EXPECT_GE(c.points, 3);
    }
  }
  EXPECT_GT(labels, 200);
}

TEST(World, tracks_hold_over_the_frames_of_a_scene) {
  const Options options = small(9);
  int compared = 0;
  for (const auto& id : plan(options)) {
    const auto frames = draw_scene(options, id);
    for (std::size_t i = 0; i + 1 < frames.size(); ++i) {
      std::map<std::string, const Object*> later;
      for (const auto& o : frames[i + 1].objects) {
        later[o.id] = &o;
      }
      // What stands still tells how far the vehicle went.
      double went = -1;
      for (const auto& o : frames[i].objects) {
        if (later.contains(o.id) && o.future_m.empty()) {
          const double step = o.ahead_m - later[o.id]->ahead_m;
          EXPECT_TRUE(went < 0 || std::abs(step - went) < 1e-6) << frames[i].key;
          went = step;
        }
      }
      for (const auto& o : frames[i].objects) {
        if (!later.contains(o.id)) {
          continue;
        }
        EXPECT_EQ(o.class_name, later[o.id]->class_name);
        EXPECT_EQ(o.colour, later[o.id]->colour);
        if (!o.future_m.empty() && went >= 0) {
          EXPECT_NEAR(o.future_m[0].second - went, later[o.id]->ahead_m, 1e-6) << frames[i].key;
          ++compared;
        }
      }
    }
  }
  EXPECT_GT(compared, 50);
}

TEST(World, rain_and_green_cones_come_when_the_timeline_says) {
  Options options = small(7);
  options.scenes = 80;
  options.frames_per_scene = 1;
  options.rain_week = 4;
  options.green_week = 6;
  std::set<int> rainy;
  std::set<int> green;
  for (const auto& frame : all_frames(options)) {
    const int week = frame.attributes["week"].get<int>();
    const bool harbour = frame.attributes["district"] == "harbour";
    if (frame.attributes["weather"] == "rain") {
      rainy.insert(week);
      EXPECT_GT(frame.attributes["rain_mm"].get<double>(), 0);
    }
    EXPECT_EQ(frame.attributes["fog"].get<bool>(), frame.attributes["weather"] == "fog");
    EXPECT_TRUE(!harbour || week >= 6);
    for (const auto& o : frame.objects) {
      if (o.class_name == "cone") {
        EXPECT_EQ(o.colour, harbour ? "green" : "orange");
        green.insert(harbour ? week : 6);
      }
    }
  }
  EXPECT_EQ(*rainy.begin(), 4);
  EXPECT_GE(*green.begin(), 6);
  EXPECT_TRUE(green.contains(7) || green.contains(8));
}

TEST(World, test_sets_hold_only_what_was_asked_for) {
  Options options = small(2);
  options.week_last = 1;
  options.scenes = 3;
  options.frames_per_scene = 1;
  options.only_weather = "rain";
  options.only_time = "day";
  options.only_district = "harbour";
  options.prefix = "test";
  options.split = "test";
  for (const auto& frame : all_frames(options)) {
    EXPECT_EQ(frame.attributes["weather"], "rain");
    EXPECT_EQ(frame.attributes["district"], "harbour");
    EXPECT_FALSE(frame.attributes["night"].get<bool>());
    EXPECT_EQ(frame.attributes["split"], "test");
    EXPECT_TRUE(frame.key.starts_with("test/w1/s"));
  }
}

TEST(World, lidar_sees_through_fog_what_it_sees_in_clear_air) {
  Options options = small(4);
  options.week_last = 1;
  const auto clusters = [&](const std::string& weather) {
    options.only_weather = weather;
    std::size_t count = 0;
    for (const auto& frame : all_frames(options)) {
      count += frame.lidar.size();
    }
    return static_cast<double>(count);
  };
  const double clear = clusters("clear");
  EXPECT_GT(clusters("fog"), 0.7 * clear);
  EXPECT_GT(clusters("rain"), 0.7 * clear);
}

TEST(World, refuses_bad_options) {
  const auto refused = [](auto change) {
    Options options;
    change(options);
    EXPECT_THROW(static_cast<void>(plan(options)), Error);
  };
  refused([](Options& o) { o.scenes = 0; });
  refused([](Options& o) { o.week_last = 0; });
  refused([](Options& o) { o.width = 10; });
  refused([](Options& o) { o.height = 5000; });
  refused([](Options& o) { o.frames_per_scene = -1; });
  refused([](Options& o) { o.rain_share = 1.5; });
  refused([](Options& o) { o.only_weather = "snow"; });
  refused([](Options& o) { o.prefix = "../up"; });
}

TEST(Canvas, counts_what_is_hidden_exactly) {
  Canvas canvas(20, 10);
  const std::vector<Rgb> backdrop(200);
  canvas.begin(backdrop);
  const auto square = [&](std::uint16_t object, double x1, double x2, double inverse_depth) {
    canvas.select(object);
    const Vertex corners[] = {{x1, 4, inverse_depth},
                              {x2, 4, inverse_depth},
                              {x2, 14, inverse_depth},
                              {x1, 14, inverse_depth}};
    canvas.polygon(corners, {.colour = {1, 1, 1}});
  };
  square(1, 0, 20, 0.1);
  square(1, 5, 10, 0.1);   // a second part of the same object counts once
  square(2, 10, 30, 0.5);  // nearer
  square(3, 0, 40, 0.01);  // farther than both, though drawn last
  const auto extents = canvas.extents(5);
  EXPECT_EQ(extents[1].drawn, 200);
  EXPECT_EQ(extents[1].visible, 100);
  EXPECT_EQ(extents[2].visible, 200);
  EXPECT_EQ(extents[3].drawn, 400);
  EXPECT_EQ(extents[3].visible, 100);
  EXPECT_EQ(extents[2].x1, 10);
  EXPECT_EQ(extents[2].x2, 30);
  EXPECT_EQ(extents[2].y1, 4);
  EXPECT_EQ(extents[2].y2, 14);
  EXPECT_EQ(extents[4].drawn, 0);
}

TEST(Canvas, survives_shapes_outside_and_without_area) {
  Canvas canvas(8, 8);
  canvas.begin(std::vector<Rgb>(64));
  canvas.select(1);
  const Vertex far[] = {{-1e9, -1e9, 0.1}, {1e9, -1e9, 0.1}, {0, 1e9, 0.1}};
  canvas.polygon(far, {});
  const Vertex line[] = {{1, 1, 0.1}, {5, 5, 0.1}, {3, 3, 0.1}};
  canvas.polygon(line, {});
  canvas.polygon({}, {});
  canvas.ellipse({-100, -100, 0.1}, 5, 0, {});
  EXPECT_EQ(canvas.extents(2)[1].x2, 16);
}

}  // namespace
}  // namespace spotter::world
