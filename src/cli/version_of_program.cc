#include <fmt/format.h>

#include "base/json.h"
#include "cli/command.h"

namespace spotter::cli {

extern const Command command_version_of_program;
const Command command_version_of_program = {
    .name = "about",
    .summary = "Show the version of the program",
    .example = "spotter about",
    .declare = [](CLI::App&, Context& context) -> std::function<int()> {
      return [&context] {
        context.answer({{"version", SPOTTER_VERSION}}, [] { fmt::print("spotter {}\n", SPOTTER_VERSION); });
        return 0;
      };
    },
};

}  // namespace spotter::cli
