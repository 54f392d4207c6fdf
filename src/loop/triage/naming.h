// Names of failure modes that people understand: "missed cones in rain".
#pragma once
#include <span>
#include <string>

#include "project/sample_conditions.h"

namespace spotter::triage {

// "missed cones", "false vehicles", "unfamiliar pictures"; class empty = several. `qualities` stand
// before the noun: "missed small green cones".
[[nodiscard]] std::string error_words(const std::string& error, const std::string& class_name,
                                      const std::string& qualities = {});
// "missed small cones at night": what goes wrong where all the conditions hold. A condition on the
// class overrides `class_name`.
[[nodiscard]] std::string slice_title(const std::string& error, std::string class_name,
                                      std::span<const SampleCondition* const> conditions);
// "missed-cones-in-rain": lower case letters, digits and hyphens.
[[nodiscard]] std::string slug(const std::string& title);

}  // namespace spotter::triage
