// `spotter check list` and `spotter check run`.
#include "loop/checks/check.h"

#include <memory>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "base/json.h"
#include "cli/command.h"
#include "cli/print.h"
#include "loop/checks/checks.h"
#include "project/project.h"

namespace spotter::cli {
namespace {

std::function<int()> declare_list(CLI::App& app, Context& context) {
  auto markdown = std::make_shared<bool>(false);
  app.add_flag("--markdown", *markdown, "The reference page, docs/reference/checks.md");
  return [markdown, &context] {
    if (*markdown) {
      fmt::print("{}", checks::reference_page());
      return 0;
    }
    const Json result = checks::list(nullptr);
    context.answer(result, [&] {
      std::vector<std::vector<std::string>> rows;
      for (const auto& check : result["checks"]) {
        rows.push_back({check["name"], check["summary"]});
      }
      print_table({"check", "finds"}, rows);
    });
    return 0;
  };
}

std::string outcome(const Json& run) {
  if (run.contains("skipped")) {
    return fmt::format("skipped: {}", run["skipped"].get<std::string>());
  }
  return run["reused"].get<bool>() ? "unchanged since the last run" : "done";
}

std::function<int()> declare_run(CLI::App& app, Context& context) {
  auto options = std::make_shared<checks::RunOptions>();
  app.add_option("NAME", options->names,
                 "Checks to run (default: those of spotter.yaml, else all)");
  app.add_option("--model", options->model,
                 "Model whose output is doubted (default: the champion)");
  app.add_option("--where", options->where, "Look only at samples that satisfy this filter");
  return [options, &context] {
    auto project = open_project(context.project);
    options->progress = progress_printer(context, "predicting");
    const Json result = checks::run(project, *options);
    context.answer(result, [&] {
      std::vector<std::vector<std::string>> rows;
      for (const auto& run : result["runs"]) {
        const bool ran = !run.contains("skipped");
        rows.push_back({run["check"], ran ? run["findings"].dump() : "",
                        ran ? run["examined"].dump() : "", outcome(run)});
      }
      print_table({"check", "findings", "samples", "outcome"}, rows);
    });
    return 0;
  };
}

}  // namespace

extern const Command command_check_list;
const Command command_check_list = {.name = "check list",
                                    .summary = "List the checks and what they find",
                                    .example = "spotter check list",
                                    .declare = declare_list};

extern const Command command_check_run;
const Command command_check_run = {
    .name = "check run",
    .summary = "Run checks: look for samples and objects that the model gets wrong",
    .example = "spotter check run sensor_disagreement flags --model champion",
    .declare = declare_run};

}  // namespace spotter::cli
