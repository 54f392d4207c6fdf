#include <cstdio>
#include <map>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "base/error.h"
#include "base/json.h"
#include "base/log.h"
#include "base/text.h"
#include "cli/command.h"
#include "cli/limits.h"
#include "cli/refuse.h"

namespace spotter::cli {
namespace {

void print_error(const Context& context, std::string_view code, std::string_view message) {
  if (context.json) {
    const Json document = {{"error", {{"code", code}, {"message", message}}}};
    fmt::print("{}\n", document.dump(2, ' ', false, Json::error_handler_t::replace));
  }
  fmt::print(stderr, "error: {}\n", message);
}

CLI::App* find_subcommand(CLI::App& app, const std::string& name) {
  for (auto* sub : app.get_subcommands([](CLI::App*) { return true; })) {
    if (sub->get_name() == name) {
      return sub;
    }
  }
  return nullptr;
}

// A group command such as "cycle" that holds "cycle run"; made once.
CLI::App& group_of(CLI::App& root, std::string_view group) {
  const std::string name(group);
  if (auto* existing = find_subcommand(root, name)) {
    return *existing;
  }
  auto* app = root.add_subcommand(name, "");
  app->require_subcommand(0, 1);
  return *app;
}

void add_common_options(CLI::App& app, Context& context) {
  app.add_option("--project", context.project,
                 "Project folder (default: nearest with a spotter.yaml)");
  app.add_flag("--json", context.json, "One JSON document on standard output");
  app.add_flag("--quiet", context.quiet, "No progress, only results and errors");
  app.add_flag("--yes", context.yes, "Answer yes to questions");
}

struct Program {
  CLI::App root{"Spotter: catches what your model drops", "spotter"};
  Context context;
  std::map<const CLI::App*, std::function<int()>> handlers;
};

void declare_all(Program& program) {
  program.root.set_version_flag("--version", std::string("spotter ") + SPOTTER_VERSION);
  program.root.require_subcommand(0, 1);
  program.root.fallthrough(false);
  for (const auto& command : all_commands()) {
    const auto space = command.name.find(' ');
    CLI::App& parent = space == std::string_view::npos
                           ? program.root
                           : group_of(program.root, command.name.substr(0, space));
    const auto last =
        space == std::string_view::npos ? command.name : command.name.substr(space + 1);
    auto* app = find_subcommand(parent, std::string(last));
    if (app == nullptr) {
      app = parent.add_subcommand(std::string(last));
    }
    app->description(std::string(command.summary));
    if (command.summary.empty()) {
      app->group("");  // for the program itself: not in the help
    }
    if (&parent != &program.root && !program.handlers.contains(&parent)) {
      const auto others = parent.get_description();
      parent.description(others.empty() ? std::string(last) : fmt::format("{}, {}", others, last));
    }
    app->footer(fmt::format("Example:\n  {}", command.example));
    add_common_options(*app, program.context);
    program.handlers[app] = command.declare(*app, program.context);
    refuse_not_finite(*app);
  }
}

// The deepest sub-command on the line, or the root.
const CLI::App& chosen(const CLI::App& app) {
  const auto parsed = app.get_subcommands();
  return parsed.empty() ? app : chosen(*parsed.front());
}

std::string unknown_word_hint(CLI::App& root, int argc, char** argv) {
  CLI::App* app = &root;
  for (int i = 1; i < argc; ++i) {
    std::vector<std::string> known;
    for (const auto* sub : app->get_subcommands([](CLI::App*) { return true; })) {
      known.push_back(sub->get_name());
    }
    const std::string word = argv[i];
    const auto found = std::find(known.begin(), known.end(), word);
    if (found == known.end()) {
      return known.empty() || word.starts_with("-")
                 ? ""
                 : fmt::format("unknown command \"{}\"{}; see `{} --help`", word,
                               did_you_mean(word, known), "spotter");
    }
    app = find_subcommand(*app, word);
  }
  return "";
}

bool wants_json(int argc, char** argv) {
  return std::any_of(argv, argv + argc,
                     [](const char* a) { return std::string_view(a) == "--json"; });
}

// Words end up in JSON, the catalog and the lake, which hold text only; so paths are text as well.
void require_text(int argc, char** argv) {
  for (int i = 1; i < argc; ++i) {
    const std::string_view word = argv[i];
    if (!valid_utf8(word)) {
      fail(ErrorCode::kInvalid,
           fmt::format("argument {} is not UTF-8 text: {:?}; write it in UTF-8, and rename a file "
                       "that is called so",
                       i, word));
    }
  }
}

int parse_and_run(Program& program, int argc, char** argv) {
  try {
    program.root.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    if (e.get_exit_code() == 0) {
      return program.root.exit(e);  // --help and --version
    }
    const auto hint = unknown_word_hint(program.root, argc, argv);
    print_error(program.context, "invalid", hint.empty() ? e.what() : hint);
    return 2;
  }
  if (program.context.quiet) {
    set_log_level(LogLevel::kWarning);
  }
  const CLI::App& app = chosen(program.root);
  const auto handler = program.handlers.find(&app);
  if (handler == program.handlers.end()) {
    fmt::print("{}", app.help());
    return &app == &program.root && argc <= 1 ? 0 : 2;
  }
  return handler->second();
}

}  // namespace

void Context::answer(const Json& result, const std::function<void()>& text) const {
  if (json) {
    fmt::print("{}\n", result.dump(2, ' ', false, Json::error_handler_t::replace));
  } else {
    text();
  }
}

int refuse(const Context& context, std::string_view why) {
  constexpr int kRefused = 3;
  print_error(context, "conflict", why);
  return kRefused;
}

int run(int argc, char** argv) {
  Program program;
  try {
    program.context.json = wants_json(argc, argv);
    require_text(argc, argv);
    declare_all(program);
    return parse_and_run(program, argc, argv);
  } catch (const Error& e) {
    log_debug(fmt::format("{}:{}", e.where.file_name(), e.where.line()));
    print_error(program.context, name(e.code), e.what());
    return exit_code(e.code);
  } catch (const std::exception& e) {
    print_error(program.context, "internal", fmt::format("internal fault: {}", e.what()));
    return 1;
  }
}

}  // namespace spotter::cli
