// Filters as SQL over the lake: allow-listed columns, bound parameters.
#include <algorithm>
#include <cctype>
#include <map>

#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"
#include "project/filter.h"
#include "project/filter_ast.h"

namespace spotter {
namespace {

using Node = Filter::Node;

struct Sql {
  std::vector<lake::Value> parameters;
  const std::vector<std::string>* flagged = nullptr;
  // Compile for a sample without labels or predictions: what is said of them is unknown (NULL), and
  // stays so under NOT.
  bool no_label = false;
  bool no_prediction = false;

  [[nodiscard]] bool absent(const Node& node) const {
    return (no_label && node.field.kind == FieldKind::kLabel) ||
           (no_prediction && node.field.kind == FieldKind::kPrediction);
  }

  // Whether the filter can come out as `wanted` though something is absent.
  [[nodiscard]] bool can_be(const Node& node, bool wanted) const {
    switch (node.kind) {
      case Node::Kind::kTrue:
        return wanted;
      case Node::Kind::kNot:
        return can_be(*node.children[0], !wanted);
      case Node::Kind::kAnd:
      case Node::Kind::kOr: {
        const auto can = [&](const auto& child) { return can_be(*child, wanted); };
        const bool every = (node.kind == Node::Kind::kAnd) == wanted;
        return every ? std::all_of(node.children.begin(), node.children.end(), can)
                     : std::any_of(node.children.begin(), node.children.end(), can);
      }
      default:
        return !absent(node);
    }
  }

  std::string bind(const FilterValue& value) {
    if (const auto* text = std::get_if<std::string>(&value)) {
      parameters.emplace_back(*text);
    } else if (const auto* truth = std::get_if<bool>(&value)) {
      parameters.emplace_back(std::string(*truth ? "true" : "false"));
    } else {
      parameters.emplace_back(std::get<double>(value));
    }
    return fmt::format("${}", parameters.size());
  }

  // A field of `table` as SQL text; names are letters, digits and _ by the parser.
  static std::string attribute(std::string_view table, const std::string& name) {
    return fmt::format("json_extract_string(nullif({}.attributes, ''), '$.{}')", table, name);
  }
  // What a box says of itself; empty for other names.
  static std::string of_box(std::string_view table, const std::string& name) {
    static const std::map<std::string, const char*> kMeasures = {
        {"width", "({0}.x2 - {0}.x1)"},
        {"height", "({0}.y2 - {0}.y1)"},
        {"area", "(({0}.x2 - {0}.x1) * ({0}.y2 - {0}.y1))"},
        {"aspect", "(({0}.x2 - {0}.x1) / nullif({0}.y2 - {0}.y1, 0))"},
        {"center_x", "(({0}.x1 + {0}.x2) / 2 / nullif(s.width, 0))"},
        {"center_y", "(({0}.y1 + {0}.y2) / 2 / nullif(s.height, 0))"}};
    const auto found = kMeasures.find(name);
    return found == kMeasures.end() ? "" : fmt::format(fmt::runtime(found->second), table);
  }
  static std::string label(const std::string& name) {
    if (name == "class" || name == "track") {
      return "l." + name;
    }
    const auto measure = of_box("l", name);
    return measure.empty() ? attribute("l", name) : measure;
  }
  static std::string prediction(const std::string& name) {
    if (name == "class" || name == "score" || name == "model" || name == "mutual_information") {
      return "p." + name;
    }
    const auto measure = of_box("p", name);
    return measure.empty() ? attribute("p", name) : measure;
  }
  static std::string name_of(const Field& field) {
    switch (field.kind) {
      case FieldKind::kColumn:
        return "s." + field.name;
      case FieldKind::kAttribute:
        return attribute("s", field.name);
      case FieldKind::kLabel:
        return label(field.name);
      default:
        return prediction(field.name);
    }
  }

  std::string side(const std::string& name, const FilterValue& value) const {
    if (std::holds_alternative<double>(value)) {
      return fmt::format("TRY_CAST({} AS DOUBLE)", name);
    }
    if (std::holds_alternative<bool>(value)) {
      return fmt::format(
          "CASE WHEN CAST({0} AS VARCHAR) IN ('true', 'false') THEN CAST({0} AS VARCHAR) END",
          name);
    }
    return fmt::format("CAST({} AS VARCHAR)", name);
  }

