// `spotter train` and `spotter runs`.
#include "loop/train/train.h"

#include <memory>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "base/json.h"
#include "cli/command.h"
#include "cli/print.h"

namespace spotter::cli {
namespace {

std::function<int()> declare_train(CLI::App& app, Context& context) {
  auto options = std::make_shared<train::TrainOptions>();
  auto parameters = std::make_shared<std::string>();
  app.add_option("--version", options->version, "Dataset version (default: the newest)");
  app.add_option("--from", options->from,
                 "Model to start from: id, name or alias (default: from scratch)");
  app.add_option("--name", options->name, "Name of the model (default: the next m<number>)");
  app.add_option("--executor", options->executor, "Where to run (default: as configured)");
  app.add_option("--seed", options->seed, "Seed of the training");
  app.add_option("--parameters", *parameters,
                 "JSON object laid over train.parameters of spotter.yaml");
  return [options, parameters, &context] {
    auto project = open_project(context.project);
    if (!parameters->empty()) {
      options->parameters = parse_json(*parameters, "--parameters");
    }
    const Json result = train::train(project, *options, progress_printer(context, "train"));
    context.answer(result, [&] {
      fmt::print("trained model \"{}\" ({}) on version {} in {}\n",
                 result["name"].get<std::string>(), result["model"].get<std::string>(),
                 result["version"].get<std::string>(),
                 duration_text(result["seconds"].get<double>()));
      fmt::print("next: spotter evaluate --model {} --version {}\n",
                 result["name"].get<std::string>(), result["version"].get<std::string>());
    });
    return 0;
  };
}

std::function<int()> declare_runs(CLI::App&, Context& context) {
  return [&context] {
    auto project = open_project(context.project);
    const Json result = train::list_runs(project);
    context.answer(result, [&] {
      std::vector<std::vector<std::string>> rows;
      for (const auto& run : result["runs"]) {
        rows.push_back({run["id"].get<std::string>(), run["kind"].get<std::string>(),
                        run["version"].get<std::string>(), run["state"].get<std::string>(),
                        run["model"].get<std::string>(),
                        duration_text(run["seconds"].get<double>()),
                        run["created_at"].get<std::string>()});
      }
      if (rows.empty()) {
        fmt::print("no run yet; `spotter train` starts one\n");
      } else {
        print_table({"run", "kind", "version", "state", "model", "took", "started"}, rows);
      }
    });
    return 0;
  };
}

std::function<int()> declare_runs_show(CLI::App& app, Context& context) {
  auto id = std::make_shared<std::string>();
  app.add_option("ID", *id, "The run")->required();
  return [id, &context] {
    auto project = open_project(context.project);
    const Json run = train::show_run(project, *id);
    context.answer(run, [&] {
      for (const auto& [key, value] : run.items()) {
        fmt::print("{:<12} {}\n", key, value.is_string() ? value.get<std::string>() : value.dump());
      }
    });
    return 0;
  };
}

}  // namespace

extern const Command command_train;
const Command command_train = {
    .name = "train",
    .summary = "Train a model on a dataset version",
    .example = "spotter train --version v2 --from champion",
    .declare = declare_train,
};
extern const Command command_runs;
const Command command_runs = {
    .name = "runs",
    .summary = "List the runs of trainers and models",
    .example = "spotter runs --json",
    .declare = declare_runs,
};
extern const Command command_runs_show;
const Command command_runs_show = {
    .name = "runs show",
    .summary = "Show one run",
    .example = "spotter runs show run_4f2a91c07d",
    .declare = declare_runs_show,
};

}  // namespace spotter::cli
