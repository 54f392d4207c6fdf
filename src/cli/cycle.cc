// `spotter cycle …`: one turn of the loop.
#include "loop/cycle/cycle.h"

#include <memory>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "base/json.h"
#include "base/log.h"
#include "cli/command.h"
#include "cli/interrupt.h"
#include "cli/print.h"
#include "loop/cycle/outcome.h"
#include "loop/cycle/rehearsal.h"

namespace spotter::cli {
namespace {

// Lines on standard error while the cycle turns.
cycle::RunOptions options_for(const Context& context) {
  cycle::RunOptions options;
  options.hooks.on_step = [](const cycle::StepRow& step) {
    std::string line = fmt::format("{:<9} {}", step.name, cycle::name(step.state));
    if (step.state == cycle::StepState::kDone) {
      line += fmt::format(" in {}", duration_text(step.seconds));
    }
    const auto words = !step.error.empty()                     ? step.error
                       : step.state == cycle::StepState::kDone ? cycle::outcome(step)
                                                               : step.reason;
    if (!words.empty()) {
      line += ": " + words;
    }
    log_info(line);
  };
  auto printers =
      std::make_shared<std::map<std::string, std::function<void(double, std::string_view)>>>();
  options.hooks.on_progress = [printers, &context](std::string_view step, double fraction,
                                                   std::string_view message) {
    const std::string name(step);
    if (!printers->contains(name)) {
      printers->emplace(name, progress_printer(context, name));
    }
    printers->at(name)(fraction, message);
  };
  return options;
}

std::string text_of(const Json& value) {
  return value.is_string() ? value.get<std::string>() : "";
}

std::string first_line(const std::string& text) {
  return text.substr(0, text.find('\n'));
}

// "cycle 2 is done; the gate says pass; deployed m2", and what people do next.
void print_closing(const Json& cycle) {
  fmt::print("{}cycle {} is {}", cycle["rehearsal"].get<bool>() ? "rehearsal, " : "",
             cycle["number"].get<int>(), text_of(cycle["state"]));
  if (cycle["interrupted"].get<bool>()) {
    fmt::print(" but nobody runs it: `spotter cycle resume` goes on");
  }
  if (const auto verdict = text_of(cycle["verdict"]); !verdict.empty()) {
    fmt::print("; the gate says {}", verdict);
  }
  if (const auto deployed = text_of(cycle["deployed_name"]); !deployed.empty()) {
    fmt::print("; deployed {}", deployed);
  }
  fmt::print("\n");
  if (const auto note = text_of(cycle["note"]); !note.empty()) {
    fmt::print("note: {}\n", note);
  }
  for (const auto& batch : cycle["left_open"]) {
    fmt::print(
        "note: batch \"{0}\" is still with its labellers; `spotter batch import {0} FILE` "
        "takes the answer, and the next cycle learns from it\n",
        text_of(batch));
  }
  if (const auto next = text_of(cycle["next"]); !next.empty()) {
    fmt::print("next: {}\n", next);
  }
}

void print_errors(const Json& cycle) {
  for (const auto& step : cycle["steps"]) {
    if (text_of(step["error"]).find('\n') != std::string::npos) {
      fmt::print("\n{} failed:\n{}\n", text_of(step["name"]), text_of(step["error"]));
    }
  }
}

std::string why(const Json& step) {
  for (const char* key : {"error", "outcome", "reason"}) {
    if (const auto words = text_of(step[key]); !words.empty()) {
      return first_line(words);
    }
  }
  return "";
}

void print_cycle(const Json& cycle) {
  std::vector<std::vector<std::string>> rows;
  for (const auto& step : cycle["steps"]) {
    rows.push_back({text_of(step["name"]), text_of(step["state"]),
                    duration_text(step["seconds"].get<double>()),
                    fmt::format("{:.1f}", step["human_minutes"].get<double>()), why(step)});
  }
  print_table({"step", "state", "took", "people, minutes", "what came of it, or why"}, rows);
  print_closing(cycle);
  print_errors(cycle);
}

// What happened was said while it happened, unless that was not wanted; the table is `cycle
// status`.
int answer(const Context& context, const Json& cycle) {
  context.answer(cycle, [&] {
    for (const auto& step : cycle["steps"]) {
      if (context.quiet && !text_of(step["error"]).empty()) {
        fmt::print("{} failed: {}\n", text_of(step["name"]), text_of(step["error"]));
      }
    }
    print_closing(cycle);
  });
  return cycle::exit_code(cycle);
}

std::function<int()> declare_run(CLI::App& app, Context& context) {
  auto rehearsal = std::make_shared<bool>(false);
  auto only_plan = std::make_shared<bool>(false);
  auto started_by = std::make_shared<std::string>();
  app.add_flag("--rehearsal", *rehearsal,
               "On a pinch of data in a scratch project, without deploying");
  app.add_flag("--plan", *only_plan, "Only say what would run, and why");
  app.add_option("--started-by", *started_by, "Who started it (default: you)");
  return [rehearsal, only_plan, started_by, &context] {
    block_interrupt();
    auto project = open_project(context.project);
    const auto watch = watch_interrupt(project.state_folder() / "catalog.db");
    if (*only_plan) {
      const Json plan = cycle::plan(project);
      context.answer(plan, [&] {
        std::vector<std::vector<std::string>> rows;
        for (const auto& step : plan["steps"]) {
          rows.push_back({text_of(step["name"]), text_of(step["action"]), text_of(step["reason"])});
        }
        print_table({"step", "will", "why"}, rows);
      });
      return 0;
    }
    auto options = options_for(context);
    options.started_by = *started_by;
    return answer(context,
                  *rehearsal ? cycle::rehearse(project, options) : cycle::run(project, options));
  };
}

std::function<int()> declare_resume(CLI::App&, Context& context) {
  return [&context] {
    block_interrupt();
    auto project = open_project(context.project);
    const auto watch = watch_interrupt(project.state_folder() / "catalog.db");
    if (const Json last = cycle::status(project); last["state"] == "done") {
      context.answer(last, [&] {
        fmt::print("cycle {} is done already; `spotter cycle run` starts the next\n",
                   last["number"].get<int>());
      });
      return cycle::exit_code(last);
    }
    return answer(context, cycle::resume(project, options_for(context)));
  };
}

std::function<int()> declare_status(CLI::App& app, Context& context) {
  auto id = std::make_shared<std::string>();
  app.add_option("CYCLE", *id, "Id or number (default: the newest)");
  return [id, &context] {
    auto project = open_project(context.project);
    const Json cycle = cycle::status(project, *id);
    context.answer(cycle, [&] {
      print_cycle(cycle);
      if (const auto& last = cycle["rehearsal_last"]; last.is_object()) {
        fmt::print(
            "last rehearsal: {} at {}{}\n", text_of(last["state"]), text_of(last["started_at"]),
            text_of(last["failed_step"]).empty() ? "" : ", step " + text_of(last["failed_step"]));
      }
    });
    return 0;
  };
}

std::function<int()> declare_history(CLI::App&, Context& context) {
  return [&context] {
    auto project = open_project(context.project);
    const Json history = cycle::history(project);
    context.answer(history, [&] {
      std::vector<std::vector<std::string>> rows;
      for (const auto& cycle : history["cycles"]) {
        double seconds = 0;
        double minutes = 0;
        for (const auto& step : cycle["steps"]) {
          seconds += step["seconds"].get<double>();
          minutes += step["human_minutes"].get<double>();
        }
        rows.push_back({std::to_string(cycle["number"].get<int>()), text_of(cycle["state"]),
                        text_of(cycle["created_at"]), text_of(cycle["started_by"]),
                        duration_text(seconds), fmt::format("{:.1f}", minutes),
                        text_of(cycle["verdict"]), text_of(cycle["deployed_name"])});
      }
      if (rows.empty()) {
        fmt::print("no cycle has run yet; `spotter cycle run` starts one\n");
      } else {
        print_table(
            {"cycle", "state", "started", "by", "worked", "people, minutes", "gate", "deployed"},
            rows);
      }
    });
    return 0;
  };
}

std::function<int()> declare_cancel(CLI::App& app, Context& context) {
  auto id = std::make_shared<std::string>();
  app.add_option("CYCLE", *id, "Id or number (default: the newest)");
  return [id, &context] {
    auto project = open_project(context.project);
    const Json cycle = cycle::cancel(project, *id);
    context.answer(cycle, [&] { print_closing(cycle); });
    return 0;
  };
}

}  // namespace

extern const Command command_cycle_run;
const Command command_cycle_run = {
    .name = "cycle run",
    .summary = "Turn the loop once: from new data to a better model at work",
    .example = "spotter cycle run\n  spotter cycle run --rehearsal",
    .declare = declare_run,
};
extern const Command command_cycle_resume;
const Command command_cycle_resume = {
    .name = "cycle resume",
    .summary = "Go on with the cycle where it stopped; finished steps are not repeated",
    .example = "spotter cycle resume",
    .declare = declare_resume,
};
extern const Command command_cycle_status;
const Command command_cycle_status = {
    .name = "cycle status",
    .summary = "Show the cycle's steps and what it waits for",
    .example = "spotter cycle status --json",
    .declare = declare_status,
};
extern const Command command_cycle_history;
const Command command_cycle_history = {
    .name = "cycle history",
    .summary = "List every cycle, oldest first",
    .example = "spotter cycle history",
    .declare = declare_history,
};
extern const Command command_cycle_cancel;
const Command command_cycle_cancel = {
    .name = "cycle cancel",
    .summary = "Stop the cycle and its jobs for good",
    .example = "spotter cycle cancel",
    .declare = declare_cancel,
};

}  // namespace spotter::cli
