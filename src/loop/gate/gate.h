// Champion against challenger on the same test version: may the challenger ship? Says pass, fail,
// inconclusive (label more of a slice) or hold (a person must look), with the reasons, as JSON and
// as one page for a person.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "base/json.h"
#include "project/project.h"
#include "trainer/trainer.h"

namespace spotter::gate {

struct GateOptions {
  std::string champion;  // id, name or alias; empty = the alias champion, or none for a first model
  std::string challenger;  // id, name or alias
  std::string control;  // equal-compute control: the same extra steps on the old data; empty = none
  std::string random;   // as many random samples instead of curated ones; empty = none; only shown
  std::string version;  // empty = the newest
  std::string cycle;    // makes the report's id deterministic
  std::uint64_t seed = 1;  // of the bootstrap
};

// Predicts what is missing for each model on the test split, compares slice by slice and stores the
// report. Returns {"id", "verdict": pass|fail|inconclusive|hold, "reasons", "note", "champion",
// "challenger", "control", "version", "slices": [{"name", "verdict", "reason", "before", "after",
// "control", "random", "delta", "low", "high", "credited", "samples", "truths", …}], "regressions",
// "fixes", "html": blob}. The same inputs give the stored report back. Throws kNotFound, kInvalid.
Json run(Project& project, const GateOptions& options, const trainer::Progress& progress);

struct ApproveOptions {
  std::string report;             // id; empty = the newest
  std::string decision = "ship";  // ship, hold
  std::string note;
  std::string author;  // empty = who is acting
  double seconds = 0;  // that the person looked, for the ledger
};

// "it finds 11 of 292 objects (AP50 0.004): too little to be of use" when the challenger's AP50
// over everything is below 0.05, or its accuracy or error is no better than a guess that needs no
// model, whatever the verdict; else empty. Every report has it as "note".
[[nodiscard]] std::string weakness(const Json& report);

// Why this decision cannot be taken on this report, empty if it can: a model that failed cannot be
// shipped (then only `spotter deploy --force` with a reason remains), one that is at work cannot be
// held, and where the gate could not decide or somebody held it, a person who ships says why in the
// note.
[[nodiscard]] std::string refusal(const Json& report, const ApproveOptions& options);
// Whether the report's newest decision is this one already: "already approved by … at …", with
// where the model is at work; empty if not. Then there is nothing left to record.
[[nodiscard]] std::string already(const Json& report, const ApproveOptions& options);
// Records a person's decision and their minutes; nothing when it was taken already. Throws
// kConflict with the refusal.
Json approve(Project& project, const ApproveOptions& options);

// The newest report, or the one of this id (or a unique start of it), as run returned it, with
// "decision" if somebody decided, and "deployed_to", the targets where the challenger is now.
// Throws kNotFound.
[[nodiscard]] Json find(Project& project, std::string_view id = {});
// Newest first, without slices: {"reports": […]}.
[[nodiscard]] Json list(Project& project);

}  // namespace spotter::gate
