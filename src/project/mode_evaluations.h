// How each failure mode fares with each model, measured on the labelled test split, and the moves
// of its state that follow from that: fixed when a newer model fails much less there than the one
// that it was found with, regressed when a still newer one fails again. Evaluate and gate record;
// triage shows.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "base/json_fwd.h"
#include "kernels/rate_difference.h"
#include "project/scoring.h"

namespace spotter {

struct ModeEvaluation {
  std::string failure_mode;
  std::string model;
  std::string dataset_version;
  std::string unit;  // "objects" or "samples"
  std::int64_t failed = 0;
  std::int64_t examined = 0;
  std::int64_t elsewhere_failed = 0;  // the same kind of error outside of the slice
  std::int64_t elsewhere_examined = 0;
  struct Scene {
    std::string name;
    std::int64_t failed = 0;
    std::int64_t examined = 0;
  };
  std::vector<Scene> scenes;  // of the slice, by name
  TimeMs created_at = 0;
};

// Measures every failure mode that is not ignored with the model's predictions for the test split,
// stores what is new, and moves states on (move_modes). Also measures the models that modes were
// found with and the champion when the lake has their predictions for the split. Nothing for other
// splits. Safe to repeat.
void record_mode_evaluations(Project& project, std::string_view model, const SplitData& data);

// Measures `mode` anew with every model and version that `like` was measured with, where the lake
// still has the predictions: after its slice was changed.
void measure_again(Project& project, const std::string& mode, const std::string& like);

// The mode's evaluations, by when the model was made, then version.
[[nodiscard]] std::vector<ModeEvaluation> mode_evaluations(Project& project, std::string_view mode);

// The failure rates of two evaluations over the scenes that both have.
[[nodiscard]] kernels::RateDifference compare(const ModeEvaluation& first,
                                              const ModeEvaluation& second);
[[nodiscard]] kernels::RateInterval interval_of(const ModeEvaluation& evaluation);

}  // namespace spotter
