// `spotter deploy`, `rollback`, `deployments`, `models`, `alias`.
#include "loop/deploy/deploy.h"

#include <memory>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "cli/command.h"
#include "cli/print.h"
#include "cli/refuse.h"
#include "project/project.h"
#include "trainer/trainer.h"

namespace spotter::cli {
namespace {

void print_deployment(Project& project, const deploy::Deployment& made) {
  const auto model = trainer::find_model(project, made.model).name;
  if (!made.changed) {
    fmt::print("model \"{}\" is at \"{}\" already\n", model, made.target);
    return;
  }
  fmt::print("model \"{}\" is at \"{}\" now: {}\n", model, made.target,
             (deploy::target_folder(project, made.target) / "current").string());
  fmt::print("reason: {}\n", made.reason);
}

std::function<int()> declare_deploy(CLI::App& app, Context& context) {
  auto options = std::make_shared<deploy::DeployOptions>();
  app.add_option("MODEL", options->model, "Id, name or alias")->required();
  app.add_option("--to", options->target, "Target (default: deploy.target)");
  app.add_option("--reason", options->reason, "Kept in the log");
  app.add_flag("--force", options->force, "Without an approved gate report; needs --reason");
  return [options, &context] {
    auto project = open_project(context.project);
    if (const auto why = deploy::held(project, *options); !why.empty()) {
      return refuse(context, why);
    }
    const auto made = deploy::deploy(project, *options);
    context.answer(deploy::to_json(made), [&] { print_deployment(project, made); });
    return 0;
  };
}

std::function<int()> declare_rollback(CLI::App& app, Context& context) {
  auto options = std::make_shared<deploy::RollbackOptions>();
  app.add_option("TARGET", options->target, "Target (default: deploy.target)");
  app.add_option("--reason", options->reason, "Kept in the log");
  return [options, &context] {
    auto project = open_project(context.project);
    const auto made = deploy::rollback(project, *options);
    context.answer(deploy::to_json(made), [&] { print_deployment(project, made); });
    return 0;
  };
}

std::function<int()> declare_deployments(CLI::App& app, Context& context) {
  auto target = std::make_shared<std::string>();
  app.add_option("TARGET", *target, "Only this target");
  return [target, &context] {
    auto project = open_project(context.project);
    Json list = Json::array();
    std::vector<std::vector<std::string>> rows;
    for (const auto& d : deploy::history(project, *target)) {
      list.push_back(deploy::to_json(d));
      rows.push_back({iso_time(d.created_at), d.target, d.action,
                      trainer::find_model(project, d.model).name, d.author, d.reason});
    }
    context.answer({{"deployments", list}}, [&] {
      if (rows.empty()) {
        fmt::print("nothing was deployed yet\n");
      } else {
        print_table({"when", "target", "action", "model", "by", "reason"}, rows);
      }
    });
    return 0;
  };
}

std::string joined(const Json& words) {
  std::string text;
  for (const auto& word : words) {
    text += (text.empty() ? "" : ", ") + word.get<std::string>();
  }
  return text;
}

std::function<int()> declare_models(CLI::App&, Context& context) {
  return [&context] {
    auto project = open_project(context.project);
    const Json document = deploy::list_models(project);
    context.answer(document, [&] {
      std::vector<std::vector<std::string>> rows;
      for (const auto& m : document["models"]) {
        rows.push_back({m["name"].get<std::string>(), m["kind"].get<std::string>(),
                        m["dataset_version"].get<std::string>(), joined(m["aliases"]),
                        joined(m["targets"]), fmt::format("{:.0f}", m["cpu_seconds"].get<double>()),
                        m["created_at"].get<std::string>()});
      }
      if (rows.empty()) {
        fmt::print("no model yet; `spotter train` makes one\n");
      } else {
        print_table({"model", "kind", "trained on", "aliases", "deployed to", "CPU s", "made"},
                    rows);
      }
    });
    return 0;
  };
}

std::function<int()> declare_alias(CLI::App& app, Context& context) {
  auto words = std::make_shared<std::pair<std::string, std::string>>();
  app.add_option("NAME", words->first, "Alias")->required();
  app.add_option("MODEL", words->second, "Id, name or alias of the model")->required();
  return [words, &context] {
    auto project = open_project(context.project);
    deploy::set_alias(project, words->first, words->second);
    const auto model = trainer::find_model(project, words->first);
    context.answer({{"alias", words->first}, {"model", model.id}},
                   [&] { fmt::print("\"{}\" is model \"{}\" now\n", words->first, model.name); });
    return 0;
  };
}

}  // namespace

extern const Command command_deploy;
const Command command_deploy = {
    .name = "deploy",
    .summary = "Put an approved model to work at a target",
    .example = "spotter deploy m2 --to production",
    .declare = declare_deploy,
};
extern const Command command_rollback;
const Command command_rollback = {
    .name = "rollback",
    .summary = "Bring back the model that was at a target before",
    .example = "spotter rollback production --reason \"false alarms at night\"",
    .declare = declare_rollback,
};
extern const Command command_deployments;
const Command command_deployments = {
    .name = "deployments",
    .summary = "Show what was deployed where, when, why and by whom",
    .example = "spotter deployments production",
    .declare = declare_deployments,
};
extern const Command command_models;
const Command command_models = {
    .name = "models",
    .summary = "List the models with their aliases and targets",
    .example = "spotter models",
    .declare = declare_models,
};
extern const Command command_alias;
const Command command_alias = {
    .name = "alias",
    .summary = "Point an alias to a model",
    .example = "spotter alias candidate m3",
    .declare = declare_alias,
};

}  // namespace spotter::cli
