// The ledger: what a cycle cost, in seconds that people attended and that machines worked, and in
// money. Entries are only added; a key makes each unique, so that a repeated step does not count
// twice.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "base/json_fwd.h"
#include "project/project.h"

namespace spotter {

struct LedgerEntry {
  std::string key;    // "job/<name>", "approval/<id>", "batch/<id>/<sample>"
  std::string cycle;  // empty = outside a cycle
  std::string step;   // name of the loop step that it was for
  std::string kind;   // "human", "machine", or "money" (a bill: cost is given, not computed)
  double seconds = 0;
  std::string note;
  std::string author;  // empty = the project's person for "human"
  double cost = -1;    // money; negative = from seconds and the configured price of an hour
};

// Adds the entry; false = an entry of this key was there, nothing changed. Throws kInvalid for a
// wrong kind, an empty key or time that is not finite and >= 0.
bool add_ledger(Project& project, const LedgerEntry& entry);

// Attended seconds of one step of a cycle.
[[nodiscard]] double human_seconds(Project& project, std::string_view cycle, std::string_view step);

// {"currency","total":{"human_minutes","machine_hours","cost"},"cycles":[{"cycle","number","human_minutes",
// "machine_hours","cost","steps":[{"step","human_minutes","machine_hours","cost"}]}]}; entries
// outside a cycle are under cycle "". `cycle` empty = all.
[[nodiscard]] Json ledger_summary(Project& project, std::string_view cycle = {});

}  // namespace spotter
