// The tables of the lake, as docs/internals/lake.md specifies them.
#pragma once
#include <span>
#include <string_view>

namespace spotter::lake {

struct TableSpec {
  std::string_view name;
  std::string_view columns;  // "name TYPE, …", in the order in which rows are written
};

[[nodiscard]] std::span<const TableSpec> all_tables();
// The view current_labels and its kin, as statements.
[[nodiscard]] std::string_view view_statements();

}  // namespace spotter::lake
