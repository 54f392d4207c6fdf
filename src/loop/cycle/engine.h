// Runs a table of steps along the journal: each step is keyed by the content of its inputs; done
// steps are not repeated, changed ones are, unchanged ones of earlier cycles are reused. Knows
// nothing of what the steps do; the loop's own are in steps.h.
#pragma once
#include <functional>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "loop/cycle/journal.h"
#include "project/project.h"

namespace spotter::cycle {

using Progress = std::function<void(double fraction, std::string_view message)>;

struct StepContext {
  Project& project;
  const CycleRow& cycle;  // id, parameters, rehearsal
  const std::map<std::string, Json>&
      outputs;  // of the steps before, by name; skipped ones may be empty
  Progress progress;

  // A member of an earlier step's outputs, or `fallback`.
  template <typename T>
  [[nodiscard]] T output(std::string_view step, std::string_view key, T fallback) const {
    const auto found = outputs.find(std::string(step));
    return found == outputs.end() ? fallback : json_get_or<T>(found->second, key, fallback);
  }
};

struct StepResult {
  StepState state = StepState::kDone;  // done, skipped or waiting
  std::string reason;                  // of a skip; or what a person has to do, for waiting
  Json outputs = Json::object();
};

struct Step {
  std::string name;
  // Earlier steps whose outputs `inputs` and `run` read; the plan waits for these.
  std::vector<std::string> needs;
  // Everything that the result depends on, by readable names. Must not depend on what the step or a
  // later one of the same cycle changes: a resumed cycle asks again.
  std::function<Json(const StepContext&)> inputs;
  // Does the work; safe to run again after being killed at any moment. Throws when it failed.
  std::function<StepResult(const StepContext&)> run;
  // Whether the outputs of an earlier cycle with the same inputs still hold; absent = never reused.
  std::function<bool(const StepContext&, const Json& outputs)> still_there;
};

// What will happen to a step, and why.
struct PlannedStep {
  std::string name;
  std::string action;  // "keep" (done in this cycle), "reuse" (of an earlier one), "run", "later"
                       // (not known yet)
  std::string reason;
};
[[nodiscard]] std::vector<PlannedStep> plan_cycle(Project& project, const CycleRow& cycle,
                                                  std::span<const Step> steps);

struct EngineHooks {
  std::function<void(const StepRow&)> on_step;  // whenever a step's state changes
  std::function<void(std::string_view step, double fraction, std::string_view message)> on_progress;
};

// Takes the cycle as far as it goes: to its end, to a wait, or to a failure, which it records. Only
// one runner per project: throws kUnavailable when another process has it. Returns the journal's
// last word.
CycleRow advance_cycle(Project& project, const std::string& cycle, std::span<const Step> steps,
                       const EngineHooks& hooks);

// Whether a process is running the project's cycle now.
[[nodiscard]] bool runner_alive(const Project& project);

// Stops the runner if there is one, cancels the cycle's jobs and marks it cancelled. A cycle that
// has ended stays as it is (kConflict). Waits for at most a minute: throws kUnavailable then.
CycleRow cancel_cycle(Project& project, const std::string& cycle);

}  // namespace spotter::cycle
