// Step 11 of the loop: does production still look like what the model was made for? Compares a
// window of production with the model's dataset version: volumes, scores, embeddings. Alarms are
// findings again.
#pragma once
#include <string>

#include "base/json.h"
#include "project/project.h"
#include "trainer/trainer.h"

namespace spotter::monitor {

struct RunOptions {
  std::string model;  // name, id or alias; empty = the champion
  std::string
      where;  // the window: a filter over samples outside the model's version; empty = all of them
  std::string cycle;
  trainer::Progress progress;  // may be empty
};

// {"id", "model", "alarm", "window": {"where", "samples", "scenes"}, "reference": {"version",
// "samples", "scenes"}, "monitors": [{"name", "summary", "state": "ok|alarm|not enough data",
// "n_reference", "n_current", "scenes_reference", "scenes_current", "statistic", "effect_floor",
// "detectable", "p", "p_adjusted", "reference", "current", "exemplars": [keys]}]}. The same window
// of the same model is computed once. Throws kNotFound without a model.
[[nodiscard]] Json run(Project& project, const RunOptions& options);

// {"runs": [{"id", "model", "alarm", "created_at", "alarms": [names]}], "latest": as run returns it
// or null}, newest first.
[[nodiscard]] Json status(Project& project, std::size_t limit);

}  // namespace spotter::monitor
