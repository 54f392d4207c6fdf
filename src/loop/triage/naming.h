// Names of failure modes that people understand: "missed cones in rain".
#pragma once
#include <string>

namespace spotter::triage {

// "missed cones", "false vehicles", "unfamiliar pictures"; class empty = several.
[[nodiscard]] std::string error_words(const std::string& error, const std::string& class_name);
// "missed-cones-in-rain": lower case letters, digits and hyphens.
[[nodiscard]] std::string slug(const std::string& title);

}  // namespace spotter::triage
