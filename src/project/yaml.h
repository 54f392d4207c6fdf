// YAML text as JSON values, with the line of each key, so that messages can name the place.
#pragma once
#include <map>
#include <string>
#include <string_view>

#include "base/json.h"

namespace spotter {

struct YamlDocument {
  Json value = Json::object();
  std::map<std::string, int> lines;  // "gate.margin" -> 12, "slices[0].name" -> 20
};

// Plain scalars become numbers, true and false where they read as such; quoted ones stay text.
// Throws kInvalid with the line for broken YAML, aliases and more than 50 levels.
[[nodiscard]] YamlDocument parse_yaml(std::string_view text, std::string_view origin);

}  // namespace spotter
