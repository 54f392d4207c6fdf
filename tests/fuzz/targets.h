// Fuzz targets: one entry function a parser. Bytes in; whatever they are, the parser returns or
// throws an Error, and nothing else happens. tests/fuzz/README.md says how to run them longer.
#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace spotter::fuzz {

struct Target {
  std::string_view name;
  void (*run)(std::string_view bytes);
  std::vector<std::string> seeds;
};

[[nodiscard]] std::vector<Target> all_targets();

}  // namespace spotter::fuzz
