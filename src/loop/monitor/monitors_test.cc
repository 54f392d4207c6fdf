#include "loop/monitor/monitors.h"

#include <algorithm>
#include <deque>
#include <set>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "base/random.h"

namespace spotter::monitor {
namespace {

// Scenes of four frames; a scene has its own traffic and look. `rain` thins detections and moves
// looks.
struct World {
  std::deque<PredictionSet> sets;
  Side reference;
  Side current;
};

void add_scenes(Rng& rng, World& world, Side& side, std::size_t scenes, double rain) {
  side.dimensions = 8;
  for (std::size_t scene = 0; scene < scenes; ++scene) {
    const double traffic = 2 + 4 * rng.uniform();
    const bool wet = rng.chance(rain);
    std::vector<double> look(side.dimensions);
    for (auto& l : look) {
      l = rng.normal() + (wet ? 2 : 0);
    }
    for (int frame = 0; frame < 4; ++frame) {
      PredictionSet set;
      set.sample = fmt::format("{}{}/{}", &side == &world.current ? "w" : "r", scene, frame);
      const auto count = static_cast<int>(traffic * (wet ? 0.4 : 1) + rng.uniform() * 2);
      for (int i = 0; i < count; ++i) {
        Prediction p;
        p.class_name = i % 2 == 0 ? "cone" : "vehicle";
        p.score = std::clamp((wet ? 0.45 : 0.7) + 0.15 * rng.normal(), 0.0, 1.0);
        set.predictions.push_back(p);
      }
      side.keys.push_back(set.sample);
      side.scene.push_back(static_cast<std::uint32_t>(scene));
      world.sets.push_back(std::move(set));
      side.predictions.push_back(&world.sets.back());
      for (const double l : look) {
        side.embeddings.push_back(static_cast<float>(l + 0.3 * rng.normal()));
      }
      side.has_embedding.push_back(1);
    }
  }
}

World make_world(std::uint64_t seed, std::size_t scenes, double rain) {
  Rng rng(seed, "world");
  World world;
  add_scenes(rng, world, world.reference, 60, 0);
  add_scenes(rng, world, world.current, scenes, rain);
  return world;
}

bool alarmed(const std::vector<MonitorResult>& results) {
  return std::any_of(results.begin(), results.end(),
                     [](const MonitorResult& r) { return r.state == "alarm"; });
}

const MonitorOptions kQuick{.permutations = 199};

TEST(Monitor, RegistryNamesAreUniqueAndTested) {
  std::set<std::string_view> names;
  for (const Monitor* monitor : all_monitors()) {
    EXPECT_TRUE(names.insert(monitor->name).second);
    EXPECT_GT(monitor->effect_floor, 0);
  }
  for (const char* name : {"detections", "empty", "scores_ks", "scores_psi", "embeddings"}) {
    EXPECT_TRUE(names.contains(name)) << name;
  }
}

TEST(Monitor, FalseAlarmsWithoutDriftAreRare) {
  int alarms = 0;
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    const auto world = make_world(seed, 40, 0);
    alarms += alarmed(compare(world.reference, world.current, kQuick)) ? 1 : 0;
  }
  EXPECT_LE(alarms, 9) << "of 100 windows without drift, over all monitors of each";
}

TEST(Monitor, TheRainSeasonIsSeenInEveryKind) {
  const auto world = make_world(1, 60, 0.6);
  const auto results = compare(world.reference, world.current, kQuick);
  for (const char* name : {"detections", "scores_ks", "scores_psi", "embeddings"}) {
    const auto it = std::find_if(results.begin(), results.end(),
                                 [&](const MonitorResult& r) { return r.name == name; });
    ASSERT_NE(it, results.end()) << name;
    EXPECT_EQ(it->state, "alarm") << name;
    EXPECT_GT(it->statistic, it->detectable) << name;
    EXPECT_FALSE(it->exemplars.empty()) << name;
    EXPECT_LE(it->exemplars.size(), kQuick.exemplars_max);
  }
}

TEST(Monitor, FewScenesAreNotEnoughData) {
  const auto world = make_world(1, 5, 0.9);
  for (const auto& result : compare(world.reference, world.current, kQuick)) {
    EXPECT_EQ(result.state, "not enough data") << result.name;
  }
}

TEST(Monitor, NothingAtAllIsNotEnoughData) {
  for (const auto& result : compare({}, {}, kQuick)) {
    EXPECT_EQ(result.state, "not enough data") << result.name;
  }
}

TEST(Monitor, SameWindowSameAnswer) {
  const auto world = make_world(2, 40, 0.3);
  const auto a = compare(world.reference, world.current, kQuick);
  const auto b = compare(world.reference, world.current, kQuick);
  ASSERT_EQ(a.size(), b.size());
  for (std::size_t i = 0; i < a.size(); ++i) {
    EXPECT_EQ(a[i].p, b[i].p);
    EXPECT_EQ(a[i].exemplars, b[i].exemplars);
  }
}

}  // namespace
}  // namespace spotter::monitor
