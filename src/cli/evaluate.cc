// `spotter evaluate`, `evaluations` and `compare`.
#include "loop/evaluate/evaluate.h"

#include <memory>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "cli/command.h"
#include "cli/print.h"
#include "project/project.h"

namespace spotter::cli {
namespace {

std::string figure(const Json& value) {
  const double v = value.get<double>();
  return v < 0 ? "–" : fmt::format("{:.3f}", v);
}

std::vector<std::string> columns_of(const Json& e) {
  return e.value("columns", std::vector<std::string>{"AP", "AP50", "AP75"});
}

// A row of a table: the given cells, then these figures.
std::vector<std::string> row_of(std::vector<std::string> cells, const Json& figures,
                                const std::vector<std::string>& columns) {
  for (const auto& column : columns) {
    cells.push_back(figure(figures.value(column, Json(-1))));
  }
  return cells;
}

void print_evaluation(const Json& e) {
  fmt::print("model \"{}\" on {} {}: {} in {}\n\n", e["model_name"].get<std::string>(),
             e["version"].get<std::string>(), e["split"].get<std::string>(),
             counted(e["samples"].get<std::size_t>(), "sample"),
             counted(e["scenes"].get<std::size_t>(), "scene"));
  const auto columns = columns_of(e);
  std::vector<std::vector<std::string>> rows = {row_of({"all classes", ""}, e["overall"], columns)};
  for (const auto& [name, c] : e["classes"].items()) {
    rows.push_back(row_of({name, c["truths"].dump()}, c, columns));
  }
  std::vector<std::string> header = {"class", "truths"};
  header.insert(header.end(), columns.begin(), columns.end());
  print_table(header, rows);
  rows.clear();
  const auto metric = e.value("metric", std::string("AP50"));
  const auto baseline = e.value("baseline_name", std::string());
  for (const auto& s : e["slices"]) {
    rows.push_back({s["name"].get<std::string>(), s["samples"].dump(), s["truths"].dump(),
                    figure(s[metric]), figure(s["low"]) + " … " + figure(s["high"])});
    if (!baseline.empty()) {
      rows.back().push_back(figure(s["baseline"]));
    }
  }
  fmt::print("\n");
  header = {"slice", "samples", "truths", metric, "95 % interval"};
  if (!baseline.empty()) {
    header.push_back(baseline);
  }
  print_table(header, rows);
}

std::function<int()> declare_evaluate(CLI::App& app, Context& context) {
  auto options = std::make_shared<evaluate::EvaluateOptions>();
  options->model = "champion";
  app.add_option("--model", options->model, "Id, name or alias (default: champion)");
  app.add_option("--version", options->version, "Dataset version (default: the newest)");
  app.add_option("--split", options->split, "train, val or test");
  return [options, &context] {
    auto project = open_project(context.project);
    const Json result =
        evaluate::evaluate(project, *options, progress_printer(context, "predicting"));
    context.answer(result, [&] { print_evaluation(result); });
    return 0;
  };
}

std::function<int()> declare_evaluations(CLI::App&, Context& context) {
  return [&context] {
    auto project = open_project(context.project);
    const Json result = evaluate::list(project);
    context.answer(result, [&] {
      std::vector<std::vector<std::string>> rows;
      std::vector<std::string> header = {"model", "version", "split", "made"};
      for (const auto& e : result["evaluations"]) {
        const auto columns = columns_of(e);
        header.resize(4);
        header.insert(header.end(), columns.begin(), columns.end());
        rows.push_back(row_of({e["model_name"].get<std::string>(), e["version"].get<std::string>(),
                               e["split"].get<std::string>(), e["created_at"].get<std::string>()},
                              e["overall"], columns));
      }
      if (rows.empty()) {
        fmt::print("no evaluation yet; make one with `spotter evaluate`\n");
      } else {
        print_table(header, rows);
      }
    });
    return 0;
  };
}

struct CompareWords {
  std::string first;
  std::string second;
  double score_min = 0.3;
};

void print_comparison(const Json& result) {
  for (const char* side : {"first", "second"}) {
    const auto& s = result[side];
    std::string figures;
    for (const auto& column : columns_of(result)) {
      figures += fmt::format("{} {}  ", column, figure(s["overall"][column]));
    }
    fmt::print("{:<12} {}finds {} of {}, {}\n", s["model"].get<std::string>(), figures,
               s["found"].dump(), result["objects"].dump(),
               counted(s["false_alarms"].get<std::size_t>(), "false alarm"));
  }
  for (const char* kind : {"fixed", "broken"}) {
    fmt::print("\n{}: {}\n", kind, counted(result[kind].size(), "object"));
    std::size_t shown = 0;
    for (const auto& o : result[kind]) {
      if (++shown > 10) {
        fmt::print("  …\n");
        break;
      }
      fmt::print("  {} {} ({})\n", o["sample"].get<std::string>(), o["object"].get<std::string>(),
                 o["class"].get<std::string>());
    }
  }
}

std::function<int()> declare_compare(CLI::App& app, Context& context) {
  auto words = std::make_shared<CompareWords>();
  app.add_option("FIRST", words->first, "Model: id, name or alias")->required();
  app.add_option("SECOND", words->second, "Model: id, name or alias")->required();
  app.add_option("--score", words->score_min, "Detections from this score on")
      ->check(CLI::Range(0.0, 1.0));
  return [words, &context] {
    auto project = open_project(context.project);
    const Json result = evaluate::compare(project, words->first, words->second, words->score_min,
                                          progress_printer(context, "predicting"));
    context.answer(result, [&] { print_comparison(result); });
    return 0;
  };
}

}  // namespace

extern const Command command_evaluate;
const Command command_evaluate = {
    .name = "evaluate",
    .summary = "Score a model on a dataset version, by class and slice",
    .example = "spotter evaluate --model m2 --version v2",
    .declare = declare_evaluate,
};
extern const Command command_evaluations;
const Command command_evaluations = {
    .name = "evaluations",
    .summary = "List what was evaluated",
    .example = "spotter evaluations",
    .declare = declare_evaluations,
};
extern const Command command_compare;
const Command command_compare = {
    .name = "compare",
    .summary = "Show which objects one model fixes and which it breaks",
    .example = "spotter compare m1 m2",
    .declare = declare_compare,
};

}  // namespace spotter::cli
