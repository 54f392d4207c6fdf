#include <fmt/format.h>
#include <fmt/ranges.h>

#include "store/lake/lake.h"

namespace spotter::lake {

std::string Table::text(std::size_t row, std::size_t column) const {
  const auto& value = rows.at(row).at(column);
  if (const auto* s = std::get_if<std::string>(&value)) {
    return *s;
  }
  if (const auto* i = std::get_if<std::int64_t>(&value)) {
    return fmt::format("{}", *i);
  }
  if (const auto* d = std::get_if<double>(&value)) {
    return fmt::format("{}", *d);
  }
  if (const auto* b = std::get_if<bool>(&value)) {
    return *b ? "true" : "false";
  }
  if (const auto* list = std::get_if<std::vector<double>>(&value)) {
    return fmt::format("[{}]", fmt::join(*list, ", "));
  }
  return "";
}

std::int64_t Table::integer(std::size_t row, std::size_t column) const {
  const auto& value = rows.at(row).at(column);
  if (const auto* i = std::get_if<std::int64_t>(&value)) {
    return *i;
  }
  if (const auto* d = std::get_if<double>(&value)) {
    return static_cast<std::int64_t>(*d);
  }
  const auto* b = std::get_if<bool>(&value);
  return b != nullptr && *b ? 1 : 0;
}

double Table::real(std::size_t row, std::size_t column) const {
  const auto& value = rows.at(row).at(column);
  if (const auto* d = std::get_if<double>(&value)) {
    return *d;
  }
  return static_cast<double>(integer(row, column));
}

}  // namespace spotter::lake
