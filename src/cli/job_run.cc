#include <filesystem>
#include <memory>

#include <CLI/CLI.hpp>

#include "cli/command.h"
#include "exec/job_runner.h"

namespace spotter::cli {

extern const Command command_job_run;
const Command command_job_run = {
    .name = "job-run",
    .summary = "",  // For executors, not for people: docs/internals/jobs.md.
    .example = "spotter job-run .spotter/jobs/spotter-cycle_1-train/a1",
    .declare = [](CLI::App& app, Context&) -> std::function<int()> {
      const auto folder = std::make_shared<std::filesystem::path>();
      app.add_option("folder", *folder, "Folder with a job.json")->required();
      return [folder] { return exec::run_job_folder(std::filesystem::absolute(*folder)); };
    },
};

}  // namespace spotter::cli
