// A file of any kind that holds a table, column by column: what compare_files reads.
#pragma once
#include <cstddef>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "store/lake/table_file.h"

namespace spotter::monitor {

struct TableSource {
  std::size_t rows = 0;
  std::vector<lake::FileColumn> columns;
  std::function<std::vector<double>(const std::string&)> numbers;
  std::function<lake::Categories(const std::string&)> categories;
  std::function<std::optional<lake::FileCell>(const std::string&, const lake::FileColumn&)>
      first_unlike;
  std::function<bool(const std::string&)> is_empty;

  // nullptr when there is none of this name.
  [[nodiscard]] const lake::FileColumn* find(const std::string& name) const;
};

// A .npy list or matrix has the columns "0", "1" …; everything else is a lake::TableFile. Throws
// kNotFound, and kInvalid for what cannot be read or has no rows.
[[nodiscard]] TableSource open_table(const std::filesystem::path& path);

// The names of the columns in quotes, for people.
[[nodiscard]] std::string names_of(const TableSource& source);

}  // namespace spotter::monitor
