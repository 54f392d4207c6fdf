// `spotter doubts`: labels that checks doubt.
#include <memory>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "base/json.h"
#include "cli/command.h"
#include "cli/print.h"
#include "loop/triage/triage.h"
#include "project/project.h"

namespace spotter::cli {
namespace {

void print_doubts(const Json& result) {
  std::vector<std::vector<std::string>> rows;
  for (const auto& row : result["doubts"]) {
    rows.push_back({row["title"], row["error"], row["class"], row["findings"].dump(),
                    row["samples"].dump(), row["proposals"].dump()});
  }
  if (rows.empty()) {
    fmt::print("no label is doubted; `spotter check run` looks\n");
    return;
  }
  print_table({"doubted", "error", "class", "findings", "samples", "with a proposal"}, rows);
  fmt::print("look through them with: spotter queue --error ERROR --class CLASS\n");
}

std::function<int()> declare_doubts(CLI::App& app, Context& context) {
  auto model = std::make_shared<std::string>();
  app.add_option(
      "--model", *model,
      "Model whose output was held against (default: the champion, else the only model)");
  return [model, &context] {
    auto project = open_project(context.project);
    const Json result = triage::label_doubts(project, *model);
    context.answer(result, [&] { print_doubts(result); });
    return 0;
  };
}

}  // namespace

extern const Command command_doubts;
const Command command_doubts = {.name = "doubts",
                                .summary = "List the labels that checks doubt, by kind and class",
                                .example = "spotter doubts",
                                .declare = declare_doubts};

}  // namespace spotter::cli
