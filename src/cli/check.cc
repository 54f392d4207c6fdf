// `spotter check list` and `spotter check run`.
#include "loop/checks/check.h"

#include <algorithm>
#include <memory>
#include <optional>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "base/json.h"
#include "cli/command.h"
#include "cli/print.h"
#include "loop/checks/checks.h"
#include "loop/triage/queue.h"
#include "loop/triage/triage.h"
#include "project/project.h"

namespace spotter::cli {
namespace {

// The list of built-in checks is for outside of a project too.
bool in_project() {
  for (auto folder = std::filesystem::current_path();; folder = folder.parent_path()) {
    if (std::filesystem::exists(folder / "spotter.yaml")) {
      return true;
    }
    if (folder == folder.parent_path()) {
      return false;
    }
  }
}

std::function<int()> declare_list(CLI::App& app, Context& context) {
  auto markdown = std::make_shared<bool>(false);
  app.add_flag("--markdown", *markdown, "The reference page, docs/reference/checks.md");
  return [markdown, &context] {
    if (*markdown) {
      fmt::print("{}", checks::reference_page());
      return 0;
    }
    std::optional<Project> project;
    if (!context.project.empty() || in_project()) {
      project = open_project(context.project);
    }
    const Json result = checks::list(project ? &*project : nullptr);
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

// One short line of a text that may be long; "…" where it was cut.
std::string short_line(const std::string& text) {
  constexpr std::size_t kBytesMax = 160;
  std::size_t end = std::min({text.find_first_of("\r\n"), text.size(), kBytesMax});
  while (end < text.size() && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) {
    --end;  // not within a character
  }
  return end == text.size() ? text : text.substr(0, end) + "…";
}

std::string outcome(const Json& run) {
  if (run.contains("failed")) {
    return "failed: " + short_line(run["failed"].get<std::string>());
  }
  if (run.contains("skipped")) {
    return fmt::format("skipped: {}", run["skipped"].get<std::string>());
  }
  return run["reused"].get<bool>() ? "unchanged since the last run" : "done";
}

bool any_failed(const Json& runs) {
  return std::any_of(runs.begin(), runs.end(),
                     [](const Json& run) { return run.contains("failed"); });
}

void print_rejects(const Json& runs) {
  for (const auto& run : runs) {
    const auto count = run.value("reject_count", std::size_t{0});
    if (count > 0) {
      fmt::print("{} of {} {} no finding:\n", counted(count, "row"),
                 run["check"].get<std::string>(), count == 1 ? "is" : "are");
      for (const auto& reject : run["rejects"]) {
        fmt::print("  {}: {}\n", reject["where"].get<std::string>(),
                   reject["reason"].get<std::string>());
      }
    }
  }
}

// The whole of what did not fit into the table.
void print_failures(const Json& runs) {
  for (const auto& run : runs) {
    const auto why = run.value("failed", "");
    if (short_line(why) != why) {
      fmt::print("{}\n", why);
    }
  }
}

// What became of the findings.
void print_standing(const Json& result) {
  const auto& standing = result["standing"];
  if (standing.is_null()) {
    fmt::print("{0} is not the champion: `spotter modes update --model {0}` groups its failures\n",
               result["model"].get<std::string>());
    return;
  }
  const auto modes = standing["modes"].get<std::size_t>();
  const auto doubts = standing["doubts"].get<std::size_t>();
  if (modes > 0) {
    fmt::print("{}; `spotter modes` lists what fails and where\n", counted(modes, "failure mode"));
  }
  if (doubts > 0) {
    fmt::print("{} about labels; `spotter doubts` lists them\n", counted(doubts, "doubt"));
  }
}

std::function<int()> declare_run(CLI::App& app, Context& context) {
  auto options = std::make_shared<checks::RunOptions>();
  app.add_option("NAME", options->names,
                 "Checks to run (default: those of spotter.yaml, else all)");
  app.add_option("--model", options->model,
                 "Model whose output is doubted (default: the champion, else the only model)");
  app.add_option("--where", options->where, "Look only at samples that satisfy this filter");
  return [options, &context] {
    auto project = open_project(context.project);
    options->progress = progress_printer(context, "predicting");
    Json result = checks::run(project, *options);
    result["standing"] = triage::update_after_checks(
        project, triage::queue_model(project, result["model"].is_null() ? "" : result["model"]));
    context.answer(result, [&] {
      std::vector<std::vector<std::string>> rows;
      for (const auto& run : result["runs"]) {
        const bool ran = run.contains("run");
        rows.push_back({run["check"], ran ? run["findings"].dump() : "",
                        ran ? run["examined"].dump() : "", outcome(run)});
      }
      print_table({"check", "findings", "samples", "outcome"}, rows);
      print_failures(result["runs"]);
      print_rejects(result["runs"]);
      print_standing(result);
    });
    return any_failed(result["runs"]) ? 1 : 0;
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
