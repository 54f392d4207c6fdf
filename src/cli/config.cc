// `spotter config options` and `config check`.
#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "base/attempt.h"
#include "base/json.h"
#include "cli/command.h"
#include "cli/print.h"
#include "loop/checks/checks.h"
#include "loop/cycle/scheduler.h"
#include "project/filter.h"
#include "project/options.h"
#include "project/project.h"

namespace spotter::cli {
namespace {

std::function<int()> declare_options(CLI::App&, Context& context) {
  return [&context] {
    Json options = Json::array();
    std::vector<std::vector<std::string>> rows;
    for (const auto& o : all_options()) {
      Json row = {{"name", o.name}, {"default", Json::parse(o.fallback)}, {"help", o.help}};
      if (!o.choices.empty()) {
        row["choices"] = o.choices;
      }
      options.push_back(std::move(row));
      rows.push_back({std::string(o.name), std::string(o.fallback), std::string(o.help)});
    }
    context.answer({{"options", options}},
                   [&] { print_table({"key", "default", "meaning"}, rows); });
    return 0;
  };
}

// What is no mistake of the file, but most likely one of its author: names that no sample has (an
// import may bring them yet) and sources that are not there.
std::vector<std::string> warnings_of(Project& project) {
  std::vector<std::string> warnings;
  const auto look_at = [&](const std::string& place, const std::string& where) {
    const auto problem = problem_of([&] { (void)query_samples(project, Filter::parse(where), 1); });
    if (!problem.empty()) {
      warnings.push_back(fmt::format("{}: {}", place, problem));
    }
  };
  for (const auto& slice : project.config.slices) {
    look_at(fmt::format("slice \"{}\"", slice.name), slice.where);
  }
  look_at("label.where", project.config.label_where);
  for (const auto& source : project.config.sources) {
    for (const char* key : {"path", "images"}) {
      const std::filesystem::path given = json_get_or<std::string>(source, key, "");
      if (!given.empty() && !std::filesystem::exists(project.root / given)) {
        warnings.push_back(fmt::format(
            "sources: {} \"{}\" is not there (from the project's folder)", key, given.string()));
      }
    }
  }
  return warnings;
}

std::function<int()> declare_check(CLI::App&, Context& context) {
  return [&context] {
    auto project = open_project(context.project);
    const cycle::Scheduler calendar(project);  // throws what is wrong with the schedules
    checks::require_valid(project.config);
    const auto warnings = warnings_of(project);
    context.answer({{"valid", true},
                    {"name", project.config.name},
                    {"slices", project.config.slices.size()},
                    {"warnings", warnings}},
                   [&] {
                     for (const auto& warning : warnings) {
                       fmt::print("warning: {}\n", warning);
                     }
                     fmt::print("spotter.yaml of \"{}\" is in order{}\n", project.config.name,
                                warnings.empty() ? ""
                                                 : fmt::format(", with {}", counted(warnings.size(),
                                                                                    "warning")));
                   });
    return 0;
  };
}

}  // namespace

extern const Command command_config_options;
const Command command_config_options = {
    .name = "config options",
    .summary = "List every key of spotter.yaml with its default and meaning",
    .example = "spotter config options",
    .declare = declare_options,
};
extern const Command command_config_check;
const Command command_config_check = {
    .name = "config check",
    .summary = "Check spotter.yaml and say what is wrong, with the line",
    .example = "spotter config check",
    .declare = declare_check,
};

}  // namespace spotter::cli
