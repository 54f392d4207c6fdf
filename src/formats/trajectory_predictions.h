// Predicted paths as JSON Lines, for scoring without a project.
#pragma once
#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <tuple>
#include <vector>

#include "base/rejects.h"
#include "domain/path.h"

namespace spotter::formats {

class TrajectoryPredictions {
 public:
  TrajectoryPredictions() = default;  // none
  // One line a window: {"file", "agent", "frame", "modes": [{"probability", "path": [[x, y], …]}]}.
  // `frame` is that of the last row that was seen. `file` is one of `files` (its path or its name)
  // and may be left out when there is only one. Lines that can't be taken are rejected; throws
  // kNotFound, and kInvalid when no line at all can be taken.
  TrajectoryPredictions(const std::filesystem::path& path, const std::vector<std::string>& files,
                        Rejects& rejects);

  // The proposals of a window, most probable first; null = there are none.
  [[nodiscard]] const std::vector<PointPath>* find(const std::string& file,
                                                   const std::string& agent,
                                                   std::int64_t frame) const;

 private:
  using Key = std::tuple<std::string, std::string, std::int64_t>;
  std::map<Key, std::vector<PointPath>> modes_;
};

}  // namespace spotter::formats
