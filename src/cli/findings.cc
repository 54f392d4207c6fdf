// `spotter findings`.
#include <memory>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "base/json.h"
#include "cli/command.h"
#include "cli/print.h"
#include "loop/triage/triage.h"
#include "project/project.h"
#include "trainer/default_model.h"

namespace spotter::cli {
namespace {

std::function<int()> declare_findings(CLI::App& app, Context& context) {
  auto options = std::make_shared<triage::FindingsOptions>();
  app.add_option("--mode", options->mode, "Of this failure mode");
  app.add_option("--check", options->check, "Of this check");
  app.add_option("--model", options->model,
                 "About this model (default: the champion, else the only model)");
  app.add_option("--sample", options->sample, "About this sample");
  app.add_option("--limit", options->limit, "How many")->check(CLI::Range(1, 100'000));
  return [options, &context] {
    auto project = open_project(context.project);
    const Json result = triage::findings(project, *options);
    context.answer(result, [&] {
      std::vector<std::vector<std::string>> rows;
      for (const auto& f : result["findings"]) {
        rows.push_back({f["id"], f["check"], f["error"], f["class"], f["sample"],
                        fmt::format("{:.2f}", f["score"].get<double>()),
                        f["verdict"].is_null() ? "" : f["verdict"].get<std::string>()});
      }
      if (!rows.empty()) {
        print_table({"finding", "check", "error", "class", "sample", "score", "verdict"}, rows);
      }
      const auto total = result["total"].get<std::size_t>();
      fmt::print("{}{}\n", counted(total, "finding"),
                 total > rows.size() ? fmt::format(", {} shown", rows.size()) : "");
      const bool of_default = options->model.empty() && options->mode.empty();
      const auto hint = of_default ? trainer::model_to_name(project) : "";
      fmt::print("{}{}", hint, hint.empty() ? "" : "\n");
    });
    return 0;
  };
}

}  // namespace

extern const Command command_findings;
const Command command_findings = {
    .name = "findings",
    .summary = "List what the checks found, most suspicious first",
    .example = "spotter findings --mode missed-cones-in-rain --limit 20",
    .declare = declare_findings};

}  // namespace spotter::cli
