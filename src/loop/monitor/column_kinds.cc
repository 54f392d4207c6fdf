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

// "; most are numbers, the first that is none is …", where that holds.
std::string mostly_numbers(const lake::Categories& reference, const lake::Categories& current) {
  std::size_t numbers = 0;
  const std::string* first = nullptr;
  for (const auto* side : {&reference, &current}) {
    for (const auto& name : side->names) {
      if (is_number(name)) {
        ++numbers;
      } else if (first == nullptr) {
        first = &name;
      }
    }
  }
  return first != nullptr && numbers * 2 > reference.names.size() + current.names.size()
             ? fmt::format("; most are numbers, the first that is none is \"{}\"", shown(*first))
             : "";
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

std::string why_no_categories(const lake::Categories& reference, const lake::Categories& current) {
  constexpr std::size_t kCategoriesMin = 20;  // so few are categories whatever they are
  std::set<std::string_view> names(reference.names.begin(), reference.names.end());
  names.insert(current.names.begin(), current.names.end());
  const auto present = [](const lake::Categories& side) {
    return static_cast<std::size_t>(
        std::count_if(side.codes.begin(), side.codes.end(), [](auto code) { return code >= 0; }));
  };
  if (names.size() <= kCategoriesMin) {
    return "";
  }
  if (names.size() * 2 > present(reference) + present(current)) {
    return "nearly every row has a text of its own" + mostly_numbers(reference, current);
  }
  if (names.size() == reference.names.size() + current.names.size()) {
    return "no text is in both files: these are names, not categories" +
           mostly_numbers(reference, current);
  }
  return "";
}

}  // namespace spotter::monitor
