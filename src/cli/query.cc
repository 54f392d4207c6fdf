// `spotter query` and `spotter sql`.
#include <memory>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "base/json.h"
#include "cli/command.h"
#include "cli/print.h"
#include "project/filter.h"
#include "project/project.h"

namespace spotter::cli {
namespace {

struct QueryWords {
  std::string filter = "true";
  std::size_t limit = 100;
  std::string after;
  bool objects = false;
};

Json attributes_of(const std::string& text) {
  return text.empty() ? Json::object() : parse_json(text, "attributes");
}

Json object_rows(Project& project, const Filter& filter, const Sample& sample) {
  Json rows = Json::array();
  for (const auto& set : project.lake->labels(std::vector<std::string>{sample.key}, kLabelLayer)) {
    for (const auto& label : set.labels) {
      if (filter.matches(sample, label)) {
        rows.push_back({{"object", label.object},
                        {"class", label.class_name},
                        {"box", {label.box.x1, label.box.y1, label.box.x2, label.box.y2}},
                        {"attributes", attributes_of(label.attributes)}});
      }
    }
  }
  return rows;
}

std::function<int()> declare_query(CLI::App& app, Context& context) {
  auto words = std::make_shared<QueryWords>();
  app.add_option("FILTER", words->filter, "For example: weather = 'rain' AND label.class = 'cone'");
  app.add_option("--limit", words->limit, "Samples a page")->check(CLI::Range(1, 100'000));
  app.add_option("--after", words->after, "Key of the last sample of the page before");
  app.add_flag("--objects", words->objects, "Also the labels that satisfy the filter");
  return [words, &context] {
    auto project = open_project(context.project);
    const auto filter = Filter::parse(words->filter);
    const auto page = query_samples(project, filter, words->limit, words->after);
    Json samples = Json::array();
    for (const auto& s : page.samples) {
      Json row = {{"key", s.key},       {"width", s.width},
                  {"height", s.height}, {"sequence", s.sequence},
                  {"frame", s.frame},   {"source", s.source},
                  {"media", s.media},   {"attributes", attributes_of(s.attributes)}};
      if (s.captured_at != 0) {
        row["captured_at"] = iso_time(s.captured_at);
      }
      if (words->objects) {
        row["objects"] = object_rows(project, filter, s);
      }
      samples.push_back(std::move(row));
    }
    context.answer({{"total", page.total}, {"samples", samples}}, [&] {
      std::vector<std::vector<std::string>> rows;
      for (const auto& s : page.samples) {
        rows.push_back({s.key, fmt::format("{}×{}", s.width, s.height), s.sequence, s.attributes});
      }
      if (!rows.empty()) {
        print_table({"key", "size", "sequence", "attributes"}, rows);
      }
      fmt::print("{}{}\n", counted(page.total, "sample"),
                 page.total > rows.size() ? fmt::format(", {} shown", rows.size()) : "");
    });
    return 0;
  };
}

Json json_of(const lake::Value& value) {
  return std::visit(
      [](const auto& v) -> Json {
        if constexpr (std::is_same_v<std::decay_t<decltype(v)>, std::monostate>) {
          return nullptr;
        } else {
          return v;
        }
      },
      value);
}

std::function<int()> declare_sql(CLI::App& app, Context& context) {
  auto sql = std::make_shared<std::string>();
  app.add_option("SELECT", *sql, "One SELECT over the lake's tables (docs/internals/lake.md)")
      ->required();
  return [sql, &context] {
    auto project = open_project(context.project);
    const auto table = project.lake->query(*sql);
    Json rows = Json::array();
    for (const auto& row : table.rows) {
      Json item = Json::object();
      for (std::size_t c = 0; c < table.columns.size(); ++c) {
        item[table.columns[c]] = json_of(row[c]);
      }
      rows.push_back(std::move(item));
    }
    context.answer({{"columns", table.columns}, {"rows", rows}}, [&] {
      std::vector<std::vector<std::string>> cells;
      for (std::size_t r = 0; r < table.rows.size(); ++r) {
        cells.emplace_back();
        for (std::size_t c = 0; c < table.columns.size(); ++c) {
          cells.back().push_back(table.text(r, c));
        }
      }
      print_table(table.columns, cells);
    });
    return 0;
  };
}

}  // namespace

extern const Command command_query;
const Command command_query = {
    .name = "query",
    .summary = "Find samples by what is known about them",
    .example = "spotter query \"weather = 'rain' AND label.class = 'cone'\" --objects",
    .declare = declare_query,
};
extern const Command command_sql;
const Command command_sql = {
    .name = "sql",
    .summary = "Read the lake with one SELECT",
    .example = "spotter sql \"SELECT class, count(*) FROM current_labels GROUP BY ALL\"",
    .declare = declare_sql,
};

}  // namespace spotter::cli
