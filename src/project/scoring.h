// One model on one split of a dataset version, ready to be scored by the task (project/task.h): the
// split with its labels, the model's predictions, the slices that a project watches. Evaluate and
// gate share it.
#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "domain/track.h"
#include "project/project.h"
#include "project/task.h"

namespace spotter {

// A split with its labels; samples and labels in the same order, by key.
struct SplitData {
  const Task* task = nullptr;
  std::string version;
  std::string split;
  std::vector<Sample> samples;
  std::vector<LabelSet> labels;
  std::vector<std::uint32_t> scenes;  // number of each sample's scene, from 0
  std::uint32_t scene_count = 0;
  std::vector<std::string> classes;  // of the configuration, then what else the labels hold

  std::vector<Track> tracks;  // of trajectories: what was observed, aligned with the samples

  // The position in `classes`, −1 = not there.
  [[nodiscard]] std::int32_t class_index(std::string_view name) const;
};

// Throws kNotFound when the version has no sample in this split.
[[nodiscard]] SplitData load_split(Project& project, std::string_view version,
                                   std::string_view split);

// The model's predictions for the samples of a split, in their order; probabilities in the order of
// the split's classes. Throws kNotFound when one is missing: predict first (trainer::predict).
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

// The matches of one sample, all classes, as the lake stores them.
[[nodiscard]] inline std::vector<lake::Match> sample_matches(const SplitData& data,
                                                             std::size_t sample,
                                                             const PredictionSet& predictions) {
  return data.task->matches(data, sample, predictions);
}

}  // namespace spotter
