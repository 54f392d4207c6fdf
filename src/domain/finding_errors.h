// The kinds of error that a finding may name; checks, also those that a project writes itself, use
// these words and no others, so that findings of several checks about one thing can meet.
#pragma once
#include <algorithm>
#include <array>
#include <string_view>

namespace spotter {

inline constexpr std::array<std::string_view, 20> kFindingErrors = {
    // the model is doubted
    "miss", "false_alarm", "wrong_class", "bad_box", "duplicate", "wrong_future",
    // the label is doubted
    "label_missing", "label_class", "label_box", "label_spurious", "label_invalid", "high_loss",
    // about the sample
    "uncertain", "novel", "near_duplicate", "leak", "shift", "failure_cluster", "flagged",
    "miscalibrated"};

[[nodiscard]] inline bool doubts_the_model(std::string_view error) {
  constexpr std::size_t kOfTheModel = 6;
  const auto end = kFindingErrors.begin() + kOfTheModel;
  return std::find(kFindingErrors.begin(), end, error) != end;
}

// Whether the kind doubts a label: such findings are no failure of the model and make no failure
// mode; people look through them in the queue.
[[nodiscard]] constexpr bool doubts_label(std::string_view error) {
  return error.starts_with("label_") || error == "high_loss";
}

}  // namespace spotter
