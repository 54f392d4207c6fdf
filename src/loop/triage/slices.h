// Slice discovery over objects: which conditions on samples and objects, up to three together,
// explain what a model misses and what it invents; and the slices that the team watches.
#pragma once
#include <string>

#include "base/json.h"
#include "project/project.h"
#include "trainer/trainer.h"

namespace spotter::triage {

struct SlicesOptions {
  std::string model = "champion";  // id, name or alias
  std::string version;             // "v2"; empty = the newest
  std::string split;               // empty = val and test
  std::string class_name;          // empty = all
  double score_min = 0.3;          // predictions below it do not count
};

// Predicts what is missing and searches. {"model", "version", "splits", "samples", "scenes",
// "searches": [{"kind", "rows", "failing", "conditions"}], "slices": [{"name", "title", "error",
// "kind" ("label", "prediction"), "where", "class", "rows", "failing", "scenes", "rate_inside",
// "rate_outside", "p", "p_replicated", "errors": {kind: count}, "examples": [{"sample", "object",
// "error"}], "watched"}]}, the worst first. Each slice was found in one half of the scenes and
// confirmed in the other, at a false discovery rate of 5 % over all searches. Where the model gives
// embeddings, groups of pictures that look alike are among them when no slice covers them; one that
// no condition names has the keys of its pictures as filter, or none. Throws kNotFound.
[[nodiscard]] Json find_slices(Project& project, const SlicesOptions& options,
                               const trainer::Progress& progress);

struct WatchOptions {
  std::string name;
  std::string where;
  std::string class_name;
  double weight = 1;
  bool blocking = true;
  std::string must = "not_lose";  // win, not_lose, report
};
// Watches a slice from now on: evaluations and gates count it. Throws kConflict when the name is
// taken, kInvalid for a filter that cannot be read or speaks of predictions.
Json watch_slice(Project& project, const WatchOptions& options);
// No longer; slices of spotter.yaml and of failure modes are changed there. Throws kNotFound.
Json unwatch_slice(Project& project, const std::string& name);
// {"slices": [{"name", "where", "class", "weight", "blocking", "must", "source"}]}.
[[nodiscard]] Json watched(Project& project);

}  // namespace spotter::triage
