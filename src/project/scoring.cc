#include "project/scoring.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "base/error.h"
#include "project/filter.h"
#include "project/sample_conditions.h"

namespace spotter {
namespace {

// The model's classes, when they are not in the order of the split's.
std::vector<std::string> other_classes(Project& project, std::string_view model,
                                       const SplitData& data) {
  const auto rows =
      project.catalog->query("SELECT definition FROM models WHERE id = $1", {std::string(model)});
  if (rows.empty()) {
    return {};
  }
  const Json definition = parse_json(rows[0].text(0), "models.definition");
  auto classes = json_get_or<std::vector<std::string>>(definition, "classes", {});
  return classes == data.classes ? std::vector<std::string>{} : classes;
}

// Probabilities in the order of the split's classes; of classes that the model does not know, 0.
void reorder(Prediction& prediction, const std::vector<std::string>& from, const SplitData& data) {
  if (from.empty() || prediction.probabilities.size() != from.size()) {
    return;
  }
  std::vector<double> probabilities(data.classes.size());
  for (std::size_t i = 0; i < from.size(); ++i) {
    const auto place = data.class_index(from[i]);
    if (place >= 0) {
      probabilities[static_cast<std::size_t>(place)] = prediction.probabilities[i];
    }
  }
  prediction.probabilities = std::move(probabilities);
}

}  // namespace

std::int32_t SplitData::class_index(std::string_view name) const {
  const auto found = std::find(classes.begin(), classes.end(), name);
  return found == classes.end() ? -1 : static_cast<std::int32_t>(found - classes.begin());
}

SplitData load_split(Project& project, std::string_view version, std::string_view split) {
  SplitData data{.task = &task_named(project.config.task),
                 .version = std::string(version),
                 .split = std::string(split)};
  std::vector<std::string> keys;
  for (const auto& item : project.lake->version_items(version)) {
    if (item.split == split) {
      keys.push_back(item.sample);
    }
  }
  if (keys.empty()) {
    fail(ErrorCode::kNotFound,
         fmt::format(
             "dataset version \"{}\" has no samples in its split \"{}\": label more scenes, or set "
             "version.{}_share",
             version, split, split));
  }
  data.samples = project.lake->samples(keys);
  data.labels = project.lake->labels(keys, kLabelLayer, version);
  require(data.samples.size() == data.labels.size(), "each item of a version has its labels");
  data.scenes = scene_numbers(data.samples);
  data.scene_count =
      data.scenes.empty() ? 0 : *std::max_element(data.scenes.begin(), data.scenes.end()) + 1;
  data.classes = project.config.classes;
  std::set<std::string> more;
  for (const auto& set : data.labels) {
    for (const auto& label : set.labels) {
      if (!label.ignore && data.class_index(label.class_name) < 0) {
        more.insert(label.class_name);
      }
    }
  }
  data.classes.insert(data.classes.end(), more.begin(), more.end());
  if (data.task->prepare != nullptr) {
    data.task->prepare(project, data);
  }
  return data;
}

std::vector<PredictionSet> load_predictions(Project& project, std::string_view model,
                                            const SplitData& data) {
  std::vector<std::string> keys;
  for (const auto& sample : data.samples) {
    keys.push_back(sample.key);
  }
  const auto classes = other_classes(project, model, data);
  std::vector<PredictionSet> sets;
  for (auto& output : project.lake->predictions(model, keys)) {
    sets.push_back(std::move(output.set));
    for (auto& prediction : sets.back().predictions) {
      reorder(prediction, classes, data);
    }
  }
  if (sets.size() != keys.size()) {
    fail(ErrorCode::kNotFound,
         fmt::format("model \"{}\" has predictions for {} of the {} samples of {} {}", model,
                     sets.size(), keys.size(), data.version, data.split));
  }
  return sets;
}

std::vector<SliceConfig> watched_slices(Project& project) {
  std::vector<SliceConfig> slices = {{.name = "all"}};
  for (const auto& row :
       project.catalog->query("SELECT name, definition, weight, blocking, must FROM slices WHERE "
                              "archived = 0 ORDER BY name")) {
    const Json definition = parse_json(row.text(1), "slices.definition");
    slices.push_back({.name = row.text(0),
                      .where = definition.value("where", "true"),
                      .class_name = definition.value("class", ""),
                      .weight = row.real(2),
                      .blocking = row.integer(3) != 0,
                      .must = row.text(4)});
    if (slices.back().name == "all") {  // the team may set its own rules for the whole
      slices.front() = slices.back();
      slices.pop_back();
    }
  }
  return slices;
}

SliceView view_slice(const SplitData& data, const SliceConfig& slice) {
  SliceView view{.slice = slice};
  const auto filter = Filter::parse(slice.where);
  const bool by_label = filter.mentions_labels();
  for (std::size_t i = 0; i < data.samples.size(); ++i) {
    if (!filter.matches(data.samples[i])) {
      continue;
    }
    std::vector<std::uint8_t> counts;
    for (const auto& label : data.labels[i].labels) {
      counts.push_back(by_label ? static_cast<std::uint8_t>(filter.matches(data.samples[i], label))
                                : 1);
    }
    if (by_label && std::find(counts.begin(), counts.end(), 1) == counts.end() &&
        !filter.matches_unlabelled(data.samples[i])) {
      continue;
    }
    view.samples.push_back(static_cast<std::uint32_t>(i));
    view.counts.push_back(std::move(counts));
  }
  for (std::size_t k = 0; k < data.classes.size(); ++k) {
    if (slice.class_name.empty() || slice.class_name == data.classes[k]) {
      view.classes.push_back(static_cast<std::int32_t>(k));
    }
  }
  return view;
}

}  // namespace spotter
