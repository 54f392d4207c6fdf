// Evaluation of a filter in memory, in three-valued logic: what a sample alone cannot tell is
// unknown, and unknown counts as satisfied at the top.
#include "project/filter.h"

#include <algorithm>
#include <cmath>

#include "base/json.h"
#include "project/filter_ast.h"

namespace spotter {
namespace {

using Node = Filter::Node;

// What a name stands for here: a value, null, or (absent) nothing that can be known.
using Known = std::optional<Json>;

Json attribute(const std::string& attributes, const std::string& name) {
  if (attributes.empty()) {
    return nullptr;
  }
  const Json object = parse_json(attributes, "attributes");
  const auto found = object.find(name);
  return found == object.end() ? Json(nullptr) : *found;
}

Json column(const Sample& s, const std::string& name) {
  if (name == "key") {
    return s.key;
  }
  if (name == "source") {
    return s.source;
  }
  if (name == "sequence") {
    return s.sequence;
  }
  if (name == "file_name") {
    return s.file_name;
  }
  if (name == "media") {
    return s.media;
  }
  if (name == "frame") {
    return s.frame;
  }
  if (name == "width") {
    return s.width;
  }
  return name == "height" ? Json(s.height) : Json(s.captured_at);
}

Json share(double at, int side) {
  return side > 0 ? Json(at / side) : Json(nullptr);
}

Json label_field(const Sample& sample, const Label& label, const std::string& name) {
  const Box& box = label.box;
  if (name == "class") {
    return label.class_name;
  }
  if (name == "track") {
    return label.track;
  }
  if (name == "width") {
    return box.width();
  }
  if (name == "height") {
    return box.height();
  }
  if (name == "area") {
    return box.area();
  }
  if (name == "aspect") {
    return box.height() != 0 ? Json(box.width() / box.height()) : Json(nullptr);
  }
  if (name == "center_x") {
    return share((box.x1 + box.x2) / 2, sample.width);
  }
  return name == "center_y" ? share((box.y1 + box.y2) / 2, sample.height)
                            : attribute(label.attributes, name);
}

Known resolve(const Field& field, const Sample& sample, const Label* label) {
  switch (field.kind) {
    case FieldKind::kColumn:
      return column(sample, field.name);
    case FieldKind::kAttribute:
      return attribute(sample.attributes, field.name);
    case FieldKind::kLabel:
      return label == nullptr ? Known{} : Known{label_field(sample, *label, field.name)};
    default:
      return std::nullopt;
  }
}

// Texts, numbers and truth values compare with their own kind; text that reads as a number is one.
std::optional<int> order(const Json& left, const FilterValue& right) {
  if (const auto* text = std::get_if<std::string>(&right)) {
    const std::string mine = left.is_string() ? left.get<std::string>() : left.dump();
    return mine.compare(*text) < 0 ? -1 : mine == *text ? 0 : 1;
  }
  if (const auto* truth = std::get_if<bool>(&right)) {
    if (left.is_boolean()) {
      return static_cast<int>(left.get<bool>()) - static_cast<int>(*truth);
    }
    if (left.is_string() && (left == "true" || left == "false")) {
      return static_cast<int>(left == "true") - static_cast<int>(*truth);
    }
    return std::nullopt;
  }
  double mine = 0;
  if (left.is_number()) {
    mine = left.get<double>();
  } else if (left.is_string()) {
    char* end = nullptr;
    const std::string text = left.get<std::string>();
    mine = std::strtod(text.c_str(), &end);
    if (text.empty() || *end != '\0') {
      return std::nullopt;
    }
  } else {
    return std::nullopt;
  }
  const double other = std::get<double>(right);
  return mine < other ? -1 : mine > other ? 1 : 0;
}

bool holds(const std::string& op, int order) {
  return op == "="    ? order == 0
         : op == "!=" ? order != 0
         : op == "<"  ? order < 0
         : op == "<=" ? order <= 0
         : op == ">"  ? order > 0
                      : order >= 0;
}

// SQL's LIKE: % stands for any text, _ for one character.
bool like(std::string_view text, std::string_view pattern) {
  if (pattern.empty()) {
    return text.empty();
  }
  if (pattern.front() == '%') {
    for (std::size_t i = 0; i <= text.size(); ++i) {
      if (like(text.substr(i), pattern.substr(1))) {
        return true;
      }
    }
    return false;
  }
  return !text.empty() && (pattern.front() == '_' || pattern.front() == text.front()) &&
         like(text.substr(1), pattern.substr(1));
}

bool leaf(const Node& node, const Json& value) {
  if (node.kind == Node::Kind::kIsNull) {
    return value.is_null();
  }
  if (value.is_null()) {
    return false;
  }
  if (node.kind == Node::Kind::kLike) {
    return like(value.is_string() ? value.get<std::string>() : value.dump(),
                std::get<std::string>(node.values[0]));
  }
  if (node.kind == Node::Kind::kIn) {
    return std::any_of(node.values.begin(), node.values.end(),
                       [&](const auto& v) { return order(value, v) == 0; });
  }
  const auto result = order(value, node.values[0]);
  return result.has_value() && holds(node.op, *result);
}

std::optional<bool> evaluate(const Node& node, const Sample& sample, const Label* label) {
  switch (node.kind) {
    case Node::Kind::kTrue:
      return true;
    case Node::Kind::kNot: {
      const auto inner = evaluate(*node.children[0], sample, label);
      return inner.has_value() ? std::optional(!*inner) : std::nullopt;
    }
    case Node::Kind::kAnd:
    case Node::Kind::kOr: {
      const bool decisive = node.kind == Node::Kind::kOr;
      bool unknown = false;
      for (const auto& child : node.children) {
        const auto inner = evaluate(*child, sample, label);
        if (inner == decisive) {
          return decisive;
        }
        unknown = unknown || !inner.has_value();
      }
      return unknown ? std::nullopt : std::optional(!decisive);
    }
    default: {
      const auto value = resolve(node.field, sample, label);
      return value.has_value() ? std::optional(leaf(node, *value)) : std::nullopt;
    }
  }
}

}  // namespace

Filter::Filter(std::unique_ptr<Node> root, std::string text)
    : root_(std::move(root)), text_(std::move(text)) {}
Filter::Filter(Filter&&) noexcept = default;
Filter& Filter::operator=(Filter&&) noexcept = default;
Filter::~Filter() = default;

Filter Filter::parse(std::string_view text) {
  return Filter(parse_filter(text), text.empty() ? "true" : std::string(text));
}

bool Filter::mentions_labels() const {
  return mentions(*root_, FieldKind::kLabel);
}

bool Filter::mentions_predictions() const {
  return mentions(*root_, FieldKind::kPrediction);
}

bool Filter::matches(const Sample& sample) const {
  return evaluate(*root_, sample, nullptr).value_or(true);
}

bool Filter::matches_unlabelled(const Sample& sample) const {
  return evaluate(*root_, sample, nullptr) == true;
}

bool Filter::matches(const Sample& sample, const Label& label) const {
  return evaluate(*root_, sample, &label).value_or(true);
}

const std::string& Filter::text() const {
  return text_;
}

}  // namespace spotter
