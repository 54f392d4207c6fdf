// Step 2 of the loop: runs checks over samples and keeps what they find. A check on unchanged
// inputs is not repeated; findings are stored exactly once, under identifiers that depend on the
// inputs alone.
#pragma once
#include <string>
#include <vector>

#include "base/json.h"
#include "project/project.h"
#include "trainer/trainer.h"

namespace spotter::checks {

struct RunOptions {
  std::vector<std::string> names;  // empty = those of spotter.yaml, or all
  std::string model;               // name, id or alias; empty = the champion, if there is one
  std::vector<std::string>
      keys;           // samples to look at; empty = `where`, else each check's own choice
  std::string where;  // filter; empty = none given
  std::string cycle;
  trainer::Progress progress;  // may be empty
};

// {"model", "runs": [{"check", "run", "findings", "examined", "reused", "seconds"} or
// {"check", "skipped": reason} or, of a project's own check, {"check", "failed": reason}]}; those
// of a project's own checks have "reject_count" and "rejects" [{"where", "reason"}] too. Makes the
// model predict what it has not predicted yet. Throws
// kNotFound for an unknown check or model, kInvalid for wrong parameters; nothing is half-stored.
[[nodiscard]] Json run(Project& project, const RunOptions& options);

// Throws what is wrong with `checks` of spotter.yaml: kNotFound for a name that no check has,
// kInvalid for parameters that a check does not know and for faults of a project's own checks.
void require_valid(const Config& config);

// {"checks": [{"name", "summary", "method", "tasks", "params": [{"name", "default", …}],
// "configured"}]}, with a project also its own checks ("custom").
[[nodiscard]] Json list(const Project* project);

}  // namespace spotter::checks
