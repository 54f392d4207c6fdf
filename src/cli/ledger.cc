#include "project/ledger.h"

#include <memory>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "base/json.h"
#include "cli/command.h"
#include "cli/print.h"

namespace spotter::cli {
namespace {

std::vector<std::string> cells(const std::string& head, const Json& sums) {
  return {head, fmt::format("{:.1f}", sums["human_minutes"].get<double>()),
          fmt::format("{:.3f}", sums["machine_hours"].get<double>()),
          fmt::format("{:.2f}", sums["cost"].get<double>())};
}

std::function<int()> declare(CLI::App& app, Context& context) {
  auto cycle = std::make_shared<std::string>();
  auto all = std::make_shared<bool>(false);
  app.add_option("--cycle", *cycle, "Only this cycle");
  app.add_flag("--all", *all, "Also the steps that cost nothing");
  return [cycle, all, &context] {
    auto project = open_project(context.project);
    const Json ledger = ledger_summary(project, *cycle);
    context.answer(ledger, [&] {
      std::vector<std::vector<std::string>> rows;
      for (const auto& each : ledger["cycles"]) {
        const auto id = each["cycle"].get<std::string>();
        rows.push_back(cells(
            id.empty() ? "outside cycles" : fmt::format("cycle {}", each["number"].get<int>()),
            each));
        for (const auto& step : each["steps"]) {
          auto row = cells("  " + step["step"].get<std::string>(), step);
          if (*all || row[1] != "0.0" || row[2] != "0.000" || row[3] != "0.00") {
            rows.push_back(std::move(row));
          }
        }
      }
      rows.push_back(cells("total", ledger["total"]));
      print_table(
          {"cycle", "people, minutes", "machines, hours", ledger["currency"].get<std::string>()},
          rows);
    });
    return 0;
  };
}

}  // namespace

extern const Command command_ledger;
const Command command_ledger = {
    .name = "ledger",
    .summary = "Show what each cycle cost in minutes of people, hours of machines and money",
    .example = "spotter ledger",
    .declare = declare,
};

}  // namespace spotter::cli
