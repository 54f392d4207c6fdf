#include "trainer/command.h"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>

#include "base/error.h"
#include "base/files.h"
#include "base/json.h"
#include "base/text.h"

namespace spotter::trainer {
namespace {

namespace fs = std::filesystem;

using Words = std::array<std::pair<std::string, std::string>, 6>;

Words words_of(const CommandPaths& paths) {
  return {{{"data", paths.data.string()},
           {"val", paths.val.string()},
           {"init", paths.init.string()},
           {"model", paths.model.string()},
           {"out", paths.out.string()},
           {"config", paths.config.string()}}};
}

// Replaces "{word}"; text that is not one of our words but looks like one is most likely a slip.
std::string fill(const std::string& argument, const Words& words, const std::string& where) {
  std::string out;
  for (std::size_t at = 0; at < argument.size();) {
    const auto open = argument.find('{', at);
    const auto close = open == std::string::npos ? open : argument.find('}', open);
    if (close == std::string::npos) {
      return out + argument.substr(at);
    }
    const std::string word = argument.substr(open + 1, close - open - 1);
    out += argument.substr(at, open - at);
    const auto found =
        std::find_if(words.begin(), words.end(), [&](const auto& w) { return w.first == word; });
    if (found != words.end()) {
      out += found->second;
    } else if (!word.empty() &&
               word.find_first_not_of("abcdefghijklmnopqrstuvwxyz_") == std::string::npos) {
      std::vector<std::string> known;
      for (const auto& w : words) {
        known.push_back(w.first);
      }
      fail(ErrorCode::kInvalid,
           fmt::format(
               "{} has the unknown placeholder \"{{{}}}\"{}; known are {{data}} {{val}} {{init}} "
               "{{model}} {{out}} {{config}}",
               where, word, did_you_mean(word, known)));
    } else {
      out += argument.substr(open, close - open + 1);
    }
    at = close + 1;
  }
  return out;
}

std::vector<std::string> fill_all(const Project& project, const std::vector<std::string>& command,
                                  const CommandPaths& paths, const std::string& where) {
  std::vector<std::string> filled;
  for (const auto& argument : command) {
    filled.push_back(fill(argument, words_of(paths), where));
  }
  // A program given by path is meant relative to the project, whatever the job's folder is.
  if (filled[0].find('/') != std::string::npos && !fs::path(filled[0]).is_absolute()) {
    filled[0] = (project.root / filled[0]).string();
  }
  return filled;
}

void add(std::vector<std::string>& command, const char* option, const fs::path& path) {
  if (!path.empty()) {
    command.insert(command.end(), {option, path.string()});
  }
}

std::vector<std::string> built_in(const char* verb, const CommandPaths& paths) {
  const auto program = program_folder() / "spotter-nn";
  if (!fs::exists(program)) {
    fail(ErrorCode::kInvalid,
         fmt::format("spotter-nn is not beside spotter, so the built-in trainer cannot run; `./run "
                     "build` makes it: {}",
                     program.string()));
  }
  std::vector<std::string> command = {program.string(), verb};
  add(command, "--data", paths.data);
  add(command, "--val", paths.val);
  add(command, "--init", paths.init);
  add(command, "--model", paths.model);
  add(command, "--out", paths.out);
  add(command, "--config", paths.config);
  return command;
}

}  // namespace

std::vector<std::string> train_command(const Project& project, const CommandPaths& paths) {
  const auto& own = project.config.train.command;
  return own.empty() ? built_in("train", paths) : fill_all(project, own, paths, "train.command");
}

std::vector<std::string> infer_command(const Project& project, const std::string& runtime,
                                       const CommandPaths& paths) {
  if (runtime == "builtin") {
    return built_in("infer", paths);
  }
  const auto& own = project.config.train.infer_command;
  if (own.empty()) {
    fail(
        ErrorCode::kInvalid,
        fmt::format("the model's runtime is \"{}\", and no command is configured that runs it; set "
                    "train.infer_command in spotter.yaml",
                    runtime));
  }
  return fill_all(project, own, paths, "train.infer_command");
}

std::vector<std::string> class_names(Project& project) {
  std::vector<std::string> names;
  for (const auto& row : project.catalog->query(
           "SELECT name FROM classes WHERE archived = 0 ORDER BY position, name")) {
    names.push_back(row.text(0));
  }
  if (names.empty()) {  // No schema was written down: what is labelled is the schema.
    const auto rows = project.lake->query(
        "SELECT DISTINCT class FROM current_labels WHERE layer = $1 ORDER BY class",
        {std::string(kLabelLayer)});
    for (std::size_t i = 0; i < rows.rows.size(); ++i) {
      names.push_back(rows.text(i, 0));
    }
  }
  return names;
}

int threads_of(const Project& project) {
  return std::max(1, json_get_or<int>(project.config.executor_options, "threads", 1));
}

std::map<std::string, std::string> trainer_environment(const Project& project, std::uint64_t seed) {
  const std::string threads = std::to_string(threads_of(project));
  return {{"SPOTTER_SEED", std::to_string(seed)},
          {"SPOTTER_THREADS", threads},
          {"OMP_NUM_THREADS", threads},
          {"OPENBLAS_NUM_THREADS", threads},
          {"OMP_WAIT_POLICY", "passive"},
          {"SPOTTER_DEVICE",
           json_get_or<std::string>(project.config.executor_options, "device", "cpu")}};
}

}  // namespace spotter::trainer
