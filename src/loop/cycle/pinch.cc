#include "loop/cycle/pinch.h"

#include <array>
#include <fstream>
#include <map>

#include <fmt/format.h>

#include "base/error.h"
#include "base/files.h"
#include "base/json.h"
#include "formats/format.h"
#include "trainer/command.h"
#include "trainer/manifest.h"

namespace spotter::cycle {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kSamplesMin = 8;
constexpr std::size_t kFramesOfScene = 4;
constexpr const char* kAuthor = "rehearsal";

// Keys of labelled samples by scene, a few frames each, of scenes that are spread over the project.
std::vector<std::vector<std::string>> choose_scenes(Project& project, std::size_t samples_max) {
  const auto rows = project.lake->query(
      "SELECT s.key, CASE WHEN s.sequence = '' THEN s.key ELSE s.sequence END AS scene FROM "
      "samples s "
      "JOIN current_label_sets l ON l.sample = s.key AND l.layer = $1 ORDER BY scene, s.frame, "
      "s.key",
      {std::string(kLabelLayer)});
  std::map<std::string, std::vector<std::string>> by_scene;
  for (std::size_t i = 0; i < rows.rows.size(); ++i) {
    auto& keys = by_scene[rows.text(i, 1)];
    if (keys.size() < kFramesOfScene) {
      keys.push_back(rows.text(i, 0));
    }
  }
  std::size_t count = 0;
  std::vector<std::string> names;
  for (const auto& [scene, keys] : by_scene) {
    names.push_back(scene);
    count += keys.size();
  }
  if (count < kSamplesMin || names.size() < 4) {
    fail(ErrorCode::kInvalid, fmt::format("there is too little to rehearse with: {} labelled "
                                          "samples in {} scenes, of which {} in 4 are "
                                          "needed; import labels first",
                                          count, names.size(), kSamplesMin));
  }
  const std::size_t frames = (count + names.size() - 1) / names.size();
  std::vector<std::vector<std::string>> scenes;
  for (const auto& scene :
       trainer::pinch(std::move(names), std::max<std::size_t>(8, samples_max / frames))) {
    scenes.push_back(by_scene[scene]);
  }
  return scenes;
}

class Delivery {
 public:
  Delivery(Project& project, fs::path folder) : project_(project), folder_(std::move(folder)) {
    make_folders(folder_ / "images");
  }

  formats::WriteItem& add(const Sample& sample, const char* split) {
    const fs::path blob = project_.blobs->local_path(sample.media);
    Sample copy = sample;
    copy.file_name = fmt::format("images/{:04}{}", items_.size(),
                                 sample.media_type == "image/png" ? ".png" : ".jpg");
    std::error_code no_link;
    fs::create_hard_link(blob, folder_ / copy.file_name, no_link);
    if (no_link) {
      fs::copy_file(blob, folder_ / copy.file_name);
    }
    Json attributes =
        sample.attributes.empty() ? Json::object() : parse_json(sample.attributes, "attributes");
    attributes["split"] = split;
    copy.attributes = attributes.dump();
    items_.push_back({.sample = std::move(copy)});
    return items_.back();
  }

  fs::path write(const std::vector<std::string>& classes) const {
    const fs::path path = folder_ / "samples.jsonl";
    formats::format_named("jsonl").write(path, items_, classes);
    return path;
  }
  [[nodiscard]] std::size_t size() const { return items_.size(); }

 private:
  Project& project_;
  fs::path folder_;
  std::vector<formats::WriteItem> items_;
};

std::string truth_line(const LabelSet& set) {
  Json objects = Json::array();
  for (const auto& label : set.labels) {
    objects.push_back({{"id", label.object},
                       {"class", label.class_name},
                       {"box", {label.box.x1, label.box.y1, label.box.x2, label.box.y2}},
                       {"ignore", label.ignore || label.crowd}});
  }
  return Json{{"key", set.sample}, {"objects", objects}}.dump(-1, ' ', false,
                                                              Json::error_handler_t::replace) +
         "\n";
}

}  // namespace

Pinch write_pinch(Project& project, std::size_t samples_max, const fs::path& folder) {
  constexpr std::array kSplits = {"train", "test",  "train", "val",
                                  "train", "train", "test",  "train"};
  Delivery start(project, folder / "start");
  Delivery production(project, folder / "production");
  std::string truth;
  const auto scenes = choose_scenes(project, samples_max);
  for (std::size_t i = 0; i < scenes.size(); ++i) {
    const char* split = kSplits.at(i / 2 % kSplits.size());
    const auto samples = project.lake->samples(scenes[i]);
    const auto labels = project.lake->labels(scenes[i], kLabelLayer);
    for (std::size_t j = 0; j < samples.size(); ++j) {
      if (i % 2 == 0) {
        auto& item = start.add(samples[j], split);
        item.labels = labels[j];
      } else {
        auto& item = production.add(samples[j], split);
        if (i % 3 == 0) {
          item.flags.push_back({.reason = "rehearsal", .author = kAuthor});
        }
        truth += truth_line(labels[j]);
      }
    }
  }
  const auto classes = trainer::class_names(project);
  write_file_atomic(folder / "truth.jsonl", truth);
  return {.labelled = start.size(),
          .production = production.size(),
          .start = start.write(classes),
          .production_file = production.write(classes),
          .truth = folder / "truth.jsonl"};
}

}  // namespace spotter::cycle
