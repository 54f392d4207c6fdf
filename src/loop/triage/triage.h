// Step 3 of the loop: findings gather into failure modes, ranked by weight × frequency × severity.
// A mode is known by its slice and lives across models: open, collecting, labelling, training, then
// fixed or, when it comes back, regressed.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "project/project.h"

namespace spotter::triage {

struct UpdateOptions {
  std::string model;  // name, id or alias; empty = the champion, if there is one
  std::string cycle;
};

// Groups what stands now of the model's findings; doubts about labels are not among them. Modes
// that were known keep identity, name, weight and state; one that is no longer there although its
// slice was examined again by a newer model is fixed, and a fixed one that is found again has
// regressed. {"model", "findings", "modes": [mode…]}, by rank. Repeating it changes nothing.
[[nodiscard]] Json update(Project& project, const UpdateOptions& options);

// After checks ran for `model` (id; empty = none): the same for the champion, or when there is no
// champion yet, so that modes appear by themselves; of another model nothing, for the list is about
// what is at work. {"modes": open ones, "doubts": doubted labels}, null for another model.
[[nodiscard]] Json update_after_checks(Project& project, const std::string& model);

// {"model", "total", "doubts": [{"error", "class", "title", "findings", "samples", "proposals" (of
// the findings, that propose a change), "score" (the highest)}]}: what checks doubt of the labels
// and nobody has judged, by kind and class, most findings first.
[[nodiscard]] Json label_doubts(Project& project, const std::string& model);

// {"modes": [mode…]} by rank; `all` also lists fixed and ignored ones.
[[nodiscard]] Json modes(Project& project, bool all);

// One mode with "samples" (how many are in its slice now: new ones join by themselves), its
// history, its `limit` most suspicious findings as "examples", and "models": how each model that
// was evaluated since fails there, oldest first: [{"model", "name", "version", "unit", "failed",
// "examined", "rate", "low", "high", "scenes", "elsewhere", "against_first", "against_champion":
// {"difference", "low", "high", "p_rise", "p_fall", "scenes"} or null}].
[[nodiscard]] Json show_mode(Project& project, const std::string& mode, std::size_t limit);

// Lays `other` into `mode`: findings and history move; `other` becomes ignored with a note.
[[nodiscard]] Json merge_modes(Project& project, const std::string& mode, const std::string& other);

struct SplitOptions {
  std::string mode;
  std::string where;  // the samples of the mode that the part takes
  std::string title;  // of the part; empty = from mode and filter
};
// Takes the samples that fit `where` out of a mode as a mode of its own, with their findings, state
// and measurements: {"mode", "part"}. Throws kInvalid for a broken filter, kConflict when it was
// split like that already.
[[nodiscard]] Json split_mode(Project& project, const SplitOptions& options);

struct SetOptions {
  std::string mode;
  std::string state;  // empty = unchanged
  std::string title;
  double weight = -1;  // negative = unchanged
  std::string note;    // goes into the mode's history, with a state or alone
  std::optional<std::string> owner;
};
// Changes a mode by hand; throws kInvalid when nothing is to change.
[[nodiscard]] Json set_mode(Project& project, const SetOptions& options);

struct FindingsOptions {
  std::string mode;
  std::string check;
  std::string model;  // empty = the champion
  std::string sample;
  std::size_t limit = 20;
};
// {"total", "findings": [{"id", "check", "model", "sample", "object", "error", "class", "score",
// "box", "evidence", "verdict", "modes"}]}: what stands now, most suspicious first; of a mode: all
// of its findings.
[[nodiscard]] Json findings(Project& project, const FindingsOptions& options);

}  // namespace spotter::triage
