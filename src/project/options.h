// The keys of spotter.yaml as one table: checking, "did you mean", the starting file and the
// reference page come from it.
#pragma once
#include <span>
#include <string_view>

#include "base/json.h"
#include "project/yaml.h"

namespace spotter {

struct OptionSpec {
  std::string_view name;      // "gate.margin"; "slices[].name" for the items of a list
  std::string_view fallback;  // JSON text of the default; its type is the option's type
  std::string_view help;
  std::string_view choices = "";  // "win|not_lose|report", empty = any
};

[[nodiscard]] std::span<const OptionSpec> all_options();

// The default of an option as JSON. Throws kInternal for an unknown name.
[[nodiscard]] Json option_default(std::string_view name);

// Throws kInvalid with the line for the first unknown key, wrong type or value outside the choices.
void check_options(const YamlDocument& document, std::string_view origin);

// The value of `name` ("gate.margin") in `value`, or its default.
[[nodiscard]] Json option_value(const Json& value, std::string_view name);

}  // namespace spotter
