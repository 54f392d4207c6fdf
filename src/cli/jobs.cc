// `spotter jobs` and what it can do to one.
#include "trainer/jobs.h"

#include <memory>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "base/json.h"
#include "cli/command.h"
#include "cli/print.h"
#include "project/project.h"

namespace spotter::cli {
namespace {

void print_job(const Json& job) {
  for (const auto& [key, value] : job.items()) {
    if (key != "last_lines" && key != "command") {
      fmt::print("{:<12} {}\n", key, value.is_string() ? value.get<std::string>() : value.dump());
    }
  }
  for (const auto& line : job["last_lines"]) {
    fmt::print("| {}\n", line.get<std::string>());
  }
}

std::function<int()> declare_jobs(CLI::App& app, Context& context) {
  auto cycle = std::make_shared<std::string>();
  app.add_option("--cycle", *cycle, "Only jobs of this cycle");
  return [cycle, &context] {
    auto project = open_project(context.project);
    const Json jobs = trainer::list_jobs(project, *cycle);
    context.answer({{"jobs", jobs}}, [&] {
      std::vector<std::vector<std::string>> rows;
      for (const auto& job : jobs) {
        rows.push_back({job["name"].get<std::string>(), job["kind"].get<std::string>(),
                        job["state"].get<std::string>(),
                        fmt::format("{:.0f} %", 100 * job["fraction"].get<double>()),
                        duration_text(job["seconds"].get<double>()),
                        job["message"].get<std::string>()});
      }
      if (rows.empty()) {
        fmt::print("no job yet\n");
      } else {
        print_table({"job", "kind", "state", "done", "took", "message"}, rows);
      }
    });
    return 0;
  };
}

// The three commands that take a job's name.
std::shared_ptr<std::string> declare_name(CLI::App& app) {
  auto name = std::make_shared<std::string>();
  app.add_option("NAME", *name, "The job's name")->required();
  return name;
}

std::function<int()> declare_show(CLI::App& app, Context& context) {
  return [name = declare_name(app), &context] {
    auto project = open_project(context.project);
    const Json job = trainer::show_job(project, *name);
    context.answer(job, [&] { print_job(job); });
    return 0;
  };
}

std::function<int()> declare_cancel(CLI::App& app, Context& context) {
  return [name = declare_name(app), &context] {
    auto project = open_project(context.project);
    const Json job = trainer::cancel_job(project, *name);
    context.answer(
        job, [&] { fmt::print("job \"{}\" is {}\n", *name, job["state"].get<std::string>()); });
    return 0;
  };
}

std::function<int()> declare_logs(CLI::App& app, Context& context) {
  auto bytes = std::make_shared<std::size_t>(std::size_t{1} << 20);
  app.add_option("--bytes", *bytes, "At most so many from the end");
  return [name = declare_name(app), bytes, &context] {
    auto project = open_project(context.project);
    const std::string log = trainer::job_logs(project, *name, *bytes);
    context.answer({{"name", *name}, {"log", log}}, [&] { fmt::print("{}", log); });
    return 0;
  };
}

}  // namespace

extern const Command command_jobs;
const Command command_jobs = {
    .name = "jobs",
    .summary = "List jobs: long work on an executor",
    .example = "spotter jobs",
    .declare = declare_jobs,
};
extern const Command command_jobs_show;
const Command command_jobs_show = {
    .name = "jobs show",
    .summary = "Show one job with the last lines of its log",
    .example = "spotter jobs show spotter-cycle_7f3k2m9q-train-1a2b3c-a1",
    .declare = declare_show,
};
extern const Command command_jobs_cancel;
const Command command_jobs_cancel = {
    .name = "jobs cancel",
    .summary = "Stop a job and wait until it has ended",
    .example = "spotter jobs cancel spotter-cycle_7f3k2m9q-train-1a2b3c-a1",
    .declare = declare_cancel,
};
extern const Command command_jobs_logs;
const Command command_jobs_logs = {
    .name = "jobs logs",
    .summary = "Print a job's log",
    .example = "spotter jobs logs spotter-cycle_7f3k2m9q-train-1a2b3c-a1",
    .declare = declare_logs,
};

}  // namespace spotter::cli
