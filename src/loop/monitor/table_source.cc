#include "loop/monitor/table_source.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/error.h"
#include "base/npy.h"

namespace spotter::monitor {

const lake::FileColumn* TableSource::find(const std::string& name) const {
  const auto it = std::find_if(columns.begin(), columns.end(),
                               [&](const lake::FileColumn& c) { return c.name == name; });
  return it == columns.end() ? nullptr : &*it;
}

namespace {

TableSource open_npy(const std::filesystem::path& path) {
  const auto file = std::make_shared<const Npy>(path);
  TableSource source{.rows = file->rows()};
  for (std::size_t c = 0; c < file->columns(); ++c) {
    source.columns.push_back(
        {fmt::format("{}", c), std::string(name(file->type())), lake::ColumnKind::kNumber});
  }
  // Converted whole once, if at all; else the mapped file.
  const auto room = std::make_shared<std::vector<double>>();
  const auto values = file->values(*room);
  source.numbers = [file, room, values](const std::string& column) {
    std::vector<double> numbers;
    numbers.reserve(file->rows());
    const std::size_t columns = file->columns();
    for (std::size_t at = std::stoull(column); at < values.size(); at += columns) {
      numbers.push_back(values[at]);
    }
    return numbers;
  };
  source.categories = [](const std::string&) { return lake::Categories(); };
  return source;
}

}  // namespace

TableSource open_table(const std::filesystem::path& path) {
  if (path.extension() == ".npy") {
    return open_npy(path);
  }
  const auto file = std::make_shared<const lake::TableFile>(path);
  return {.rows = file->rows(),
          .columns = file->columns(),
          .numbers = [file](const std::string& column) { return file->numbers(column); },
          .categories = [file](const std::string& column) { return file->categories(column); }};
}

}  // namespace spotter::monitor
