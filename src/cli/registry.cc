#include <array>

#include "cli/command.h"

// To add a command, write cli/<name>.cc that defines `const Command command_<name>` and add a line here.
#define SPOTTER_COMMANDS(X) \
  X(about) \
  X(init) \
  X(query) \
  X(sql) \
  X(config_options) \
  X(config_check) \
  X(train) \
  X(runs) \
  X(runs_show) \
  X(jobs) \
  X(jobs_show) \
  X(jobs_cancel) \
  X(jobs_logs) \
  X(ledger) \
  X(job_run)

namespace spotter::cli {

#define X(name) extern const Command command_##name;
SPOTTER_COMMANDS(X)
#undef X

std::span<const Command> all_commands() {
#define X(name) command_##name,
  static const std::array commands = {SPOTTER_COMMANDS(X)};
#undef X
  return commands;
}

}  // namespace spotter::cli
