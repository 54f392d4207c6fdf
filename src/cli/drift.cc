#include <memory>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "base/json.h"
#include "cli/command.h"
#include "cli/print.h"
#include "loop/monitor/compare_files.h"

namespace spotter::cli {
namespace {

void print_report(const Json& report) {
  std::vector<std::vector<std::string>> rows;
  std::vector<std::string> skipped;
  const auto number = [](const Json& row, const char* key) {
    return fmt::format("{:.4g}", row[key].get<double>());
  };
  for (const auto& row : report["columns"]) {
    auto name = row["column"].get<std::string>();
    name += row["of"] == "missing" ? " (missing)" : "";
    if (row.contains("reason")) {
      skipped.push_back(fmt::format("{}: {} ({})", name, row["state"].get<std::string>(),
                                    row["reason"].get<std::string>()));
      continue;
    }
    rows.push_back({name, row["test"].get<std::string>(), number(row, "statistic"),
                    number(row, "adjusted_p"), number(row, "effect"),
                    number(row, "minimum_detectable_effect"), row["state"].get<std::string>()});
  }
  if (!rows.empty()) {
    print_table({"column", "test", "statistic", "adjusted p", "effect", "detectable", ""}, rows);
  }
  for (const auto& line : skipped) {
    fmt::print("{}\n", line);
  }
  for (const char* side : {"only_reference", "only_current"}) {
    for (const auto& name : report[side]) {
      fmt::print("{}: only in the {} file\n", name.get<std::string>(), side + 5);
    }
  }
  fmt::print("{}: {} of {} drifted\n", report["verdict"].get<std::string>(),
             report["drifted"].get<std::size_t>(),
             counted(report["tested"].get<std::size_t>(), "test"));
}

std::function<int()> declare(CLI::App& app, Context& context) {
  auto options = std::make_shared<monitor::CompareFilesOptions>();
  app.add_option("--reference", options->reference, "Table to compare with: Parquet, CSV or .npy")
      ->required();
  app.add_option("--current", options->current, "Table that may have drifted")->required();
  app.add_option("--columns", options->columns, "Compare only these")->delimiter(',');
  app.add_option("--except", options->except, "Leave these out")->delimiter(',');
  auto* group = app.add_option(
      "--group", options->group,
      "Column of scenes, drives or days: whole groups are exchanged, for rows of one "
      "group are alike");
  app.add_option("--level", options->level, "Accepted share of false discoveries")
      ->check(CLI::Range(0.0, 1.0));
  app.add_option("--effect-floor", options->effect_floor,
                 "Smaller effects are no drift, however sure (0 … 1)")
      ->check(CLI::Range(0.0, 1.0));
  app.add_option("--permutations", options->permutations, "With --group: exchanges to get p")
      ->check(CLI::Range(100, 100000))
      ->needs(group);
  auto strict = std::make_shared<bool>(false);
  app.add_flag("--fail-on-drift", *strict,
               "Exit with 3 unless the answer is \"no drift\", for scripts");
  return [options, strict, &context] {
    constexpr int kRefused = 3;
    const auto report = monitor::compare_files(*options);
    context.answer(report, [&] { print_report(report); });
    return *strict && report["verdict"] != "no drift" ? kRefused : 0;
  };
}

}  // namespace

extern const Command command_drift;
const Command command_drift = {
    .name = "drift",
    .summary = "Say which columns of two tables differ, with honest nulls; needs no project",
    .example = "spotter drift --reference january.parquet --current march.parquet --group scene",
    .declare = declare,
};

}  // namespace spotter::cli
