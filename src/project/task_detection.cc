#include <algorithm>
#include <array>

#include "kernels/coco_eval.h"
#include "kernels/match.h"
#include "project/scoring.h"

namespace spotter {
namespace {

constexpr double kIouMin = 0.5;
constexpr std::size_t kDetectionsMax = 100;  // of a class and sample, as in COCO

kernels::Truth truth_of(const SplitData& data, const Label& label, bool counts) {
  return {.box = label.box,
          .class_index = data.class_index(label.class_name),
          .ignored = label.ignore || !counts,
          .crowd = label.crowd};
}

std::vector<kernels::Detection> detections_of(const SplitData& data, const PredictionSet& set) {
  std::vector<kernels::Detection> detections;
  std::vector<std::size_t> of_class(data.classes.size());
  for (const auto& p : set.predictions) {
    const auto index = data.class_index(p.class_name);
    if (index >= 0 && ++of_class[static_cast<std::size_t>(index)] <= kDetectionsMax) {
      detections.push_back({.box = p.box, .class_index = index, .score = p.score});
    }
  }
  return detections;
}

// Hits and false alarms of one model in a slice at overlap 0.5, one input a scored class.
kernels::SceneMetric measure(const SplitData& data, const SliceView& view,
                             const PredictionSets& predictions) {
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
  return kernels::precision_metric(std::move(scored));
}

double baseline(const SplitData& /*data*/, const SliceView& /*view*/) {
  return -1;
}

void add_row(kernels::CocoColumns& into, std::size_t image, std::int32_t category, const Box& b) {
  into.image.push_back(static_cast<std::int32_t>(image));
  into.category.push_back(category);
  into.box.push_back({b.x1, b.y1, b.width(), b.height()});
  into.area.push_back(b.area());
}

kernels::CocoResult coco_result(const SplitData& data, const PredictionSets& predictions) {
  kernels::CocoColumns truths;
  kernels::CocoColumns detections;
  for (std::size_t i = 0; i < data.samples.size(); ++i) {
    for (const auto& label : data.labels[i].labels) {
      if (const auto index = data.class_index(label.class_name); index >= 0) {
        add_row(truths, i, index, label.box);
        truths.crowd.push_back(label.crowd || label.ignore ? 1 : 0);
      }
    }
    for (const auto& p : predictions[i].predictions) {
      if (const auto index = data.class_index(p.class_name); index >= 0) {
        add_row(detections, i, index, p.box);
        detections.score.push_back(p.score);
      }
    }
  }
  return kernels::coco_evaluate(truths, detections,
                                {static_cast<std::int32_t>(data.samples.size()),
                                 static_cast<std::int32_t>(data.classes.size())});
}

void add_figures(Json& object, const std::array<double, 12>& metrics) {
  for (std::size_t i = 0; i < kernels::kCocoMetrics.size(); ++i) {
    object[std::string(kernels::kCocoMetrics[i])] = metrics[i];
  }
}

Json figures(const SplitData& data, const PredictionSets& predictions) {
  const auto result = coco_result(data, predictions);
  Json out = {{"overall", Json::object()}, {"classes", Json::object()}};
  add_figures(out["overall"], result.metrics);
  for (std::size_t k = 0; k < data.classes.size(); ++k) {
    Json& row = out["classes"][data.classes[k]];
    row = {{"truths", result.classes[k].truths}};
    add_figures(row, result.classes[k].metrics);
  }
  return out;
}

std::vector<lake::Match> matches(const SplitData& data, std::size_t sample,
                                 const PredictionSet& predictions) {
  std::vector<kernels::Truth> truths;
  const auto& labels = data.labels[sample].labels;
  for (const auto& label : labels) {
    truths.push_back(truth_of(data, label, true));
  }
  std::vector<kernels::Detection> detections;
  for (const auto& p : predictions.predictions) {
    detections.push_back(
        {.box = p.box, .class_index = data.class_index(p.class_name), .score = p.score});
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

// Another class is seen there, or its class beside it.
bool fails_by(const Label& truth, const PredictionSet& predictions, std::string_view error) {
  constexpr double kTouches = 0.1;  // overlap from which a box is meant for the object
  const bool class_error = error == "wrong_class";
  return std::any_of(predictions.predictions.begin(), predictions.predictions.end(),
                     [&](const Prediction& p) {
                       return (p.class_name != truth.class_name) == class_error &&
                              iou(p.box, truth.box) >= (class_error ? kIouMin : kTouches);
                     });
}

constexpr std::array<std::string_view, 3> kColumns = {"AP", "AP50", "AP75"};

}  // namespace

extern constinit const Task task_detection;
constinit const Task task_detection = {
    .name = "detection",
    .headline = "AP50",
    .scale = "Scores out of 100 (AP50)",
    .baseline_name = "",
    .score_min = 0.3,
    .measure = measure,
    .baseline = baseline,
    .figures = figures,
    .columns = kColumns,
    .matches = matches,
    .fails_by = fails_by,
};

}  // namespace spotter
