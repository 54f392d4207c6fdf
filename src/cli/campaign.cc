// `spotter campaign create|run|list|show`.
#include <algorithm>
#include <memory>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "base/json.h"
#include "cli/command.h"
#include "cli/print.h"
#include "loop/curate/curate.h"
#include "project/project.h"

namespace spotter::cli {
namespace {

std::function<int()> declare_create(CLI::App& app, Context& context) {
  auto options = std::make_shared<curate::CreateOptions>();
  app.add_option("NAME", options->name, "Name of the campaign")->required();
  app.add_option("--mode", options->modes,
                 "More of this failure mode (may be repeated: the budget is shared)");
  app.add_option("--where", options->where, "Only samples that satisfy this filter");
  app.add_flag("--flags", options->flags, "More like what people flagged");
  app.add_option("--like", options->like, "More like these samples (keys)");
  app.add_option("--budget", options->budget, "At most so many samples (default: campaign_budget)")
      ->check(CLI::Range(1, 1'000'000));
  return [options, &context] {
    auto project = open_project(context.project);
    const Json result = curate::create_campaign(project, *options);
    context.answer(result, [&] {
      fmt::print("Campaign \"{}\" is {}, budget {}\n", result["name"].get<std::string>(),
                 result["state"].get<std::string>(), result["budget"].get<int>());
    });
    return 0;
  };
}

void print_campaign(const Json& result) {
  fmt::print("Campaign \"{}\" is {}: {} of {} in {}\n", result["name"].get<std::string>(),
             result["state"].get<std::string>(), result["picked"].get<std::size_t>(),
             counted(static_cast<std::size_t>(result["budget"].get<int>()), "sample"),
             counted(result.value("scenes", std::size_t{0}), "scene"));
  if (!result.contains("parts")) {
    fmt::print("`spotter campaign run {}` collects\n", result["name"].get<std::string>());
    return;
  }
  std::vector<std::vector<std::string>> rows;
  for (const auto& part : result["parts"]) {
    rows.push_back({part["title"], part["picked"].dump(), part["where"]});
  }
  print_table({"for", "picked", "where"}, rows);
  std::vector<std::string> left_out;
  for (const auto& [reason, count] : result["left_out"].items()) {
    std::string words = reason;
    std::replace(words.begin(), words.end(), '_', ' ');
    left_out.push_back(fmt::format("{} {}", count.get<std::size_t>(), words));
  }
  fmt::print("from {}; left out: {}\n",
             counted(result["candidates"].get<std::size_t>(), "candidate"),
             fmt::join(left_out, ", "));
}

std::function<int()> declare_run(CLI::App& app, Context& context) {
  auto options = std::make_shared<curate::RunCampaignOptions>();
  app.add_option("NAME", options->campaign, "Name or id of the campaign")->required();
  app.add_option("--budget", options->budget, "Another budget")->check(CLI::Range(1, 1'000'000));
  return [options, &context] {
    auto project = open_project(context.project);
    options->progress = progress_printer(context, "predicting");
    const Json result = curate::run_campaign(project, *options);
    context.answer(result, [&] { print_campaign(result); });
    return 0;
  };
}

std::function<int()> declare_list(CLI::App&, Context& context) {
  return [&context] {
    auto project = open_project(context.project);
    const Json result = curate::campaigns(project);
    context.answer(result, [&] {
      std::vector<std::vector<std::string>> rows;
      for (const auto& c : result["campaigns"]) {
        rows.push_back({c["name"], c["state"], c["picked"].dump(), c["budget"].dump()});
      }
      if (rows.empty()) {
        fmt::print("no campaigns; `spotter campaign create NAME --mode MODE` starts one\n");
      } else {
        print_table({"campaign", "state", "picked", "budget"}, rows);
      }
    });
    return 0;
  };
}

std::function<int()> declare_show(CLI::App& app, Context& context) {
  auto name = std::make_shared<std::string>();
  auto limit = std::make_shared<std::size_t>(20);
  app.add_option("NAME", *name, "Name or id of the campaign")->required();
  app.add_option("--limit", *limit, "Samples to print");
  return [name, limit, &context] {
    auto project = open_project(context.project);
    const Json result = curate::show_campaign(project, *name);
    context.answer(result, [&] {
      print_campaign(result);
      std::vector<std::vector<std::string>> rows;
      for (const auto& item : result["items"]) {
        if (rows.size() < *limit) {
          rows.push_back(
              {item["sample"], fmt::format("{:.2f}", item["score"].get<double>()), item["reason"]});
        }
      }
      if (!rows.empty()) {
        fmt::print("\n");
        print_table({"sample", "score", "reason"}, rows);
      }
    });
    return 0;
  };
}

}  // namespace

extern const Command command_campaign_create;
const Command command_campaign_create = {
    .name = "campaign create",
    .summary = "Start collecting more of a failure mode, of what was flagged, or like examples",
    .example = "spotter campaign create rain --mode missed-cones-in-rain --budget 200",
    .declare = declare_create};
extern const Command command_campaign_run;
const Command command_campaign_run = {
    .name = "campaign run",
    .summary = "Pick the samples of a campaign from what is not labelled",
    .example = "spotter campaign run rain",
    .declare = declare_run};
extern const Command command_campaign_list;
const Command command_campaign_list = {.name = "campaign list",
                                       .summary = "List campaigns",
                                       .example = "spotter campaign list",
                                       .declare = declare_list};
extern const Command command_campaign_show;
const Command command_campaign_show = {
    .name = "campaign show",
    .summary = "Show what a campaign picked, and why each sample",
    .example = "spotter campaign show rain",
    .declare = declare_show};

}  // namespace spotter::cli
