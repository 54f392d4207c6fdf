// The commands of the trainer contract: the built-in programs or a team's own, with their
// placeholders filled in, and the environment that every trainer gets.
#pragma once
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "project/project.h"

namespace spotter::trainer {

// Paths for the placeholders {data} {val} {init} {model} {out} {config}; an empty one becomes an
// empty argument in a team's own command and is left out of the built-in one.
struct CommandPaths {
  std::filesystem::path data;
  std::filesystem::path val;
  std::filesystem::path init;
  std::filesystem::path model;
  std::filesystem::path out;
  std::filesystem::path config;
};

// Throws kInvalid for an unknown {placeholder} with "did you mean".
[[nodiscard]] std::vector<std::string> train_command(const Project& project,
                                                     const CommandPaths& paths);
// `runtime` is the model's. Throws kInvalid when nothing can run it, saying what to configure.
[[nodiscard]] std::vector<std::string> infer_command(const Project& project,
                                                     const std::string& runtime,
                                                     const CommandPaths& paths);
[[nodiscard]] std::map<std::string, std::string> trainer_environment(const Project& project,
                                                                     std::uint64_t seed);
// The schema's classes that are not archived, in their order; without a schema those of the current
// labels, by name.
[[nodiscard]] std::vector<std::string> class_names(Project& project);
// Threads that one training job uses: executor_options.threads, else 1.
[[nodiscard]] int threads_of(const Project& project);

}  // namespace spotter::trainer
