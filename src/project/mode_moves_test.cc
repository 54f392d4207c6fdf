// Moves of failure modes by measurements: how often luck moves one of many, and that every task is
// measured.
#include "project/mode_moves.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "base/files.h"
#include "base/json.h"
#include "base/random.h"
#include "domain/track.h"
#include "project/mode_evaluations.h"
#include "project/project.h"

namespace spotter {
namespace {

constexpr int kModes = 40;
constexpr int kObjects = 8;  // of a scene
constexpr int kScenes = 12;  // of the tests by task

// A project whose samples are all in the split "test" of version v1.
class Measured {
 public:
  explicit Measured(Config config)
      : project_(test_project(folder_.path() / "p", std::move(config))) {}

  void commit(std::vector<Sample> samples, std::vector<LabelSet> sets) {
    std::vector<lake::VersionItem> items;
    for (const auto& sample : samples) {
      items.push_back({sample.key, "test", 1});
    }
    project_.lake->add_samples("samples", samples);
    project_.lake->add_labels("labels", sets);
    project_.lake->add_version("version", "v1", items);
    project_.catalog->execute(
        "INSERT INTO dataset_versions (id, number, message, author, content_hash, counts, lineage, "
        "created_at) VALUES ('v1', 1, '', 'test', 'hash', '{}', '{}', 1)");
    samples_ = std::move(samples);
  }

  // A model that says `say(sample)`, each newer than the one before.
  template <typename Say>
  void add_model(const std::string& id, const Say& say) {
    std::vector<lake::ModelOutput> outputs;
    for (const auto& sample : samples_) {
      lake::ModelOutput output;
      output.set = {.sample = sample.key, .predictions = say(sample)};
      outputs.push_back(std::move(output));
    }
    project_.lake->add_predictions("predict/" + id, id, outputs);
    add_model_row(id);
  }

  void add_model_row(const std::string& id) {
    project_.catalog->execute(
        "INSERT INTO models (id, name, dataset_version, definition, files, created_at) VALUES ($1, "
        "$1, 'v1', '{\"runtime\":\"builtin\"}', '{}', $2)",
        {id, ++models_});
  }

  void add_mode(const std::string& name, const std::string& where, const std::string& error) {
    save_failure_mode(project_, {.id = "mode_" + name,
                                 .name = name,
                                 .title = name,
                                 .slice = where,
                                 .error = error,
                                 .state = "open",
                                 .evidence = "{}",
                                 .first_model = "first"});
  }

  void evaluate(const std::string& model) {
    record_mode_evaluations(project_, model, load_split(project_, "v1", "test"));
  }

  [[nodiscard]] std::int64_t in_state(const std::string& state) {
    return project_.catalog
        ->query("SELECT count(*) FROM failure_modes WHERE state = $1", {state})[0]
        .integer(0);
  }

  Project& project() { return project_; }

