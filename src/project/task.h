// A task as a value: what a truth, a match and the headline metric are when the model detects,
// classifies or predicts paths. Evaluation and gate know tasks only through here. To add one, write
// project/task_<name>.cc and a line in task.cc.
#pragma once
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "domain/annotation.h"
#include "kernels/scene_metric.h"
#include "store/lake/lake.h"

namespace spotter {

struct Project;
struct SplitData;
struct SliceView;

using PredictionSets = std::vector<PredictionSet>;

struct Task {
  std::string_view name;      // "detection", as in spotter.yaml
  std::string_view headline;  // the metric that slices and gate go by: "AP50", "accuracy", "ADE"
  std::string_view scale;     // what a hundredth of it is for a reader: "Scores out of 100 (AP50)"
  // What `baseline` is, to be named beside the metric: "constant velocity"; empty = there is none.
  std::string_view baseline_name;
  bool pictures = true;  // whether a sample is a picture, with boxes in it
  double score_min = 0;  // answers below are no claim: not shown, and they find nothing

  // Adds to a split what scoring needs beside samples and labels; null = nothing.
  void (*prepare)(Project& project, SplitData& data) = nullptr;
  // The headline metric of one model in a slice.
  kernels::SceneMetric (*measure)(const SplitData& data, const SliceView& view,
                                  const PredictionSets& predictions) = nullptr;
  // The headline of the best guess that needs no model; −1 = there is none.
  double (*baseline)(const SplitData& data, const SliceView& view) = nullptr;
  // Every figure over the whole split: {"overall": {…}, "classes": {name: {"truths", …}}}. The
  // headline is one of the overall figures.
  Json (*figures)(const SplitData& data, const PredictionSets& predictions) = nullptr;
  // Which figures a table shows, overall and by class.
  std::span<const std::string_view> columns;
  // The matches of one sample, as the lake stores them: "tp" and "fn" count each truth once.
  std::vector<lake::Match> (*matches)(const SplitData& data, std::size_t sample,
                                      const PredictionSet& predictions) = nullptr;
  // Of a truth that the matches call "fn": whether it was failed by "wrong_class" or "bad_box", the
  // errors that findings tell apart from a plain miss; null = the task has no such kinds.
  bool (*fails_by)(const Label& truth, const PredictionSet& predictions,
                   std::string_view error) = nullptr;
};

[[nodiscard]] std::span<const Task* const> all_tasks();
// Throws kNotFound with "did you mean".
[[nodiscard]] const Task& task_named(std::string_view name);

}  // namespace spotter
