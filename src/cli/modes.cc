// `spotter modes`, `modes update|show|merge|split|set`: failure modes.
#include <memory>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "base/json.h"
#include "cli/command.h"
#include "cli/print.h"
#include "loop/triage/triage.h"
#include "project/project.h"

namespace spotter::cli {
namespace {

void print_modes(const Json& result) {
  std::vector<std::vector<std::string>> rows;
  for (const auto& mode : result["modes"]) {
    const auto& evidence = mode["evidence"];
    const double inside = evidence.value("share_inside", 0.0);
    const double outside = evidence.value("share_outside", 0.0);
    rows.push_back({mode["name"], mode["state"], mode["slice"],
                    fmt::format("{:.1f} %", 100 * mode["frequency"].get<double>()),
                    fmt::format("{:.0f} % / {:.0f} %", 100 * inside, 100 * outside),
                    mode["findings"].dump(),
                    fmt::format("{:.4f}", mode["rank_score"].get<double>())});
  }
  if (rows.empty()) {
    fmt::print(
        "no failure mode stands; `spotter check run` looks for them, and `spotter modes update "
        "--model NAME` if it was about another model than the champion\n");
    return;
  }
  print_table({"mode", "state", "where", "share", "fail in / out", "findings", "rank"}, rows);
}

std::function<int()> declare_modes(CLI::App& app, Context& context) {
  auto all = std::make_shared<bool>(false);
  app.add_flag("--all", *all, "Fixed and ignored ones too");
  return [all, &context] {
    auto project = open_project(context.project);
    const Json result = triage::modes(project, *all);
    context.answer(result, [&] { print_modes(result); });
    return 0;
  };
}

std::function<int()> declare_update(CLI::App& app, Context& context) {
  auto options = std::make_shared<triage::UpdateOptions>();
  app.add_option("--model", options->model,
                 "Model whose findings count (default: the champion, else the only model)");
  return [options, &context] {
    auto project = open_project(context.project);
    const Json result = triage::update(project, *options);
    context.answer(result, [&] {
      print_modes(result);
      fmt::print("from {}\n", counted(result["findings"].get<std::size_t>(), "finding"));
    });
    return 0;
  };
}

std::string kinds_text(const Json& evidence) {
  std::vector<std::string> kinds;
  const Json counts = evidence.value("kinds", Json::object());
  for (const auto& [kind, count] : counts.items()) {
    kinds.push_back(fmt::format("{} {}", count.get<std::size_t>(), kind));
  }
  return fmt::format("{}", fmt::join(kinds, ", "));
}

void print_models(const Json& models) {
  if (models.empty()) {
    return;
  }
  fmt::print("\n");
  std::vector<std::vector<std::string>> rows;
  const auto against = [](const Json& difference) {
    return difference.is_null()
               ? std::string()
               : fmt::format(
                     "{:+.0f} ({:+.0f} to {:+.0f})", 100 * difference["difference"].get<double>(),
                     100 * difference["low"].get<double>(), 100 * difference["high"].get<double>());
  };
  for (const auto& m : models) {
    rows.push_back({m["name"], m["version"],
                    fmt::format("{} of {} {}", m["failed"].get<std::size_t>(),
                                m["examined"].get<std::size_t>(), m["unit"].get<std::string>()),
                    m["rate"].is_null()
                        ? ""
                        : fmt::format("{:.0f} % ({:.0f} to {:.0f})", 100 * m["rate"].get<double>(),
                                      100 * m["low"].get<double>(), 100 * m["high"].get<double>()),
                    against(m["against_first"]), against(m["against_champion"])});
  }
  print_table({"model", "version", "fails on", "rate", "against first", "against champion"}, rows);
}

void print_mode(const Json& mode) {
  const auto& evidence = mode["evidence"];
  fmt::print("{} ({})\n", mode["title"].get<std::string>(), mode["name"].get<std::string>());
  fmt::print("state      {}\nwhere      {}\n", mode["state"].get<std::string>(),
             mode["slice"].get<std::string>());
  if (evidence.contains("examined")) {
    fmt::print("fails      {} of {} {} there ({:.0f} %), {:.0f} % elsewhere\n",
               evidence["affected"].get<std::size_t>(), evidence["examined"].get<std::size_t>(),
               evidence["unit"].get<std::string>(), 100 * evidence["share_inside"].get<double>(),
               100 * evidence["share_outside"].get<double>());
    fmt::print("findings   {}: {}\n", mode["findings"].get<std::size_t>(), kinds_text(evidence));
  }
  if (!mode["owner"].get<std::string>().empty()) {
    fmt::print("owner      {}\n", mode["owner"].get<std::string>());
  }
  fmt::print("samples    {} in it now\n", mode["samples"].get<std::size_t>());
  fmt::print("rank       weight {} × frequency {:.4f} × severity {:.4f} = {:.4f}\n\n",
             mode["weight"].get<double>(), mode["frequency"].get<double>(),
             mode["severity"].get<double>(), mode["rank_score"].get<double>());
  std::vector<std::vector<std::string>> rows;
  for (const auto& entry : mode["history"]) {
    rows.push_back({entry["at"], entry["state"], entry["author"], entry["note"]});
  }
  print_table({"at", "state", "by", "note"}, rows);
  print_models(mode["models"]);
  if (!mode["examples"].empty()) {
    fmt::print("\n");
    rows.clear();
    for (const auto& finding : mode["examples"]) {
      rows.push_back({finding["id"], finding["sample"], finding["check"],
                      fmt::format("{:.2f}", finding["score"].get<double>())});
    }
    print_table({"finding", "sample", "check", "score"}, rows);
  }
}

std::function<int()> declare_show(CLI::App& app, Context& context) {
  auto name = std::make_shared<std::string>();
  auto limit = std::make_shared<std::size_t>(10);
  app.add_option("MODE", *name, "Name, title or id")->required();
  app.add_option("--limit", *limit, "Example findings");
  return [name, limit, &context] {
    auto project = open_project(context.project);
    const Json result = triage::show_mode(project, *name, *limit);
    context.answer(result, [&] { print_mode(result); });
    return 0;
  };
}

std::function<int()> declare_merge(CLI::App& app, Context& context) {
  auto names = std::make_shared<std::pair<std::string, std::string>>();
  app.add_option("MODE", names->first, "The mode that stays")->required();
  app.add_option("OTHER", names->second, "The mode that is laid into it")->required();
  return [names, &context] {
    auto project = open_project(context.project);
    const Json result = triage::merge_modes(project, names->first, names->second);
    context.answer(result, [&] {
      fmt::print("\"{}\" has {} now\n", result["name"].get<std::string>(),
                 counted(result["findings"].get<std::size_t>(), "finding"));
    });
    return 0;
  };
}

std::function<int()> declare_split(CLI::App& app, Context& context) {
  auto options = std::make_shared<triage::SplitOptions>();
  app.add_option("MODE", options->mode, "Name, title or id")->required();
  app.add_option("--where", options->where, "Filter: the samples that become a mode of their own")
      ->required();
  app.add_option("--title", options->title, "Words for people");
  return [options, &context] {
    auto project = open_project(context.project);
    const Json result = triage::split_mode(project, *options);
    context.answer(result, [&] {
      for (const auto* side : {"part", "mode"}) {
        fmt::print("\"{}\" has {} where {}\n", result[side]["name"].get<std::string>(),
                   counted(result[side]["findings"].get<std::size_t>(), "finding"),
                   result[side]["slice"].get<std::string>());
      }
    });
    return 0;
  };
}

std::function<int()> declare_set(CLI::App& app, Context& context) {
  auto options = std::make_shared<triage::SetOptions>();
  app.add_option("MODE", options->mode, "Name, title or id")->required();
  app.add_option("--state", options->state,
                 "open, collecting, labelling, training, fixed, regressed, ignored");
  app.add_option("--title", options->title, "Words for people");
  app.add_option("--weight", options->weight, "Business weight")->check(CLI::Range(0.0, 1e6));
  auto owner = std::make_shared<std::string>();
  auto* given = app.add_option("--owner", *owner, "Who looks after it; empty = nobody");
  app.add_option("--note", options->note, "Why, or what you know; goes into its history");
  return [options, owner, given, &context] {
    if (given->count() > 0) {
      options->owner = *owner;
    }
    auto project = open_project(context.project);
    const Json result = triage::set_mode(project, *options);
    context.answer(result, [&] {
      const auto who = result["owner"].get<std::string>();
      fmt::print("\"{}\" is {}, weight {}{}\n", result["title"].get<std::string>(),
                 result["state"].get<std::string>(), result["weight"].get<double>(),
                 who.empty() ? "" : ", owner " + who);
    });
    return 0;
  };
}

}  // namespace

extern const Command command_modes;
const Command command_modes = {.name = "modes",
                               .summary = "List failure modes by weight × frequency × severity",
                               .example = "spotter modes",
                               .declare = declare_modes};
extern const Command command_modes_update;
const Command command_modes_update = {.name = "modes update",
                                      .summary = "Group what the checks found into failure modes",
                                      .example = "spotter modes update",
                                      .declare = declare_update};
extern const Command command_modes_show;
const Command command_modes_show = {.name = "modes show",
                                    .summary = "Show a failure mode, its history and examples",
                                    .example = "spotter modes show missed-cones-in-rain",
                                    .declare = declare_show};
extern const Command command_modes_merge;
const Command command_modes_merge = {
    .name = "modes merge",
    .summary = "Lay one failure mode into another",
    .example = "spotter modes merge missed-cones-in-rain unfamiliar-pictures-in-fog",
    .declare = declare_merge};
extern const Command command_modes_split;
const Command command_modes_split = {
    .name = "modes split",
    .summary = "Take some samples out of a failure mode as a mode of their own",
    .example = "spotter modes split missed-cones-in-rain --where \"night = true\"",
    .declare = declare_split};
extern const Command command_modes_set;
const Command command_modes_set = {
    .name = "modes set",
    .summary = "Change a failure mode's state, title, business weight, owner or notes",
    .example = "spotter modes set missed-cones-in-rain --weight 5",
    .declare = declare_set};

}  // namespace spotter::cli
