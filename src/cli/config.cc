// `spotter config options` and `config check`.
#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "base/json.h"
#include "cli/command.h"
#include "cli/print.h"
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
    context.answer({{"options", options}}, [&] { print_table({"key", "default", "meaning"}, rows); });
    return 0;
  };
}

std::function<int()> declare_check(CLI::App&, Context& context) {
  return [&context] {
    const auto project = open_project(context.project);
    context.answer({{"valid", true}, {"name", project.config.name}, {"slices", project.config.slices.size()}},
                   [&] { fmt::print("spotter.yaml of \"{}\" is in order\n", project.config.name); });
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
