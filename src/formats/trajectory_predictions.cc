#include "formats/trajectory_predictions.h"

#include <algorithm>
#include <cmath>
#include <sstream>
#include <utility>

#include <fmt/format.h>

#include "base/attempt.h"
#include "base/error.h"
#include "base/files.h"
#include "base/json.h"
#include "base/text.h"

namespace spotter::formats {
namespace {

namespace fs = std::filesystem;

// One of `files`, by its path or its name.
std::string file_of(const Json& row, const std::vector<std::string>& files) {
  const auto name = json_get_or<std::string>(row, "file", "");
  if (name.empty() && files.size() == 1) {
    return files[0];
  }
  for (const auto& file : files) {
    if (name == file || name == fs::path(file).filename() || name == fs::path(file).stem()) {
      return file;
    }
  }
  fail(ErrorCode::kInvalid, name.empty() ? "\"file\" is missing, and several files are scored"
                                         : fmt::format("\"{}\" is not a scored file", name));
}

// Agents are named by text or by number.
std::string agent_of(const Json& row) {
  const auto it = row.find("agent");
  if (it == row.end() || !(it->is_string() || it->is_number_integer())) {
    fail(ErrorCode::kInvalid, "\"agent\" is missing or neither a text nor a whole number");
  }
  return it->is_string() ? it->get<std::string>() : it->dump();
}

std::vector<PointPath> modes_of(const Json& row) {
  std::vector<std::pair<double, PointPath>> modes;
  for (const auto& mode : json_get<std::vector<Json>>(row, "modes", "line")) {
    auto path = json_get<PointPath>(mode, "path", "mode");
    const bool finite = std::all_of(path.begin(), path.end(), [](const Point& p) {
      return std::isfinite(p[0]) && std::isfinite(p[1]);
    });
    if (path.empty() || !finite) {
      fail(ErrorCode::kInvalid, "a path is empty or not finite");
    }
    modes.emplace_back(json_get_or<double>(mode, "probability", 0.0), std::move(path));
  }
  if (modes.empty()) {
    fail(ErrorCode::kInvalid, "\"modes\" is empty");
  }
  std::stable_sort(modes.begin(), modes.end(),
                   [](const auto& a, const auto& b) { return a.first > b.first; });
  std::vector<PointPath> paths;
  paths.reserve(modes.size());
  for (auto& mode : modes) {
    paths.push_back(std::move(mode.second));
  }
  return paths;
}

}  // namespace

TrajectoryPredictions::TrajectoryPredictions(const fs::path& path,
                                             const std::vector<std::string>& files,
                                             Rejects& rejects) {
  std::istringstream text(read_file(path));
  std::string line;
  for (std::size_t number = 1; std::getline(text, line); ++number) {
    if (trim(line).empty()) {
      continue;
    }
    const auto where = fmt::format("line {}", number);
    auto problem = problem_of([&] {
      const Json row = parse_json(line, where);
      Key key = {file_of(row, files), agent_of(row), json_get<std::int64_t>(row, "frame", "line")};
      if (!modes_.emplace(std::move(key), modes_of(row)).second) {
        fail(ErrorCode::kInvalid, "this window was predicted before");
      }
    });
    if (!problem.empty()) {
      rejects.add(path.string(), where, std::move(problem));
    }
  }
  if (modes_.empty()) {
    fail(ErrorCode::kInvalid, fmt::format("no prediction of a path in {}", path.string()));
  }
}

const std::vector<PointPath>* TrajectoryPredictions::find(const std::string& file,
                                                          const std::string& agent,
                                                          std::int64_t frame) const {
  const auto it = modes_.find({file, agent, frame});
  return it == modes_.end() ? nullptr : &it->second;
}

}  // namespace spotter::formats
