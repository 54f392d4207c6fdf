#include "project/task.h"

#include <array>

#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"

// To add a task, write project/task_<name>.cc that defines `const Task task_<name>` and add a line
// here.
#define SPOTTER_TASKS(X) \
  X(detection) \
  X(classification) \
  X(trajectory)

namespace spotter {

#define X(name) extern const Task task_##name;
SPOTTER_TASKS(X)
#undef X

std::span<const Task* const> all_tasks() {
#define X(name) &task_##name,
  static constexpr std::array kTasks = {SPOTTER_TASKS(X)};
#undef X
  return kTasks;
}

const Task& task_named(std::string_view name) {
  std::vector<std::string> known;
  for (const auto* task : all_tasks()) {
    if (task->name == name) {
      return *task;
    }
    known.emplace_back(task->name);
  }
  fail(ErrorCode::kNotFound, fmt::format("no task \"{}\"{} (there are {})", name,
                                         did_you_mean(name, known), fmt::join(known, ", ")));
}

}  // namespace spotter
