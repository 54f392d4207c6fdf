// `spotter slices find|list|add|remove`: where a model fails, and the slices that the team watches.
#include "loop/triage/slices.h"

#include <memory>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "base/json.h"
#include "cli/command.h"
#include "cli/print.h"
#include "project/project.h"

namespace spotter::cli {
namespace {

std::string percent(const Json& share) {
  return fmt::format("{:.0f} %", 100 * share.get<double>());
}

void print_found(const Json& result) {
  fmt::print("model \"{}\" on {}: {} in {}\n", result["model"].get<std::string>(),
             result["version"].get<std::string>(),
             counted(result["samples"].get<std::size_t>(), "sample"),
             counted(result["scenes"].get<std::size_t>(), "scene"));
  for (const auto& search : result["searches"]) {
    fmt::print("{} of {} fail; {} tried\n", search["failing"].dump(),
               counted(search["rows"].get<std::size_t>(), search["kind"].get<std::string>()),
               counted(search["conditions"].get<std::size_t>(), "condition"));
  }
  if (result["slices"].empty()) {
    fmt::print("no slice fails more than the rest in both halves of the scenes\n");
    return;
  }
  std::vector<std::vector<std::string>> rows;
  for (const auto& s : result["slices"]) {
    rows.push_back(
        {s["title"].get<std::string>(), s["failing"].dump() + " of " + s["rows"].dump(),
         s["scenes"].dump(), percent(s["rate_inside"]) + " / " + percent(s["rate_outside"]),
         fmt::format("{:.1g}", s["p_replicated"].get<double>()), s["watched"].get<std::string>()});
  }
  fmt::print("\n");
  print_table({"slice", "fail", "scenes", "inside / outside", "p again", "watched as"}, rows);
  fmt::print("\n");
  for (const auto& s : result["slices"]) {
    fmt::print("{}\n  {}\n", s["name"].get<std::string>(), s["where"].get<std::string>());
  }
  fmt::print("watch one with: spotter slices add NAME --where FILTER\n");
}

std::function<int()> declare_find(CLI::App& app, Context& context) {
  auto options = std::make_shared<triage::SlicesOptions>();
  app.add_option("--model", options->model, "Id, name or alias (default: champion)");
  app.add_option("--version", options->version, "Dataset version (default: the newest)");
  app.add_option("--split", options->split, "train, val or test (default: val and test)");
  app.add_option("--class", options->class_name, "Look at this class only");
  app.add_option("--score", options->score_min, "Detections from this score on")
      ->check(CLI::Range(0.0, 1.0));
  return [options, &context] {
    auto project = open_project(context.project);
    const Json result =
        triage::find_slices(project, *options, progress_printer(context, "predicting"));
    context.answer(result, [&] { print_found(result); });
    return 0;
  };
}

void print_watched(const Json& result) {
  std::vector<std::vector<std::string>> rows;
  for (const auto& s : result["slices"]) {
    rows.push_back({s["name"].get<std::string>(), s["where"].get<std::string>(),
                    s["class"].get<std::string>(), fmt::format("{}", s["weight"].get<double>()),
                    s["must"].get<std::string>(), s["blocking"].get<bool>() ? "yes" : "no",
                    s["source"].get<std::string>()});
  }
  print_table({"slice", "where", "class", "weight", "must", "blocking", "from"}, rows);
}

std::function<int()> declare_list(CLI::App&, Context& context) {
  return [&context] {
    auto project = open_project(context.project);
    const Json result = triage::watched(project);
    context.answer(result, [&] { print_watched(result); });
    return 0;
  };
}

std::function<int()> declare_add(CLI::App& app, Context& context) {
  auto options = std::make_shared<triage::WatchOptions>();
  auto report = std::make_shared<bool>(false);
  app.add_option("NAME", options->name, "Lower-case letters, digits and hyphens")->required();
  app.add_option("--where", options->where, "Filter over samples and label.*")->required();
  app.add_option("--class", options->class_name, "Score only this class");
  app.add_option("--weight", options->weight, "Business weight")->check(CLI::Range(0.0, 1e6));
  app.add_option("--must", options->must, "What a challenger must do here")
      ->check(CLI::IsMember({"win", "not_lose", "report"}));
  app.add_flag("--report-only", *report, "A loss here does not stop a deployment");
  return [options, report, &context] {
    auto project = open_project(context.project);
    options->blocking = !*report;
    const Json result = triage::watch_slice(project, *options);
    context.answer(result, [&] { print_watched(result); });
    return 0;
  };
}

std::function<int()> declare_remove(CLI::App& app, Context& context) {
  auto name = std::make_shared<std::string>();
  app.add_option("NAME", *name, "A slice that was added by command")->required();
  return [name, &context] {
    auto project = open_project(context.project);
    const Json result = triage::unwatch_slice(project, *name);
    context.answer(result, [&] { print_watched(result); });
    return 0;
  };
}

}  // namespace

extern const Command command_slices_find;
const Command command_slices_find = {
    .name = "slices find",
    .summary = "Find the conditions under which a model fails, confirmed in scenes held out",
    .example = "spotter slices find --model champion --class cone",
    .declare = declare_find};
extern const Command command_slices_list;
const Command command_slices_list = {.name = "slices list",
                                     .summary = "List the slices that evaluations and gates count",
                                     .example = "spotter slices list",
                                     .declare = declare_list};
extern const Command command_slices_add;
const Command command_slices_add = {
    .name = "slices add",
    .summary = "Watch a slice from now on",
    .example = "spotter slices add small-at-night --where \"night = true AND label.area < 400\"",
    .declare = declare_add};
extern const Command command_slices_remove;
const Command command_slices_remove = {.name = "slices remove",
                                       .summary = "No longer watch a slice that was added",
                                       .example = "spotter slices remove small-at-night",
                                       .declare = declare_remove};

}  // namespace spotter::cli
