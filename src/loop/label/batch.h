// Rows of batches and tasks, shared by the files of this step.
#pragma once
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "project/project.h"

namespace spotter::label {

struct Task {
  std::string sample;
  std::string state;  // open, done, skipped
  double seconds = 0;
};

struct Batch {
  std::string id;
  std::string name;
  std::string campaign;
  std::string state;
  std::string author;
  Json report;
  TimeMs created_at = 0;
  TimeMs updated_at = 0;
  std::vector<Task> tasks;  // in order
};

// By id or name; throws kNotFound with "did you mean".
[[nodiscard]] Batch find_batch(Project& project, std::string_view name);

// Stores the label sets as new revisions under `write_key`, marks the tasks of `done_keys` done
// with `seconds` each, and the batch done when no task is open. Running it again with the same key
// changes nothing.
void take_labels(Project& project, const Batch& batch, std::string_view write_key,
                 std::span<const LabelSet> sets, std::span<const std::string> done_keys,
                 double seconds);

}  // namespace spotter::label
