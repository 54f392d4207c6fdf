// What a column that two tables have holds, when their files disagree: numbers in one and texts in
// the other are a change by themselves, not a reason to look away.
#pragma once
#include <string>

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

// Why texts are names and not categories that could be compared; empty = they are categories. Says
// so when most of them are numbers, with the first that is none.
[[nodiscard]] std::string why_no_categories(const lake::Categories& reference,
                                            const lake::Categories& current);

}  // namespace spotter::monitor