 private:
  TemporaryFolder folder_;
  Project project_;
  std::vector<Sample> samples_;
  std::int64_t models_ = 0;
};

// One model's measurement of a mode over scenes that it finds nearly all or hardly any of: frames
// of a scene are alike, so scenes are what is drawn.
void store_drawn(Project& project, Rng& rng, int mode, int scene_count, const std::string& model) {
  Json scenes = Json::array();
  int failed = 0;
  for (int scene = 0; scene < scene_count; ++scene) {
    const double rate = rng.chance(0.3) ? 0.9 : 0.1;
    int here = 0;
    for (int object = 0; object < kObjects; ++object) {
      here += rng.chance(rate) ? 1 : 0;
    }
    scenes.push_back({fmt::format("scene {}", scene), here, kObjects});
    failed += here;
  }
  project.catalog->execute(
      "INSERT INTO failure_mode_evaluations (failure_mode, model, dataset_version, unit, failed, "
      "examined, elsewhere_failed, elsewhere_examined, scenes, created_at) VALUES ($1, $2, 'v1', "
      "'objects', $3, $4, 0, 0, $5, 0)",
      {fmt::format("mode_m{}", mode), model, failed, scene_count * kObjects, scenes.dump()});
}

// In how many of `evaluations` some of forty modes left `state`, although all models are alike.
// Each evaluation has a first model of its own.
int moved_by_luck(const std::string& state, int evaluations) {
  int moved = 0;
  Rng rng(1, "forty modes");
  for (int evaluation = 0; evaluation < evaluations; ++evaluation) {
    Measured world({.classes = {"cone"}});
    world.add_model_row("first");
    world.add_model_row("next");
    for (int m = 0; m < kModes; ++m) {
      world.add_mode(fmt::format("m{}", m), "true", "miss");
      for (const auto* model : {"first", "next"}) {
        store_drawn(world.project(), rng, m, 6 + m, model);
      }
      if (state == "fixed") {
        set_failure_mode_state(world.project(), fmt::format("m{}", m), "fixed", "first", "");
      }
    }
    move_modes(world.project(), all_failure_modes(world.project()), "next");
    moved += world.in_state(state) < kModes ? 1 : 0;
  }
  return moved;
}

TEST(ModeMoves, LuckHardlyMovesAnyOfFortyModes) {
  const int regressed = moved_by_luck("fixed", 300);
  const int fixed = moved_by_luck("open", 100);
  RecordProperty("regressed_of_300", regressed);
  RecordProperty("fixed_of_100", fixed);
  EXPECT_LE(regressed, 15);
  EXPECT_LE(fixed, 5);
}

// The life of the mode "here" over three models that say `wrong` or `right`.
template <typename Wrong, typename Right>
void expect_life(Measured& world, const std::string& error, const Wrong& wrong,
                 const Right& right) {
  world.add_mode("here", "true", error);
  world.add_model("first", wrong);
  world.add_model("mended", right);
  world.evaluate("mended");
  const auto rows = mode_evaluations(world.project(), "mode_here");
  ASSERT_EQ(rows.size(), 2U);
  EXPECT_EQ(rows[0].failed, kScenes);
  EXPECT_EQ(rows[1].failed, 0);
  EXPECT_EQ(rows[1].examined, kScenes);
  EXPECT_EQ(find_failure_mode(world.project(), "here").state, "fixed");
  world.add_model("broken", wrong);
  world.evaluate("broken");
  EXPECT_EQ(find_failure_mode(world.project(), "here").state, "regressed");
}

std::vector<Sample> one_a_scene() {
  std::vector<Sample> samples;
  for (int i = 0; i < kScenes; ++i) {
    samples.push_back({.key = fmt::format("s{:02}", i), .sequence = fmt::format("scene {}", i)});
  }
  return samples;
}

TEST(ModeMoves, ClassesAreMeasuredHoweverUnsureTheAnswer) {
  Measured world({.task = "classification", .classes = {"cat", "dog"}});
  std::vector<LabelSet> sets;
  for (const auto& sample : one_a_scene()) {
    sets.push_back({.sample = sample.key, .author = "test"});
    sets.back().labels.push_back({.object = "0", .class_name = "cat", .box = {0, 0, 8, 8}});
  }
  world.commit(one_a_scene(), std::move(sets));
  const auto answer = [](const std::string& class_name) {
    return [class_name](const Sample&) {
      return std::vector<Prediction>{{.class_name = class_name, .score = 0.2, .box = {0, 0, 8, 8}}};
    };
  };
  expect_life(world, "wrong_class", answer("dog"), answer("cat"));
}

TEST(ModeMoves, PathsAreMeasured) {
  Measured world({.task = "trajectory", .classes = {"agent"}});
  auto samples = one_a_scene();
  std::vector<LabelSet> sets;
  for (auto& sample : samples) {
    sample.media = world.project().blobs->put(track_media({.observed = {{0, 0}, {1, 0}}}));
    sample.media_type = kTrackMedia;
    sets.push_back({.sample = sample.key, .author = "test"});
    sets.back().labels.push_back({.object = "a", .class_name = "agent"});
    sets.back().labels.back().attributes = future_attributes({{2, 0}, {3, 0}});
  }
  world.commit(std::move(samples), std::move(sets));
  const auto go_to = [](double y) {
    return [y](const Sample&) {
      Prediction p{.class_name = "agent", .score = 1};
      p.attributes = Json{{"modes", {{{"probability", 1}, {"path", {{2, 0}, {3, y}}}}}}}.dump();
      return std::vector<Prediction>{p};
    };
  };
  expect_life(world, "wrong_future", go_to(5), go_to(0));
}

}  // namespace
}  // namespace spotter
