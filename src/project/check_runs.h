// Runs of checks and what they found, as the steps of the loop share them: checks and the monitor
// store them, triage and campaigns read them. A run is known by its inputs, so storing it twice
// changes nothing.
#pragma once
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "domain/finding.h"
#include "project/project.h"

namespace spotter {

// Examined objects by sample key and class, of checks that judge object by object.
using ObjectCounts = std::map<std::string, std::map<std::string, std::int64_t>>;

struct CheckRun {
  std::string id;  // "check_…", from the input key
  std::string check;
  std::string model;       // id; empty = needs none
  std::string parameters;  // JSON
  std::string input_key;
  std::int64_t finding_count = 0;
  std::vector<std::string> examined;  // sample keys that the check could judge, rising
  ObjectCounts objects;
  bool custom = false;  // of spotter.yaml; it counts only while it is there
  std::string cycle;
  double seconds = 0;
  TimeMs created_at = 0;  // set by store_check_run
};

[[nodiscard]] std::optional<CheckRun> find_check_run(Project& project, const std::string& id);

// Completes the findings (id, check, check_run, model, created_at) and stores them with the run:
// lake first, then the catalog, so that a killed call is completed by the next one. The findings
// join the failure modes that they match. Sets run.finding_count.
void store_check_run(Project& project, CheckRun& run, std::vector<Finding> findings);

// Names of checks that spotter.yaml had when they ran and has no more.
[[nodiscard]] std::set<std::string> removed_checks(Project& project);

// What stands now: of each check, for each sample, the findings of the newest run that examined it.
struct CurrentCheck {
  std::string check;
  std::vector<std::string> examined;  // rising
  ObjectCounts objects;               // of the same runs
  std::vector<Finding> findings;      // by run, then sample
};
// Runs of `model` and runs that need no model, in order of check name. Findings that a person has
// called a label error or told to ignore are left out, also when a later run found them again,
// unless `with_settled`; so are removed checks. Loads all findings of those runs.
[[nodiscard]] std::vector<CurrentCheck> current_findings(Project& project, std::string_view model,
                                                         bool with_settled = false);

// The findings with these identifiers, by identifier; unknown ones are left out.
[[nodiscard]] std::vector<Finding> findings_by_id(Project& project, std::vector<std::string> ids);

// What a finding is about, over runs: a label, a cluster, a flag, or a prediction of one model.
[[nodiscard]] std::string finding_subject(const Finding& finding);

// Latest verdict by finding id; what was taken back does not count.
[[nodiscard]] std::map<std::string, std::string> latest_verdicts(Project& project);

}  // namespace spotter
