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
  source.first_unlike = [](const std::string&, const lake::FileColumn&) { return std::nullopt; };
  source.is_empty = [](const std::string&) { return false; };
  return source;
}

TableSource open_file(const std::filesystem::path& path) {
  const auto file = std::make_shared<const lake::TableFile>(path);
  return {.rows = file->rows(),
          .columns = file->columns(),
          .numbers = [file](const std::string& column) { return file->numbers(column); },
          .categories = [file](const std::string& column) { return file->categories(column); },
          .first_unlike =
              [file](const std::string& column, const lake::FileColumn& like) {
                return file->first_unlike(column, like);
              },
          .is_empty = [file](const std::string& column) { return file->is_empty(column); }};
}

}  // namespace

TableSource open_table(const std::filesystem::path& path) {
  auto source = path.extension() == ".npy" ? open_npy(path) : open_file(path);
  if (source.rows == 0) {
    fail(ErrorCode::kInvalid, fmt::format("the table has no rows: {}", path.string()));
  }
  return source;
}

std::string names_of(const TableSource& source) {
  std::string list;
  for (const auto& column : source.columns) {
    list += fmt::format("{}\"{}\"", list.empty() ? "" : ", ", column.name);
  }
  return list;
}

}  // namespace spotter::monitor
