// A command of the program as a value: one file a command, one line in registry.cc. Commands hold
// no rules: they read options, call one function in loop/ and print.
#pragma once
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/json_fwd.h"

namespace CLI {
class App;
}

namespace spotter::cli {

// What every command can use: the common options and the two ways to answer.
struct Context {
  std::filesystem::path
      project;        // --project, else empty: the nearest folder upward with a spotter.yaml
  bool json = false;  // --json: one JSON document on standard output, nothing else there
  bool quiet = false;
  bool yes = false;

  // Prints `result` as JSON with --json; else calls `text`, which prints for people.
  void answer(const Json& result, const std::function<void()>& text) const;
};

struct Command {
  std::string_view name;     // "import", or "cycle run" for a command of a group
  std::string_view summary;  // one line, no full stop
  std::string_view example;  // shown by --help
  // Declares options on `app` and returns the function that runs the command and gives the exit
  // code.
  std::function<int()> (*declare)(CLI::App& app, Context& context);
};

// Every command, in the order of --help.
[[nodiscard]] std::span<const Command> all_commands();

// argv to exit code. Errors are printed on standard error (as JSON too, with --json).
[[nodiscard]] int run(int argc, char** argv);

}  // namespace spotter::cli
