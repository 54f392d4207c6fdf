#include "loop/monitor/column_kinds.h"

#include <algorithm>
#include <charconv>
#include <set>

#include <fmt/format.h>

namespace spotter::monitor {
namespace {

std::string_view plural_of(lake::ColumnKind kind) {
  return kind == lake::ColumnKind::kTime ? "times" : "numbers";
}

// A cell for people: one that is long is cut.
std::string shown(std::string text) {
  constexpr std::size_t kShownMax = 40;  // bytes
  if (text.size() > kShownMax) {
    std::size_t end = kShownMax;
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) {
      --end;  // not within a character
    }
    text = text.substr(0, end) + "…";
  }
  return text;
}

bool is_number(const std::string& text) {
  double value = 0;
  const char* end = text.data() + text.size();
  return std::from_chars(text.data(), end, value).ptr == end && !text.empty();
}

constexpr std::size_t kCategoriesMax = 20;  // so few texts are categories whatever they are

std::size_t count_distinct(const lake::Categories& reference, const lake::Categories& current) {
  std::set<std::string_view> names(reference.names.begin(), reference.names.end());
  names.insert(current.names.begin(), current.names.end());
  return names.size();
}

}  // namespace

ColumnKinds column_kinds(const TableSource& reference, const TableSource& current,
                         const std::string& name) {
  using Kind = lake::ColumnKind;
  const auto& a = *reference.find(name);
  const auto& b = *current.find(name);
  if (a.kind == b.kind) {
    return {.kind = a.kind};
  }
  if (reference.is_empty(name) || current.is_empty(name)) {
    const bool by_current = reference.is_empty(name);
    const auto kind = by_current ? b.kind : a.kind;
    const bool tested = kind == Kind::kNumber || kind == Kind::kCategory;
    return {.kind = kind,
            .change = tested ? ""
                             : fmt::format("no value in the {} file, and values of type {} in the "
                                           "other",
                                           by_current ? "reference" : "current",
                                           by_current ? b.type : a.type)};
  }
  if (a.kind == Kind::kOther || b.kind == Kind::kOther) {
    return {.change = fmt::format("values of type {} in the reference file, and of type {} in the "
                                  "current one",
                                  a.type, b.type)};
  }
  if (a.kind != Kind::kCategory) {
    const auto cell = current.first_unlike(name, a);
    return {.kind = a.kind,
            .change = cell ? fmt::format("{} in the reference file, and row {} of the current one "
                                         "is \"{}\"",
                                         plural_of(a.kind), cell->row, shown(cell->text))
                           : ""};
  }
  if (const auto cell = reference.first_unlike(name, b)) {
    return {.kind = Kind::kCategory,
            .change = fmt::format("row {} of the reference file is \"{}\", and the current one "
                                  "has only {}",
                                  cell->row, shown(cell->text), plural_of(b.kind))};
  }
  return {.kind = b.kind};
}

bool is_running_number(const lake::FileColumn& column, const std::vector<double>& values) {
  return column.type.find("INT") != std::string::npos && values.size() > kFewValues &&
         std::adjacent_find(values.begin(), values.end(),
                            [](double a, double b) { return !(a < b); }) == values.end();
}

std::string why_no_categories(const lake::Categories& reference, const lake::Categories& current) {
  const auto names = count_distinct(reference, current);
  const auto present = [](const lake::Categories& side) {
    return static_cast<std::size_t>(
        std::count_if(side.codes.begin(), side.codes.end(), [](auto code) { return code >= 0; }));
  };
  if (names <= kCategoriesMax) {
    return "";
  }
  if (names * 2 > present(reference) + present(current)) {
    return "nearly every row has a text of its own";
  }
  if (names == reference.names.size() + current.names.size()) {
    return "no text is in both files: these are names, not categories";
  }
  return "";
}

bool mostly_numbers(const lake::Categories& reference, const lake::Categories& current) {
  const auto mostly = [](const lake::Categories& side) {
    std::vector<std::uint8_t> numeric;
    numeric.reserve(side.names.size());
    for (const auto& name : side.names) {
      numeric.push_back(static_cast<std::uint8_t>(is_number(name)));
    }
    std::size_t numbers = 0;
    std::size_t present = 0;
    for (const auto code : side.codes) {
      if (code >= 0) {
        ++present;
        numbers += numeric[static_cast<std::size_t>(code)];
      }
    }
    return present > 0 && numbers * 10 >= present * 9;
  };
  return count_distinct(reference, current) > kCategoriesMax && mostly(reference) &&
         mostly(current);
}

}  // namespace spotter::monitor
