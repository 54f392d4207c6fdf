#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "base/error.h"
#include "base/random.h"
#include "loop/checks/checks.h"
#include "loop/curate/curate.h"
#include "loop/cycle/steps.h"
#include "loop/ingest/ingest.h"
#include "loop/label/label.h"
#include "loop/triage/triage.h"
#include "project/filter.h"

namespace spotter::cycle {
namespace {

constexpr std::size_t kModesMax = 5;
constexpr std::size_t kRejectsKept = 20;

bool always(const StepContext&, const Json&) {
  return true;
}

std::string cycle_name(const StepContext& context) {
  return fmt::format("cycle-{}", context.cycle.number);
}

template <typename T>
T label_option(const Project& project, const std::string& key, T fallback) {
  const Json label = json_get_or(project.config.raw, "label", Json(Json::object()));
  return json_get_or<T>(label, key, std::move(fallback));
}

Json ingest_inputs(const StepContext& context) {
  return {{"sources", context.project.config.sources}};
}

ingest::ImportOptions import_options(const Project& project, const Json& source) {
  const std::string origin = "spotter.yaml, sources";
  const auto path = [&](const char* key) {
    const std::filesystem::path given = json_get_or<std::string>(source, key, "");
    return given.empty() || given.is_absolute() ? given : project.root / given;
  };
  ingest::ImportOptions options{.format = json_get<std::string>(source, "format", origin),
                                .path = path("path"),
                                .model = json_get_or<std::string>(source, "model", "")};
  options.layer = json_get_or<std::string>(source, "layer", options.layer);
  options.read.images = path("images");
  const auto as = json_get_or<std::string>(source, "as", "labels");
  if (as != "labels" && as != "predictions") {
    fail(ErrorCode::kInvalid,
         fmt::format("a source is read as labels or predictions, not \"{}\": {}", as, origin));
  }
  options.read.content =
      as == "labels" ? formats::Content::kLabels : formats::Content::kPredictions;
  return options;
}

StepResult run_ingest(const StepContext& context) {
  auto& project = context.project;
  const auto& sources = project.config.sources;
  if (sources.empty()) {
    return skipped("no sources are configured; what was imported by hand counts",
                   {{"data", data_key(project)}});
  }
  Json imports = Json::array();
  for (std::size_t i = 0; i < sources.size(); ++i) {
    const auto share = [&, i](double fraction, std::string_view message) {
      context.progress((static_cast<double>(i) + fraction) / static_cast<double>(sources.size()),
                       message);
    };
    Json report =
        ingest::to_json(ingest::import(project, import_options(project, sources[i]), share));
    report["path"] = json_get_or<std::string>(sources[i], "path", "");
    // The journal keeps the count and the first few; `spotter import --dry-run` lists them all.
    report["reject_count"] = report["rejects"].size();
    while (report["rejects"].size() > kRejectsKept) {
      report["rejects"].erase(report["rejects"].size() - 1);
    }
    imports.push_back(std::move(report));
  }
  return {.outputs = {{"imports", imports}, {"data", data_key(project)}}};
}

Json checks_inputs(const StepContext& context) {
  return {{"data", context.output<std::string>("ingest", "data", "")},
          {"champion", champion_of(context)},
          {"checks", context.project.config.raw.value("checks", Json::array())}};
}

StepResult run_checks(const StepContext& context) {
  if (champion_of(context).empty()) {
    return skipped("there is no model yet whose output could be checked");
  }
  return {.outputs = checks::run(context.project, {.model = champion_of(context),
                                                   .cycle = context.cycle.id,
                                                   .progress = context.progress})};
}

Json triage_inputs(const StepContext& context) {
  Json runs = Json::array();
  for (const auto& run : context.output("checks", "runs", Json(Json::array()))) {
    runs.push_back(run.value("run", ""));
  }
  return {{"data", context.output<std::string>("ingest", "data", "")},
          {"champion", champion_of(context)},
          {"check_runs", runs}};
}

StepResult run_triage(const StepContext& context) {
  if (champion_of(context).empty()) {
    return skipped("there is no model yet that could have failed");
  }
  const Json update =
      triage::update(context.project, {.model = champion_of(context), .cycle = context.cycle.id});
  const auto share = [](const Json& mode) {
    return curate::budget_share(mode["slice"].get<std::string>(), mode["rank_score"].get<double>());
  };
  std::vector<Json> modes = update["modes"];
  std::stable_sort(modes.begin(), modes.end(),
                   [&](const Json& a, const Json& b) { return share(a) > share(b); });
  Json open = Json::array();
  for (std::size_t i = 0; i < std::min(kModesMax, modes.size()); ++i) {
    open.push_back(
        {{"id", modes[i]["id"]}, {"title", modes[i]["title"]}, {"state", modes[i]["state"]}});
  }
  return {.outputs = {{"findings", update["findings"]}, {"modes", open}}};
}

Json curate_inputs(const StepContext& context) {
  const auto& config = context.project.config;
  return {{"data", context.output<std::string>("ingest", "data", "")},
          {"modes", context.output("triage", "modes", Json(Json::array()))},
          {"budget", config.campaign_budget},
          {"where", config.label_where},
          {"random_control", config.train.random_control}};
}

// As many unlabelled samples as were curated, drawn without looking: what the random arm learns
// from.
std::vector<std::string> random_keys(const StepContext& context,
                                     const std::set<std::string>& curated) {
  auto& project = context.project;
  const auto filter =
      Filter::parse(fmt::format("({}) AND labelled = false", project.config.label_where));
  auto keys = query_keys(project, filter);
  std::erase_if(keys, [&](const std::string& key) { return curated.contains(key); });
  Rng(static_cast<std::uint64_t>(context.cycle.number), "random arm").shuffle(std::span(keys));
  keys.resize(std::min(keys.size(), curated.size()));
  std::sort(keys.begin(), keys.end());
  return keys;
}

StepResult run_curate(const StepContext& context) {
  auto& project = context.project;
  if (champion_of(context).empty()) {
    return skipped("there is no model yet: what is labelled already is what it learns from");
  }
  if (project.config.task == "trajectory") {
    return skipped("what happened next labels tracks: ingest brings it, and nobody is asked");
  }
  std::vector<std::string> modes;
  for (const auto& mode : context.output("triage", "modes", Json(Json::array()))) {
    modes.push_back(mode["id"].get<std::string>());
  }
  const bool flags = !project.catalog->query("SELECT id FROM flags LIMIT 1").empty();
  if (modes.empty() && !flags) {
    return skipped("no failure mode stands and nothing was flagged");
  }
  const Json campaign = curate::create_campaign(project, {.name = cycle_name(context),
                                                          .modes = modes,
                                                          .where = project.config.label_where,
                                                          .flags = flags,
                                                          .cycle = context.cycle.id});
  const Json collected =
      curate::run_campaign(project, {.campaign = campaign["id"].get<std::string>(),
                                     .cycle = context.cycle.id,
                                     .progress = context.progress});
  std::set<std::string> curated;
  for (const auto& item : collected["items"]) {
    curated.insert(item["sample"].get<std::string>());
  }
  if (curated.empty()) {
    return skipped("no unlabelled sample fits the failure modes");
  }
  Json outputs = {{"campaign", campaign["id"]},
                  {"picked", curated.size()},
                  {"curated_keys", curated},
                  {"random_keys", Json::array()}};
  // Only who gets labels for nothing can afford the random arm: the demo's simulated team.
  if (project.config.train.random_control && project.config.label_team == "simulated") {
    outputs["random_keys"] = random_keys(context, curated);
  }
  return {.outputs = std::move(outputs)};
}

Json label_inputs(const StepContext& context) {
  return {{"campaign", context.output<std::string>("curate", "campaign", "")},
          {"curated_keys", context.output("curate", "curated_keys", Json(Json::array()))},
          {"random_keys", context.output("curate", "random_keys", Json(Json::array()))},
          {"team", context.project.config.label_team}};
}

// Lets the simulated team do a batch; a demonstration's only labellers.
void simulate(const StepContext& context, const std::string& batch) {
  auto& project = context.project;
  std::filesystem::path truth = label_option<std::string>(project, "truth", "");
  if (truth.empty()) {
    fail(ErrorCode::kInvalid,
         "label.team is \"simulated\", but label.truth does not name the file of truth");
  }
  truth = truth.is_absolute() ? truth : project.root / truth;
  const Json report =
      label::simulated_team(project, {.batch = batch,
                                      .truth_file = truth,
                                      .error_rate = label_option(project, "error_rate", 0.03),
                                      .seed = static_cast<std::uint64_t>(context.cycle.number)});
  if (!report["missing"].empty()) {
    fail(ErrorCode::kInvalid,
         fmt::format("the simulated team knows no truth for {} of the samples, such as \"{}\": {}",
                     report["missing"].size(), report["missing"][0].get<std::string>(),
                     truth.string()));
  }
}

StepResult run_label(const StepContext& context) {
  auto& project = context.project;
  const auto campaign = context.output<std::string>("curate", "campaign", "");
  if (campaign.empty()) {
    return skipped("nothing was collected that needs labels",
                   {{"data", context.output<std::string>("ingest", "data", "")}});
  }
  const Json batch = label::create_batch(
      project, {.name = cycle_name(context), .campaign = campaign, .cycle = context.cycle.id});
  if (project.config.label_team == "simulated") {
    simulate(context, batch["id"].get<std::string>());
    const auto keys = context.output("curate", "random_keys", std::vector<std::string>{});
    if (!keys.empty()) {
      const Json random = label::create_batch(
          project,
          {.name = cycle_name(context) + "-random", .keys = keys, .cycle = context.cycle.id});
      simulate(context, random["id"].get<std::string>());
    }
  }
  const Json status = label::batch_status(project, batch["id"].get<std::string>());
  const auto open = status["tasks"]["open"].get<int>();
  if (open > 0) {
    return {.state = StepState::kWaiting,
            .reason = fmt::format(
                "batch \"{0}\" has {1} open tasks: `spotter batch export {0} --out FOLDER`, label "
                "them, `spotter batch import {0} FILE`",
                cycle_name(context), open)};
  }
  return {
      .outputs = {{"batch", batch["id"]}, {"tasks", status["tasks"]}, {"data", data_key(project)}}};
}

}  // namespace

std::vector<Step> collecting_steps() {
  return {
      {.name = "ingest", .inputs = ingest_inputs, .run = run_ingest},
      {.name = "checks",
       .needs = {"ingest"},
       .inputs = checks_inputs,
       .run = run_checks,
       .still_there = always},
      {.name = "triage",
       .needs = {"ingest", "checks"},
       .inputs = triage_inputs,
       .run = run_triage,
       .still_there = always},
      {.name = "curate", .needs = {"ingest", "triage"}, .inputs = curate_inputs, .run = run_curate},
      {.name = "label", .needs = {"ingest", "curate"}, .inputs = label_inputs, .run = run_label}};
}

}  // namespace spotter::cycle
