// Failure modes as the steps of the loop share them: a slice of the data, a kind of error and a
// state that lives across models. Triage finds and ranks them; campaigns, batches, training and the
// gate move them on. A mode that was fixed stays a blocking slice for ever.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "base/json_fwd.h"
#include "base/time.h"
#include "domain/finding.h"

namespace spotter {

struct Project;

struct FailureMode {
  std::string id;          // "mode_…", deterministic from the slice
  std::string name;        // for commands: "missed-cones-in-rain"
  std::string title;       // for people: "missed cones in rain"
  std::string slice;       // filter over samples; "true" = everywhere
  std::string class_name;  // empty = several
  std::string error;       // as in Finding
  std::string state;       // open, collecting, labelling, training, fixed, regressed, ignored
  double weight = 1;       // business weight, set by the team
  double frequency = 0;    // share of the examined samples that are in the slice
  double severity = 0;  // how much more often they fail than the others, weighted by kind of error
  double rank_score = 0;  // weight × frequency × severity
  std::string evidence;   // JSON object
  std::string owner;      // who looks after it; empty = nobody
  std::string first_model;
  std::string last_model;
  TimeMs created_at = 0;
  TimeMs updated_at = 0;
};

// By falling rank_score, then name.
[[nodiscard]] std::vector<FailureMode> all_failure_modes(Project& project);
// By id, name or title; throws kNotFound with "did you mean".
[[nodiscard]] FailureMode find_failure_mode(Project& project, std::string_view name);
[[nodiscard]] Json to_json(const FailureMode& mode);

// Inserts or replaces the row (by id). A name that another mode has gets a number behind it.
void save_failure_mode(Project& project, FailureMode mode);

// Adds a line to the mode's history in its present state: what somebody noted or did.
void note_failure_mode(Project& project, std::string_view mode, std::string_view model,
                       std::string_view note);

// Every mode at work (collecting, labelling, training) whose last move was at or after `since` goes
// back to open: the work on it ended without a model that fixed it.
void release_failure_modes(Project& project, TimeMs since, std::string_view note);

// Findings that were just made join the modes that they match: same kind of error as the mode's
// findings, class, and slice. What is fixed or at work is joined too, what is ignored is not.
void join_failure_modes(Project& project, const std::vector<Finding>& findings);

// Moves the mode on and writes its history; nothing happens when it is in that state already. The
// first time it is fixed it becomes a blocking slice (table slices, source "failure_mode"); an
// ignored mode's slice is archived. Throws kInvalid for an unknown state, kNotFound for an unknown
// mode.
void set_failure_mode_state(Project& project, std::string_view mode, std::string_view state,
                            std::string_view model, std::string_view note);

}  // namespace spotter
