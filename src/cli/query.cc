// `spotter query` and `spotter sql`.
#include <map>
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

// The labels of each sample that satisfy the filter, by key; one read for the whole page.
std::map<std::string, Json> object_rows(Project& project, const Filter& filter,
                                        const std::vector<Sample>& samples) {
  std::vector<std::string> keys;
  std::map<std::string, const Sample*> sample_of;
  for (const auto& sample : samples) {
    keys.push_back(sample.key);
    sample_of.emplace(sample.key, &sample);
  }
  std::map<std::string, Json> rows;
  for (const auto& set : project.lake->labels(keys, kLabelLayer)) {
    auto& objects = rows.emplace(set.sample, Json::array()).first->second;
    for (const auto& label : set.labels) {
      if (filter.matches(*sample_of.at(set.sample), label)) {
        objects.push_back({{"object", label.object},
                           {"class", label.class_name},
                           {"box", {label.box.x1, label.box.y1, label.box.x2, label.box.y2}},
                           {"attributes", attributes_of(label.attributes)}});
      }
    }
  }
  return rows;
}

// "2 cone, 1 vehicle".
std::string counted_by_class(const Json& objects) {
  std::map<std::string, std::size_t> counts;
  for (const auto& object : objects) {
    ++counts[object["class"].get<std::string>()];
  }
  std::string words;
  for (const auto& [name, count] : counts) {
    words += fmt::format("{}{} {}", words.empty() ? "" : ", ", count, name);
  }
  return words;
}

void print_samples(const Json& samples, bool objects) {
  std::vector<std::string> head = {"key", "size", "sequence", "attributes"};
  if (objects) {
    head.insert(head.begin() + 3, "objects");
  }
  std::vector<std::vector<std::string>> rows;
  for (const auto& s : samples) {
    rows.push_back({s["key"].get<std::string>(),
                    fmt::format("{}×{}", s["width"].get<int>(), s["height"].get<int>()),
                    s["sequence"].get<std::string>(),
                    s["attributes"].empty() ? "" : s["attributes"].dump()});
    if (objects) {
      rows.back().insert(rows.back().begin() + 3, counted_by_class(s["objects"]));
    }
  }
  if (!rows.empty()) {
    print_table(head, rows);
  }
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
    const auto objects =
        words->objects ? object_rows(project, filter, page.samples) : std::map<std::string, Json>();
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
        const auto found = objects.find(s.key);
        row["objects"] = found == objects.end() ? Json::array() : found->second;
      }
      samples.push_back(std::move(row));
    }
    context.answer({{"total", page.total}, {"samples", samples}}, [&] {
      print_samples(samples, words->objects);
      fmt::print("{}{}\n", counted(page.total, "sample"),
                 page.total > samples.size() ? fmt::format(", {} shown", samples.size()) : "");
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
