#include <memory>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "base/json.h"
#include "base/text.h"
#include "cli/command.h"
#include "project/project.h"

namespace spotter::cli {
namespace {

struct Words {
  std::filesystem::path folder = ".";
  std::string classes;
  InitOptions options;
};

std::function<int()> declare(CLI::App& app, Context& context) {
  auto words = std::make_shared<Words>();
  app.add_option("DIR", words->folder, "Folder of the project (default: here)");
  app.add_option("--task", words->options.task, "detection, classification or trajectory");
  app.add_option("--classes", words->classes,
                 "Names, separated by commas; empty = taken from imports");
  app.add_option("--name", words->options.name, "Name of the project (default: the folder's)");
  return [words, &context] {
    for (const auto& name : split(words->classes, ',')) {
      if (!trim(name).empty()) {
        words->options.classes.emplace_back(trim(name));
      }
    }
    const auto project = init_project(words->folder, words->options);
    context.answer({{"name", project.config.name},
                    {"project", project.root.string()},
                    {"task", project.config.task},
                    {"classes", project.config.classes}},
                   [&] {
                     fmt::print("created project \"{}\" in {}\n", project.config.name,
                                project.root.string());
                     fmt::print("next: spotter import FORMAT PATH, then spotter cycle run\n");
                   });
    return 0;
  };
}

}  // namespace

extern const Command command_init;
const Command command_init = {
    .name = "init",
    .summary = "Make a project in a folder",
    .example = "spotter init cells --classes RBC,WBC,Platelets",
    .declare = declare,
};

}  // namespace spotter::cli
