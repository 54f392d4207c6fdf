// The parsed form of a filter. Only project/ uses it.
#pragma once
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "project/filter.h"

namespace spotter {

// What a name in a filter speaks of.
enum class FieldKind {
  kColumn,
  kAttribute,
  kLabel,
  kPrediction,
  kFlagged,
  kLabelled,
  kVersion,
  kSplit
};

struct Field {
  FieldKind kind = FieldKind::kColumn;
  std::string name;  // column or attribute, without prefix
};

using FilterValue = std::variant<bool, double, std::string>;

struct Filter::Node {
  enum class Kind { kTrue, kAnd, kOr, kNot, kCompare, kIn, kLike, kIsNull };
  Kind kind = Kind::kTrue;
  std::vector<std::unique_ptr<Node>> children;  // of and, or, not
  Field field;
  std::string op;                   // = != < <= > >= for kCompare
  std::vector<FilterValue> values;  // one for kCompare and kLike
};

// Parses; throws kInvalid with the position.
[[nodiscard]] std::unique_ptr<Filter::Node> parse_filter(std::string_view text);

// Whether any name below `node` is of this kind.
[[nodiscard]] bool mentions(const Filter::Node& node, FieldKind kind);

}  // namespace spotter
