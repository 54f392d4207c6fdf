// Notices what other processes change in a project (commands, jobs, cycles), by comparing small
// figures of the catalog and the lake's snapshot number, and tells it by topic. Pages then ask
// again for what they show.
#pragma once
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "project/project.h"

namespace spotter::server {

class Watcher {
 public:
  // The topics that changed since the last look: "cycles", "jobs", "models", "gates", "modes",
  // "campaigns", "batches", "versions", "ledger", "monitor", "samples". The first look gives none.
  [[nodiscard]] std::vector<std::string> look(Project& project);

  // Jobs at work now with their progress, when that differs from what was told last:
  // {"jobs": [{"name", "kind", "step", "cycle", "state", "fraction", "message", "seconds"}]}.
  [[nodiscard]] std::optional<Json> progress(Project& project);

 private:
  std::map<std::string, std::string> seen_;
  std::string told_;
};

}  // namespace spotter::server
