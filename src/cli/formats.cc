#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "base/json.h"
#include "cli/command.h"
#include "formats/format.h"

namespace spotter::cli {

extern const Command command_formats;
const Command command_formats = {
    .name = "formats",
    .summary = "List the formats that can be read and written",
    .example = "spotter formats",
    .declare = [](CLI::App&, Context& context) -> std::function<int()> {
      return [&context] {
        Json formats = Json::array();
        for (const auto* format : formats::all_formats()) {
          formats.push_back({{"name", format->name},
                             {"summary", format->summary},
                             {"layout", format->layout},
                             {"writes", format->write != nullptr}});
        }
        const Json document = {{"formats", formats}};
        context.answer(document, [&] {
          for (const auto& format : document["formats"]) {
            fmt::print("{:<7} {}{}\n        PATH: {}\n", format["name"].get<std::string>(),
                       format["summary"].get<std::string>(),
                       format["writes"].get<bool>() ? "" : " (read only)",
                       format["layout"].get<std::string>());
          }
        });
        return 0;
      };
    },
};

}  // namespace spotter::cli
