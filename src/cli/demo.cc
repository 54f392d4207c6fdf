#include "loop/demo/demo.h"

#include <memory>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "cli/command.h"
#include "cli/print.h"

namespace spotter::cli {
namespace {

constexpr int kNotShipped = 3;

std::string figure(const Json& row, const char* key) {
  const auto found = row.find(key);
  return found == row.end() || found->get<double>() < 0
             ? "–"
             : fmt::format("{:.3f}", found->get<double>());
}

void print_end(const Json& result) {
  std::vector<std::vector<std::string>> rows;
  for (const auto& s : result["slices"]) {
    rows.push_back({s["name"].get<std::string>(), s["truths"].dump(), figure(s, "before"),
                    figure(s, "control"), figure(s, "random"), figure(s, "after"),
                    !s.contains("low") ? "–"
                                       : fmt::format("{:+.3f} … {:+.3f}", s["low"].get<double>(),
                                                     s["high"].get<double>()),
                    !s.contains("credited")     ? ""
                    : s["credited"].get<bool>() ? "the data"
                                                : "not shown"});
  }
  fmt::print("\nAP50 by slice on the test drives; the interval is of after − before\n\n");
  print_table({"slice", "objects", "before", "control", "random", "after", "95 % interval",
               "gain credited to"},
              rows);
  const auto& total = result["ledger"]["total"];
  fmt::print("\nledger: {:.1f} minutes of people, {:.2f} hours of machines, {:.2f} {}\n",
             total["human_minutes"].get<double>(), total["machine_hours"].get<double>(),
             total["cost"].get<double>(), result["ledger"]["currency"].get<std::string>());
  fmt::print("gate: {}; deployed: {}\n", result["verdict"].get<std::string>(),
             result["deployed"].is_null() ? "nothing" : result["deployed"].get<std::string>());
  fmt::print("\nlook around: spotter serve --project {}   then http://127.0.0.1:8300\n",
             result["project"].get<std::string>());
}

std::function<int()> declare(CLI::App& app, Context& context) {
  auto options = std::make_shared<demo::DemoOptions>();
  options->folder = "spotter-demo";
  app.add_option("DIR", options->folder, "Folder of the demo (default: spotter-demo)");
  app.add_option("--seed", options->seed, "Another world, another start");
  app.add_flag("--fast", options->fast, "Small and quick: shows the way, not the figures");
  app.add_flag("--resume", options->resume, "Go on with an unfinished demo");
  return [options, &context] {
    options->narrate = [&context](std::string_view line) {
      if (!context.quiet) {
        fmt::print(stderr, "{}\n", line);
      }
    };
    const Json result = demo::run(*options);
    context.answer(result, [&] { print_end(result); });
    return result["improved"].get<bool>() ? 0 : kNotShipped;
  };
}

}  // namespace

extern const Command command_demo;
const Command command_demo = {
    .name = "demo",
    .summary = "Turn the whole loop once on a built-in world",
    .example = "spotter demo --fast",
    .declare = declare,
};

}  // namespace spotter::cli