  std::string truth_of(const Node& node, const std::string& yes) {
    const auto* wanted = node.values.empty() ? nullptr : std::get_if<bool>(&node.values[0]);
    if (node.kind != Node::Kind::kCompare || wanted == nullptr ||
        (node.op != "=" && node.op != "!=")) {
      fail(ErrorCode::kInvalid, fmt::format("\"{}\" is true or false", node.field.name));
    }
    return (*wanted == (node.op == "=")) ? yes : fmt::format("NOT ({})", yes);
  }

  std::string special(const Node& node) {
    if (node.field.kind == FieldKind::kLabelled) {
      return truth_of(node, "s.key IN (SELECT sample FROM label_sets WHERE layer = 'labels')");
    }
    if (node.field.kind == FieldKind::kFlagged) {
      std::string list;
      for (const auto& key : *flagged) {
        list += (list.empty() ? "" : ", ") + bind(key);
      }
      return truth_of(node, list.empty() ? "false" : fmt::format("s.key IN ({})", list));
    }
    const auto column = node.field.kind == FieldKind::kVersion ? "v.version" : "v.split";
    return fmt::format("s.key IN (SELECT v.sample FROM version_items v WHERE {})",
                       leaf(node, column));
  }

  std::string leaf(const Node& node, const std::string& name) {
    switch (node.kind) {
      case Node::Kind::kIsNull:
        return fmt::format("{} IS NULL", name);
      case Node::Kind::kLike:
        return fmt::format("CAST({} AS VARCHAR) LIKE {}", name, bind(node.values[0]));
      case Node::Kind::kIn: {
        std::string any;
        for (const auto& value : node.values) {
          any +=
              fmt::format("{}{} = {}", any.empty() ? "" : " OR ", side(name, value), bind(value));
        }
        return "(" + any + ")";
      }
      default: {
        const auto text =
            fmt::format("{} {} {}", side(name, node.values[0]), node.op, bind(node.values[0]));
        const auto first = must_hold(node);
        return first.empty() ? text : fmt::format("({} AND {})", first, text);
      }
    }
  }

  // A condition that is cheap and true wherever `attribute = 'text'` is: the JSON text holds the
  // value. Only for values that JSON writes as they are; empty for others.
  std::string must_hold(const Node& node) {
    const char* table = node.field.kind == FieldKind::kAttribute    ? "s"
                        : node.field.kind == FieldKind::kLabel      ? "l"
                        : node.field.kind == FieldKind::kPrediction ? "p"
                                                                    : nullptr;
    const auto* value = std::get_if<std::string>(&node.values[0]);
    const bool plain = value != nullptr && std::all_of(value->begin(), value->end(), [](char c) {
                         return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
                       });
    if (node.op != "=" || table == nullptr || !plain || value->empty() ||
        name_of(node.field) != attribute(table, node.field.name)) {
      return "";
    }
    return fmt::format("contains({}.attributes, {})", table, bind(*value));
  }

  std::string compile(const Node& node) {
    switch (node.kind) {
      case Node::Kind::kTrue:
        return "true";
      case Node::Kind::kNot:
        return no_label || no_prediction
                   ? fmt::format("NOT ({})", compile(*node.children[0]))
                   : fmt::format("NOT coalesce({}, false)", compile(*node.children[0]));
      case Node::Kind::kAnd:
      case Node::Kind::kOr: {
        std::string text;
        for (const auto& child : node.children) {
          text += (text.empty()                    ? ""
                   : node.kind == Node::Kind::kAnd ? " AND "
                                                   : " OR ") +
                  compile(*child);
        }
        return "(" + text + ")";
      }
      default:
        break;
    }
    if (absent(node)) {
      return "CAST(NULL AS BOOLEAN)";
    }
    return no_label || no_prediction ? fmt::format("coalesce({}, false)", condition(node))
                                     : condition(node);
  }

