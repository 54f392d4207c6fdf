// Scores a model on a split of a dataset version: the task's figures overall and by class, its
// headline metric (AP50, accuracy, ADE) with an interval by slice, and a match for every object, so
// that each figure can be followed down to its samples.
#pragma once
#include <string>
#include <string_view>

#include "base/json.h"
#include "project/project.h"
#include "trainer/trainer.h"

namespace spotter::evaluate {

struct EvaluateOptions {
  std::string model;    // id, name or alias
  std::string version;  // "v2"; empty = the newest
  std::string split = "test";
  std::string cycle;
};

// Predicts what is missing, scores, and stores evaluation and matches; the same inputs give the
// stored one back. Returns {"id", "model", "version", "split", "task", "metric", "columns",
// "overall": {figure: value}, "classes": {name: {figure: value}}, "slices": [{"name", "samples",
// "truths", "value" (also under the metric's name), "low", "high", "baseline", …}]}. Throws
// kNotFound, kInvalid.
Json evaluate(Project& project, const EvaluateOptions& options, const trainer::Progress& progress);

// Objects that one model finds and the other does not, at the score from which both speak:
// {"version", "fixed", "broken": [{"sample", "object", "class", "box"}], counts, …}. Both models
// are evaluated on the newest version first.
Json compare(Project& project, std::string_view first, std::string_view second, double score_min,
             const trainer::Progress& progress);

// The stored evaluations, newest first: {"evaluations": […]}.
[[nodiscard]] Json list(Project& project);

}  // namespace spotter::evaluate
