#include "project/scoring.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "base/error.h"
#include "project/filter.h"
#include "project/sample_conditions.h"

namespace spotter {
namespace {

constexpr double kIouMin = 0.5;
constexpr std::size_t kDetectionsMax = 100;  // of a class and sample, as in COCO

std::int32_t class_index(const std::vector<std::string>& classes, const std::string& name) {
  const auto found = std::find(classes.begin(), classes.end(), name);
  return found == classes.end() ? -1 : static_cast<std::int32_t>(found - classes.begin());
}

kernels::Truth truth_of(const SplitData& data, const Label& label, bool counts) {
  return {.box = label.box,
          .class_index = class_index(data.classes, label.class_name),
          .ignored = label.ignore || !counts,
          .crowd = label.crowd};
}

std::vector<kernels::Detection> detections_of(const SplitData& data, const PredictionSet& set) {
  std::vector<kernels::Detection> detections;
  std::vector<std::size_t> of_class(data.classes.size());
  for (const auto& p : set.predictions) {
    const auto index = class_index(data.classes, p.class_name);
    if (index >= 0 && ++of_class[static_cast<std::size_t>(index)] <= kDetectionsMax) {
      detections.push_back({.box = p.box, .class_index = index, .score = p.score});
    }
  }
  return detections;
}

}  // namespace

SplitData load_split(Project& project, std::string_view version, std::string_view split) {
  SplitData data{.version = std::string(version), .split = std::string(split)};
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
      if (!label.ignore && class_index(data.classes, label.class_name) < 0) {
        more.insert(label.class_name);
      }
    }
  }
  data.classes.insert(data.classes.end(), more.begin(), more.end());
  return data;
}

std::vector<PredictionSet> load_predictions(Project& project, std::string_view model,
                                            const SplitData& data) {
  std::vector<std::string> keys;
  for (const auto& sample : data.samples) {
    keys.push_back(sample.key);
  }
  std::vector<PredictionSet> sets;
  for (auto& output : project.lake->predictions(model, keys)) {
    sets.push_back(std::move(output.set));
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

std::vector<kernels::PrecisionInput> precision_inputs(
    const SplitData& data, const SliceView& view, const std::vector<PredictionSet>& predictions) {
  std::vector<kernels::PrecisionInput> inputs(data.classes.size());
  for (auto& input : inputs) {
    input.truths.resize(data.scene_count);
  }
  for (std::size_t v = 0; v < view.samples.size(); ++v) {
    const auto i = view.samples[v];
    std::vector<kernels::Truth> truths;
    const auto& labels = data.labels[i].labels;
    for (std::size_t l = 0; l < labels.size(); ++l) {
      truths.push_back(truth_of(data, labels[l], view.counts[v][l] != 0));
      const auto& truth = truths.back();
      if (!truth.ignored && !truth.crowd && truth.class_index >= 0) {
        ++inputs[static_cast<std::size_t>(truth.class_index)].truths[data.scenes[i]];
      }
    }
    const auto detections = detections_of(data, predictions[i]);
    const auto matches = kernels::match_objects(truths, detections, kIouMin);
    for (std::size_t d = 0; d < detections.size(); ++d) {
      if (matches[d].kind != kernels::MatchKind::kIgnored) {
        inputs[static_cast<std::size_t>(detections[d].class_index)].detections.push_back(
            {.score = detections[d].score,
             .scene = data.scenes[i],
             .hit = matches[d].kind == kernels::MatchKind::kHit});
      }
    }
  }
  std::vector<kernels::PrecisionInput> scored;
  for (const auto k : view.classes) {
    kernels::sort_by_score(inputs[static_cast<std::size_t>(k)]);
    scored.push_back(std::move(inputs[static_cast<std::size_t>(k)]));
  }
  return scored;
}

ScoredColumns coco_columns(const SplitData& data, const std::vector<PredictionSet>& predictions) {
  ScoredColumns columns;
  columns.size = {static_cast<std::int32_t>(data.samples.size()),
                  static_cast<std::int32_t>(data.classes.size())};
  const auto add = [](kernels::CocoColumns& into, std::size_t image, std::int32_t category,
                      const Box& b) {
    into.image.push_back(static_cast<std::int32_t>(image));
    into.category.push_back(category);
    into.box.push_back({b.x1, b.y1, b.width(), b.height()});
    into.area.push_back(b.area());
  };
  for (std::size_t i = 0; i < data.samples.size(); ++i) {
    for (const auto& label : data.labels[i].labels) {
      const auto index = class_index(data.classes, label.class_name);
      if (index >= 0) {
        add(columns.truths, i, index, label.box);
        columns.truths.crowd.push_back(label.crowd || label.ignore ? 1 : 0);
      }
    }
    for (const auto& p : predictions[i].predictions) {
      const auto index = class_index(data.classes, p.class_name);
      if (index >= 0) {
        add(columns.detections, i, index, p.box);
        columns.detections.score.push_back(p.score);
      }
    }
  }
  return columns;
}

std::vector<lake::Match> sample_matches(const SplitData& data, std::size_t sample,
                                        const PredictionSet& predictions) {
  std::vector<kernels::Truth> truths;
  const auto& labels = data.labels[sample].labels;
  for (const auto& label : labels) {
    truths.push_back(truth_of(data, label, true));
  }
  std::vector<kernels::Detection> detections;
  for (const auto& p : predictions.predictions) {
    detections.push_back(
        {.box = p.box, .class_index = class_index(data.classes, p.class_name), .score = p.score});
  }
  std::vector<lake::Match> rows;
  for (const auto& match : kernels::match_objects(truths, detections, kIouMin)) {
    const bool has_truth = match.truth >= 0;
    const bool has_detection = match.detection >= 0;
    const auto t = static_cast<std::size_t>(match.truth);
    const auto d = static_cast<std::size_t>(match.detection);
    rows.push_back(
        {.sample = data.samples[sample].key,
         .kind = std::string(kernels::name(match.kind)),
         .error = std::string(kernels::name(match.error)),
         .object = has_truth ? labels[t].object : "",
         .prediction = match.detection,
         .class_name = has_truth ? labels[t].class_name : predictions.predictions[d].class_name,
         .score = has_detection ? predictions.predictions[d].score : 0,
         .iou = match.iou});
  }
  return rows;
}

}  // namespace spotter
