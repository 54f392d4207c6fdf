// What a column that two tables have holds, when their files disagree: numbers in one and texts in
// the other are a change by themselves, not a reason to look away.
#pragma once
#include <cstddef>
#include <string>
#include <vector>

#include "loop/monitor/table_source.h"

namespace spotter::monitor {

struct ColumnKinds {
  lake::ColumnKind kind = lake::ColumnKind::kOther;  // as which both are compared
  // Why the column is another one now; empty = it is not. With kCategory this holds only where the
  // texts are no categories.
  std::string change;
};

// Both must have the column. The reference says what it should hold; texts that are all numbers or
// times count as these, and a column without any value as whatever the other is. Reads the column
// of a file when the kinds differ.
[[nodiscard]] ColumnKinds column_kinds(const TableSource& reference, const TableSource& current,
                                       const std::string& name);

constexpr std::size_t kFewValues = 5;  // numbers of so few values are categories

// Whether whole numbers rise from row to row, as those of an id do.
[[nodiscard]] bool is_running_number(const lake::FileColumn& column,
                                     const std::vector<double>& values);

// Why texts are names and not categories that could be compared; empty = they are categories.
[[nodiscard]] std::string why_no_categories(const lake::Categories& reference,
                                            const lake::Categories& current);

// Whether texts are many numbers with a few words among them, in both files: then they are numbers,
// and a word is a missing one.
[[nodiscard]] bool mostly_numbers(const lake::Categories& reference,
                                  const lake::Categories& current);

}  // namespace spotter::monitor
