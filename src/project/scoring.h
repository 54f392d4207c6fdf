// One model on one split of a dataset version, ready to be scored: the slices that a project
// watches, COCO columns, and hits and false alarms by class and scene. Evaluate and gate share it.
#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "kernels/average_precision.h"
#include "kernels/coco_eval.h"
#include "kernels/match.h"
#include "project/project.h"

namespace spotter {

// A split with its labels; samples and labels in the same order, by key.
struct SplitData {
  std::string version;
  std::string split;
  std::vector<Sample> samples;
  std::vector<LabelSet> labels;
  std::vector<std::uint32_t> scenes;  // number of each sample's scene, from 0
  std::uint32_t scene_count = 0;
  std::vector<std::string> classes;  // of the configuration, then what else the labels hold
};

// Throws kNotFound when the version has no sample in this split.
[[nodiscard]] SplitData load_split(Project& project, std::string_view version,
                                   std::string_view split);

// The model's predictions for the samples of a split, in their order. Throws kNotFound when one is
// missing: predict first (trainer::predict).
[[nodiscard]] std::vector<PredictionSet> load_predictions(Project& project, std::string_view model,
                                                          const SplitData& data);

// The slices that are not archived: "all" first, then by name; the configuration's and those of
// failure modes.
[[nodiscard]] std::vector<SliceConfig> watched_slices(Project& project);

// What the slice counts of the split: samples that satisfy it, and which of their labels count (the
// others are ignored).
struct SliceView {
  SliceConfig slice;
  std::vector<std::uint32_t> samples;             // positions in the split
  std::vector<std::vector<std::uint8_t>> counts;  // for each of them: 1 = the label counts
  std::vector<std::int32_t> classes;              // that are scored
};
[[nodiscard]] SliceView view_slice(const SplitData& data, const SliceConfig& slice);

// Hits and false alarms of one model in a slice at overlap 0.5, one input a scored class, sorted by
// score.
[[nodiscard]] std::vector<kernels::PrecisionInput> precision_inputs(
    const SplitData& data, const SliceView& view, const std::vector<PredictionSet>& predictions);

// The whole split as COCO columns.
struct ScoredColumns {
  kernels::CocoColumns truths;
  kernels::CocoColumns detections;
  kernels::CocoSize size;
};
[[nodiscard]] ScoredColumns coco_columns(const SplitData& data,
                                         const std::vector<PredictionSet>& predictions);

// The matches of one sample at overlap 0.5, all classes, as the lake stores them.
[[nodiscard]] std::vector<lake::Match> sample_matches(const SplitData& data, std::size_t sample,
                                                      const PredictionSet& predictions);

}  // namespace spotter
