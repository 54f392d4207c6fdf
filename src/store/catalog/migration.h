// The catalog's migrations: numbered SQL files that the build puts into the program.
#pragma once
#include <span>
#include <string_view>

namespace spotter::catalog {

struct Migration {
  std::string_view name;  // "0001_initial"
  std::string_view sql;   // statements of the dialect that both drivers speak
};

// By number, from 0001 without gaps.
[[nodiscard]] std::span<const Migration> all_migrations();

}  // namespace spotter::catalog
