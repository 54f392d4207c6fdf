#include <array>

#include "cli/command.h"

// To add a command, write cli/<name>.cc that defines `const Command command_<name>` and add a line
// here.
#define SPOTTER_COMMANDS(X) \
  X(about) \
  X(import) \
  X(export) \
  X(flag) \
  X(convert) \
  X(formats) \
  X(init) \
  X(demo) \
  X(query) \
  X(eval_coco) \
  X(label_errors) \
  X(eval_mot) \
  X(eval_trajectories) \
  X(eval_tags) \
  X(neighbours) \
  X(duplicates) \
  X(drift) \
  X(select) \
  X(evaluate) \
  X(evaluations) \
  X(compare) \
  X(gate) \
  X(gate_list) \
  X(gate_show) \
  X(approve) \
  X(version_commit) \
  X(version_log) \
  X(version_show) \
  X(version_diff) \
  X(version_checkout) \
  X(deploy) \
  X(rollback) \
  X(deployments) \
  X(models) \
  X(alias) \
  X(sql) \
  X(check_list) \
  X(check_run) \
  X(findings) \
  X(queue) \
  X(verdict) \
  X(channels) \
  X(modes) \
  X(modes_update) \
  X(modes_show) \
  X(modes_merge) \
  X(modes_split) \
  X(modes_set) \
  X(doubts) \
  X(slices_find) \
  X(slices_list) \
  X(slices_add) \
  X(slices_remove) \
  X(campaign_create) \
  X(campaign_run) \
  X(campaign_list) \
  X(campaign_show) \
  X(monitor_run) \
  X(monitor_status) \
  X(world) \
  X(config_options) \
  X(config_check) \
  X(batch_create) \
  X(batch_list) \
  X(batch_status) \
  X(batch_export) \
  X(batch_import) \
  X(batch_simulate) \
  X(verify) \
  X(gc) \
  X(doctor) \
  X(train) \
  X(runs) \
  X(runs_show) \
  X(jobs) \
  X(jobs_show) \
  X(jobs_cancel) \
  X(jobs_logs) \
  X(cycle_run) \
  X(cycle_resume) \
  X(cycle_status) \
  X(cycle_history) \
  X(cycle_cancel) \
  X(ledger) \
  X(serve) \
  X(openapi) \
  X(worker) \
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
