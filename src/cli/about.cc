#include <memory>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "base/json.h"
#include "cli/command.h"

namespace spotter::cli {
namespace {

Json about() {
  Json commands = Json::array();
  for (const auto& command : all_commands()) {
    if (!command.summary.empty()) {  // commands without a summary are for programs, not for people
      commands.push_back(
          {{"name", command.name}, {"summary", command.summary}, {"example", command.example}});
    }
  }
  return {{"version", SPOTTER_VERSION}, {"commands", commands}};
}

}  // namespace

extern const Command command_about;
const Command command_about = {
    .name = "about",
    .summary = "Show the version and every command",
    .example = "spotter about",
    .declare = [](CLI::App&, Context& context) -> std::function<int()> {
      return [&context] {
        const Json document = about();
        context.answer(document, [&] {
          fmt::print("spotter {}\n\n", SPOTTER_VERSION);
          for (const auto& command : document["commands"]) {
            fmt::print("  {:<20} {}\n", command["name"].get<std::string>(),
                       command["summary"].get<std::string>());
          }
        });
        return 0;
      };
    },
};

}  // namespace spotter::cli