  std::string condition(const Node& node) {
    switch (node.field.kind) {
      case FieldKind::kColumn:
      case FieldKind::kAttribute:
      case FieldKind::kLabel:
      case FieldKind::kPrediction:
        return leaf(node, name_of(node.field));
      default:
        return special(node);
    }
  }
};

void collect_attributes(const Node& node, std::vector<std::string>& names) {
  if (node.children.empty() && node.kind != Node::Kind::kTrue &&
      node.field.kind == FieldKind::kAttribute) {
    names.push_back(node.field.name);
  }
  for (const auto& child : node.children) {
    collect_attributes(*child, names);
  }
}

}  // namespace

// Gives query functions access to the tree.
struct FilterSql {
  static const Node& root(const Filter& filter) { return *filter.root_; }
};

namespace {

struct Condition {
  std::string sql;
  std::vector<lake::Value> parameters;
};

// One prediction, and one label, has to satisfy all conditions on them together; or the sample
// satisfies the filter without one. Joins instead of EXISTS: the database then reads only the rows
// of each table that can matter.
std::string compile_whole(const Node& root, Sql& sql) {
  const bool labels = mentions(root, FieldKind::kLabel);
  const bool predictions = mentions(root, FieldKind::kPrediction);
  std::string any;
  for (const bool no_label : {false, true}) {
    for (const bool no_prediction : {false, true}) {
      sql.no_label = no_label;
      sql.no_prediction = no_prediction;
      const bool pointless = (no_label && !labels) || (no_prediction && !predictions);
      if (pointless || ((no_label || no_prediction) && !sql.can_be(root, true))) {
        continue;
      }
      std::string joins;
      if (labels && !no_label) {
        joins += " JOIN current_labels l ON l.sample = s.key AND l.layer = 'labels'";
      }
      if (predictions && !no_prediction) {
        joins += " JOIN predictions p ON p.sample = s.key";
      }
      const std::string condition = sql.compile(root);
      any += (any.empty() ? "" : " OR ") +
             (joins.empty() ? fmt::format("coalesce({}, false)", condition)
                            : fmt::format("s.key IN (SELECT s.key FROM samples s{} WHERE {})",
                                          joins, condition));
    }
  }
  sql.no_label = false;
  sql.no_prediction = false;
  return "(" + any + ")";
}

Condition condition_of(Project& project, const Filter& filter) {
  std::vector<std::string> flagged;
  const Node& root = FilterSql::root(filter);
  if (mentions(root, FieldKind::kFlagged)) {
    for (const auto& row :
         project.catalog->query("SELECT DISTINCT sample FROM flags ORDER BY sample")) {
      flagged.push_back(row.text(0));
    }
  }
  Sql sql{.flagged = &flagged};
  std::string text = compile_whole(root, sql);
  return {text, std::move(sql.parameters)};
}

std::vector<std::string> texts(Project& project, const std::string& select) {
  const auto table = project.lake->query(select);
  std::vector<std::string> found;
  for (std::size_t r = 0; r < table.rows.size(); ++r) {
    found.push_back(table.text(r, 0));
  }
  return found;
}

// An attribute that no sample has is more likely a slip than a question. kLenient: where no sample
// has any attribute yet, an import may bring it.
enum class Strictness { kLenient, kStrict };

void refuse_unknown_attributes(Project& project, const Filter& filter, Strictness how) {
  std::vector<std::string> names;
  collect_attributes(FilterSql::root(filter), names);
  if (names.empty() || texts(project, "SELECT key FROM samples LIMIT 1").empty()) {
    return;
  }
  // Mostly some sample has each: that is known without reading them all.
  std::erase_if(names, [&](const std::string& name) {
    return !texts(project,
                  fmt::format("SELECT key FROM samples WHERE contains(attributes, '\"{0}\"') AND "
                              "json_exists(nullif(attributes, ''), '$.{0}') LIMIT 1",
                              name))
                .empty();
  });
  if (names.empty()) {
    return;
  }
  auto known = texts(project,
                     "SELECT DISTINCT unnest(json_keys(attributes)) AS name FROM samples WHERE "
                     "attributes <> '' ORDER BY name");
  if (known.empty() && how == Strictness::kLenient) {
    return;
  }
  for (const auto& name : names) {
    if (std::find(known.begin(), known.end(), name) == known.end()) {
      for (const char* column :
           {"key", "source", "sequence", "flagged", "labelled", "version", "split"}) {
        known.emplace_back(column);
      }
      fail(ErrorCode::kInvalid, fmt::format("no sample has an attribute \"{}\"{}: {}", name,
                                            did_you_mean(name, known), filter.text()));
    }
  }
}

void collect_classes(const Node& node, FieldKind kind, std::vector<std::string>& names) {
  if ((node.kind == Node::Kind::kCompare || node.kind == Node::Kind::kIn) &&
      node.field.kind == kind && node.field.name == "class") {
    for (const auto& value : node.values) {
      if (const auto* text = std::get_if<std::string>(&value)) {
        names.push_back(*text);
      }
    }
  }
  for (const auto& child : node.children) {
    collect_classes(*child, kind, names);
  }
}

// So is a class that neither the project nor any label, or prediction, has.
void refuse_unknown_classes(Project& project, const Filter& filter, FieldKind kind) {
  std::vector<std::string> names;
  collect_classes(FilterSql::root(filter), kind, names);
  auto known = project.config.classes;
  const auto is_known = [&](const std::string& name) {
    return std::find(known.begin(), known.end(), name) != known.end();
  };
  if (std::all_of(names.begin(), names.end(), is_known)) {
    return;
  }
  const bool labels = kind == FieldKind::kLabel;
  for (auto& name : texts(project, fmt::format("SELECT DISTINCT class FROM {} ORDER BY class",
                                               labels ? "current_labels" : "predictions"))) {
    known.push_back(std::move(name));
  }
  for (const auto& name : names) {
    if (!known.empty() && !is_known(name)) {
      fail(ErrorCode::kInvalid,
           fmt::format("no {} has the class \"{}\"{}: {}", labels ? "label" : "prediction", name,
                       did_you_mean(name, known), filter.text()));
    }
  }
}

}  // namespace

QueryPage query_samples(Project& project, const Filter& filter, std::size_t limit,
                        std::string_view after) {
  auto condition = condition_of(project, filter);
  refuse_unknown_attributes(project, filter, Strictness::kStrict);
  refuse_unknown_classes(project, filter, FieldKind::kLabel);
  refuse_unknown_classes(project, filter, FieldKind::kPrediction);
  QueryPage page;
  condition.parameters.emplace_back(std::string(after));
  const auto table = project.lake->query(
      fmt::format("WITH found AS MATERIALIZED (SELECT s.key FROM samples s WHERE {}) "
                  "SELECT '' AS key, count(*) AS n FROM found UNION ALL "
                  "(SELECT key, 0 FROM found WHERE key > ${} ORDER BY key LIMIT {})",
                  condition.sql, condition.parameters.size(), limit),
      condition.parameters);
  std::vector<std::string> keys;
  for (std::size_t r = 0; r < table.rows.size(); ++r) {
    if (table.text(r, 0).empty()) {
      page.total = static_cast<std::size_t>(table.integer(r, 1));
    } else {
      keys.push_back(table.text(r, 0));
    }
  }
  std::sort(keys.begin(), keys.end());
  if (!keys.empty()) {
    page.samples = project.lake->samples(keys);
  }
  return page;
}

std::vector<std::string> query_keys(Project& project, const Filter& filter) {
  const auto condition = condition_of(project, filter);
  const auto table = project.lake->query(
      fmt::format("SELECT s.key FROM samples s WHERE {} ORDER BY s.key", condition.sql),
      condition.parameters);
  if (table.rows.empty()) {
    refuse_unknown_attributes(project, filter, Strictness::kLenient);
  }
  std::vector<std::string> keys;
  keys.reserve(table.rows.size());
  for (std::size_t r = 0; r < table.rows.size(); ++r) {
    keys.push_back(table.text(r, 0));
  }
  return keys;
}

}  // namespace spotter
