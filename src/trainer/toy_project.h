// A small project for tests of what comes after training: labelled pictures in one test split, and
// models that find what the test says. Nothing is trained and no job runs.
#pragma once
#include <array>
#include <optional>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "base/files.h"
#include "base/json.h"
#include "base/random.h"
#include "media/image.h"
#include "project/project.h"
#include "trainer/trainer.h"

namespace spotter {

// Two cones a picture, two pictures a scene, every second scene in the rain; version "v1", all of
// it in the split "test".
class ToyProject {
 public:
  static constexpr int kScenes = 24;
  static constexpr std::array<Box, 2> kBoxes = {Box{10, 10, 30, 30}, Box{50, 20, 80, 50}};

  explicit ToyProject(const Config& config) : project_(test_project(folder_.path() / "p", config)) {
    media::Image image{.width = 120, .height = 80};
    image.rgb.assign(std::size_t{120} * 80 * 3, 128);
    const auto media = project_.blobs->put(media::encode_jpeg(image, 80));
    std::vector<Sample> samples;
    std::vector<LabelSet> sets;
    std::vector<lake::VersionItem> items;
    for (int i = 0; i < 2 * kScenes; ++i) {
      const auto key = fmt::format("s{:02}-{}", i / 2, i % 2);
      keys_.push_back(key);
      samples.push_back(
          {.key = key,
           .media = media,
           .media_type = "image/jpeg",
           .width = 120,
           .height = 80,
           .sequence = fmt::format("scene {}", i / 2),
           .frame = i % 2,
           .attributes = rainy(i / 2) ? R"({"weather":"rain"})" : R"({"weather":"sun"})"});
      LabelSet set{.sample = key, .author = "test"};
      set.labels = {{.object = "0", .class_name = "cone", .box = kBoxes[0]},
                    {.object = "1", .class_name = "cone", .box = kBoxes[1]}};
      sets.push_back(std::move(set));
      items.push_back({key, "test", 1});
    }
    project_.lake->add_samples("samples", samples);
    project_.lake->add_labels("labels", sets);
    project_.lake->add_version("version", "v1", items);
    project_.catalog->execute(
        "INSERT INTO dataset_versions (id, number, message, author, content_hash, counts, lineage, "
        "created_at) VALUES "
        "('v1', 1, '', 'test', 'hash', '{}', '{}', 1)");
  }

  static bool rainy(int scene) { return scene % 2 == 1; }

  // Registers a model that finds each object with the chance that `skill(scene)` gives and, if it
  // is to invent something, a box where nothing is in one of ten pictures. Returns its id.
  template <typename Skill>
  std::string add_model(const std::string& name, const Skill& skill, double inventions = 0.1) {
    const auto folder = folder_.path() / ("made-" + name);
    write_json(
        folder / "model.json",
        {{"runtime", "command"}, {"task", "detection"}, {"classes", {"cone"}}, {"note", name}});
    write_file_atomic(folder / "model.pt", name);
    const auto id = trainer::register_model(project_, folder, name).id;
    Rng rng(7, name);
    std::vector<lake::ModelOutput> outputs;
    for (std::size_t i = 0; i < keys_.size(); ++i) {
      lake::ModelOutput output;
      output.set.sample = keys_[i];
      for (const auto& box : kBoxes) {
        if (rng.chance(skill(static_cast<int>(i / 2)))) {
          output.set.predictions.push_back(
              {.class_name = "cone", .score = rng.uniform(0.5, 1), .box = box});
        }
      }
      if (rng.chance(inventions)) {
        output.set.predictions.push_back(
            {.class_name = "cone", .score = rng.uniform(0.3, 0.6), .box = {90, 60, 110, 75}});
      }
      outputs.push_back(std::move(output));
    }
    project_.lake->add_predictions("predict/" + name, id, outputs);
    return id;
  }

  Project& project() { return project_; }
  [[nodiscard]] const std::vector<std::string>& keys() const { return keys_; }

 private:
  TemporaryFolder folder_;
  Project project_;
  std::vector<std::string> keys_;
};

}  // namespace spotter
