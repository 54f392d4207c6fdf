// What this machine and this installation lack to run Spotter well; looks, changes nothing.
#pragma once
#include <filesystem>
#include <string>
#include <vector>

namespace spotter {

struct Diagnosis {
  enum class State { kOk, kWarning, kFailed };
  std::string name;  // "disk", "networks"
  State state = State::kOk;
  std::string detail;  // what was found, and what to do when it is not well
};

// Programs and their versions, DuckDB and the signatures of its extensions, spotter-nn, executors,
// processor, memory, disk, the temporary folder and, where there is one, the project (`project` as
// in open_project). Takes about a second.
[[nodiscard]] std::vector<Diagnosis> diagnose(const std::filesystem::path& project);
[[nodiscard]] std::string_view name(Diagnosis::State state);  // "ok", "warning", "failed"

}  // namespace spotter
