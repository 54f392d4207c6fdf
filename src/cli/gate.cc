// `spotter gate`, `gate list`, `gate show` and `approve`.
#include "loop/gate/gate.h"

#include <chrono>
#include <fstream>
#include <iostream>
#include <memory>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <unistd.h>

#include "base/error.h"
#include "base/files.h"
#include "cli/command.h"
#include "cli/print.h"
#include "cli/refuse.h"
#include "project/project.h"

namespace spotter::cli {
namespace {

constexpr int kNotDecided = 3;

std::string figure(const Json& row, const char* key) {
  const auto found = row.find(key);
  return found == row.end() || found->get<double>() < 0
             ? "–"
             : fmt::format("{:.3f}", found->get<double>());
}

std::string signed_figure(const Json& row, const char* key) {
  const auto found = row.find(key);
  return found == row.end() ? "–" : fmt::format("{:+.3f}", found->get<double>());
}

// Below what is of any use a bare "pass" would mislead.
void print_weakness(const Json& report) {
  if (const auto note = report["note"].get<std::string>(); !note.empty()) {
    fmt::print("note: {}\n", note);
  }
}

void print_report(const Json& report) {
  const auto name = [&](const char* who) {
    return report[who].is_null() ? std::string("none") : report[who]["name"].get<std::string>();
  };
  fmt::print("{}: {}\n", report["id"].get<std::string>(), report["verdict"].get<std::string>());
  fmt::print("champion {}, challenger {}, control {}, on {} test ({} in {})\n", name("champion"),
             name("challenger"), name("control"), report["version"].get<std::string>(),
             counted(report["samples"].get<std::size_t>(), "sample"),
             counted(report["scenes"].get<std::size_t>(), "scene"));
  for (const auto& reason : report["reasons"]) {
    fmt::print("  {}\n", reason.get<std::string>());
  }
  print_weakness(report);
  fmt::print("\n{}{}\n", report.value("metric", "AP50"),
             report.value("lower_is_better", false) ? ", lower is better" : "");
  std::vector<std::vector<std::string>> rows;
  for (const auto& s : report["slices"]) {
    rows.push_back({s["name"].get<std::string>(), s["truths"].dump(), figure(s, "before"),
                    figure(s, "control"), figure(s, "random"), figure(s, "after"),
                    signed_figure(s, "delta"),
                    signed_figure(s, "low") + " … " + signed_figure(s, "high"),
                    s["verdict"].get<std::string>(),
                    !s.contains("credited")     ? ""
                    : s["credited"].get<bool>() ? "data"
                                                : "not shown"});
  }
  print_table({"slice", "truths", "before", "control", "random", "after", "gain", "interval",
               "verdict", "credit"},
              rows);
  if (!report["decision"].is_null()) {
    fmt::print("\n{} by {}: {}\n", report["decision"]["decision"].get<std::string>(),
               report["decision"]["author"].get<std::string>(),
               report["decision"]["note"].get<std::string>());
  }
}

void write_page(Project& project, const Json& report, const std::string& path) {
  const auto hash = report["html"].get<std::string>();
  if (!path.empty() && !hash.empty()) {
    write_file_atomic(path, project.blobs->get(hash));
    fmt::print(stderr, "wrote {}\n", path);
  }
}

struct GateWords {
  gate::GateOptions options;
  std::string page;
};

std::function<int()> declare_gate(CLI::App& app, Context& context) {
  auto words = std::make_shared<GateWords>();
  // The options are needed only without a sub-command, so their absence is checked below.
  app.add_option("--champion", words->options.champion,
                 "Model in production (default: the alias champion)");
  app.add_option("--challenger", words->options.challenger, "Model that wants its place");
  app.add_option("--control", words->options.control,
                 "Equal-compute control: trained as long on the old data");
  app.add_option("--random", words->options.random,
                 "Trained on as many random samples; only shown");
  app.add_option("--version", words->options.version,
                 "Dataset version whose test split decides (default: the newest)");
  app.add_option("--seed", words->options.seed, "Seed of the bootstrap");
  app.add_option("--html", words->page, "Also write the one-page report here");
  return [words, &context] {
    if (words->options.challenger.empty()) {
      fail(ErrorCode::kInvalid, "--challenger is missing; see `spotter gate --help`");
    }
    auto project = open_project(context.project);
    const Json report = gate::run(project, words->options, progress_printer(context, "predicting"));
    write_page(project, report, words->page);
    context.answer(report, [&] { print_report(report); });
    return report["verdict"] == "pass" ? 0 : kNotDecided;
  };
}

std::function<int()> declare_list(CLI::App&, Context& context) {
  return [&context] {
    auto project = open_project(context.project);
    const Json result = gate::list(project);
    context.answer(result, [&] {
      std::vector<std::vector<std::string>> rows;
      for (const auto& r : result["reports"]) {
        rows.push_back({r["id"].get<std::string>(), r["challenger"]["name"].get<std::string>(),
                        r["verdict"].get<std::string>(),
                        r["decision"].is_null() ? "waits for a person"
                                                : r["decision"]["decision"].get<std::string>(),
                        r["created_at"].get<std::string>()});
      }
      if (rows.empty()) {
        fmt::print("no gate report yet; make one with `spotter gate`\n");
      } else {
        print_table({"report", "challenger", "verdict", "decision", "made"}, rows);
      }
    });
    return 0;
  };
}

struct ShowWords {
  std::string id;
  std::string page;
};

std::function<int()> declare_show(CLI::App& app, Context& context) {
  auto words = std::make_shared<ShowWords>();
  app.add_option("REPORT", words->id, "Id (default: the newest)");
  app.add_option("--html", words->page, "Also write the one-page report here");
  return [words, &context] {
    auto project = open_project(context.project);
    const Json report = gate::find(project, words->id);
    write_page(project, report, words->page);
    context.answer(report, [&] { print_report(report); });
    return 0;
  };
}

struct ApproveWords {
  gate::ApproveOptions options;
  bool hold = false;
};

// Shows the report and asks; the seconds until the answer are the person's.
bool ask(const Context& context, const Json& report, gate::ApproveOptions& options) {
  if (context.yes || context.json || isatty(STDIN_FILENO) != 1) {
    return true;
  }
  const auto started = std::chrono::steady_clock::now();
  print_report(report);
  const bool agreed = confirm(
      context, fmt::format("\n{} this model?", options.decision == "ship" ? "Ship" : "Hold"));
  options.seconds +=
      std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
  return agreed;
}

// What is left to do after a decision: nothing once it is held or at work.
void print_what_next(const Json& report) {
  if (report["decision"]["decision"] == "ship" && report["deployed_to"].empty()) {
    fmt::print("next: spotter deploy {}, or spotter cycle resume\n",
               report["challenger"]["name"].get<std::string>());
  }
}

std::function<int()> declare_approve(CLI::App& app, Context& context) {
  auto words = std::make_shared<ApproveWords>();
  app.add_option("REPORT", words->options.report, "Id (default: the newest)");
  app.add_option("--note", words->options.note, "Why; kept for ever");
  app.add_option("--seconds", words->options.seconds, "How long you looked, for the ledger");
  app.add_flag("--hold", words->hold, "Do not ship");
  return [words, &context] {
    auto project = open_project(context.project);
    words->options.decision = words->hold ? "hold" : "ship";
    const Json before = gate::find(project, words->options.report);
    words->options.report = before["id"].get<std::string>();
    if (const auto known = gate::already(before, words->options); !known.empty()) {
      context.answer(before, [&] {
        fmt::print("{}\n", known);
        print_what_next(before);
      });
      return words->hold ? kNotDecided : 0;
    }
    if (const auto why = gate::refusal(before, words->options); !why.empty()) {
      return refuse(context, why);
    }
    if (!ask(context, before, words->options)) {
      fmt::print("nothing was decided\n");
      return kNotDecided;
    }
    const Json report = gate::approve(project, words->options);
    context.answer(report, [&] {
      fmt::print("{}: {} by {}\n", report["id"].get<std::string>(),
                 report["decision"]["decision"].get<std::string>(),
                 report["decision"]["author"].get<std::string>());
      print_weakness(report);
      print_what_next(report);
    });
    return words->hold ? kNotDecided : 0;
  };
}

}  // namespace

extern const Command command_gate;
const Command command_gate = {
    .name = "gate",
    .summary = "Compare champion and challenger: may the challenger ship?",
    .example = "spotter gate --challenger m2 --control m2-control --html report.html",
    .declare = declare_gate,
};
extern const Command command_gate_list;
const Command command_gate_list = {
    .name = "gate list",
    .summary = "List the gate reports",
    .example = "spotter gate list",
    .declare = declare_list,
};
extern const Command command_gate_show;
const Command command_gate_show = {
    .name = "gate show",
    .summary = "Show a gate report again",
    .example = "spotter gate show --html report.html",
    .declare = declare_show,
};
extern const Command command_approve;
const Command command_approve = {
    .name = "approve",
    .summary = "Decide about a gate report: ship, or hold",
    .example = "spotter approve --note \"rain is much better\"",
    .declare = declare_approve,
};

}  // namespace spotter::cli
