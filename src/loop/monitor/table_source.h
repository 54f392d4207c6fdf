// A file of any kind that holds a table, column by column: what compare_files reads.
#pragma once
#include <cstddef>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "store/lake/table_file.h"

namespace spotter::monitor {

struct TableSource {
  std::size_t rows = 0;
  std::vector<lake::FileColumn> columns;
  std::function<std::vector<double>(const std::string&)> numbers;
  std::function<lake::Categories(const std::string&)> categories;

  // nullptr when there is none of this name.
  [[nodiscard]] const lake::FileColumn* find(const std::string& name) const;
};

// A .npy list or matrix has the columns "0", "1" …; everything else is a lake::TableFile. Throws
// kNotFound and kInvalid.
[[nodiscard]] TableSource open_table(const std::filesystem::path& path);

}  // namespace spotter::monitor
