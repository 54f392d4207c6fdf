// `spotter monitor run` and `spotter monitor status`.
#include "loop/monitor/monitor.h"

#include <memory>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "base/json.h"
#include "cli/command.h"
#include "cli/print.h"
#include "project/project.h"

namespace spotter::cli {
namespace {

std::string number_text(const Json& value) {
  return value.is_null() ? "" : fmt::format("{:.3f}", value.get<double>());
}

void print_results(const Json& result) {
  std::vector<std::vector<std::string>> rows;
  for (const auto& m : result["monitors"]) {
    const bool tested = m["state"] != "not enough data";
    rows.push_back({m["name"], m["state"], number_text(m["reference"]), number_text(m["current"]),
                    tested ? number_text(m["statistic"]) : "",
                    tested ? number_text(m["detectable"]) : "",
                    tested ? number_text(m["p_adjusted"]) : "",
                    fmt::format("{} / {}", m["n_reference"].get<std::size_t>(),
                                m["n_current"].get<std::size_t>())});
  }
  print_table({"monitor", "state", "usual", "now", "effect", "detectable", "p adjusted", "n"},
              rows);
  const auto& window = result["window"];
  const auto& reference = result["reference"];
  fmt::print("model {}: {} in {} against {} of version {}\n", result["model"].get<std::string>(),
             counted(window["samples"].get<std::size_t>(), "sample"),
             counted(window["scenes"].get<std::size_t>(), "scene"),
             reference["samples"].get<std::size_t>(), reference["version"].get<std::string>());
}

std::function<int()> declare_run(CLI::App& app, Context& context) {
  auto options = std::make_shared<monitor::RunOptions>();
  app.add_option("--model", options->model, "Model to watch (default: the champion)");
  app.add_option("--where", options->where,
                 "The window: a filter over samples outside the model's version");
  return [options, &context] {
    auto project = open_project(context.project);
    options->progress = progress_printer(context, "predicting");
    const Json result = monitor::run(project, *options);
    context.answer(result, [&] { print_results(result); });
    return 0;
  };
}

std::function<int()> declare_status(CLI::App& app, Context& context) {
  auto limit = std::make_shared<std::size_t>(10);
  app.add_option("--limit", *limit, "Runs to list");
  return [limit, &context] {
    auto project = open_project(context.project);
    const Json result = monitor::status(project, *limit);
    context.answer(result, [&] {
      if (result["latest"].is_null()) {
        fmt::print(
            "no monitor has run; `spotter monitor run` compares production with the training "
            "version\n");
        return;
      }
      print_results(result["latest"]);
      std::vector<std::vector<std::string>> rows;
      for (const auto& run : result["runs"]) {
        rows.push_back(
            {run["created_at"], run["model"], run["alarm"].get<bool>() ? "alarm" : "ok",
             fmt::format("{}", fmt::join(run["alarms"].get<std::vector<std::string>>(), ", "))});
      }
      fmt::print("\n");
      print_table({"at", "model", "state", "alarms"}, rows);
    });
    return 0;
  };
}

}  // namespace

extern const Command command_monitor_run;
const Command command_monitor_run = {
    .name = "monitor run",
    .summary = "Compare a window of production with what the model was made for",
    .example = "spotter monitor run --where \"week = 4\"",
    .declare = declare_run};
extern const Command command_monitor_status;
const Command command_monitor_status = {.name = "monitor status",
                                        .summary = "Show the latest comparison and earlier alarms",
                                        .example = "spotter monitor status",
                                        .declare = declare_status};

}  // namespace spotter::cli
