#include <algorithm>

#include <fmt/format.h>

#include "base/hash.h"
#include "loop/cycle/steps.h"
#include "loop/evaluate/evaluate.h"
#include "loop/train/train.h"
#include "loop/version/version.h"
#include "trainer/trainer.h"

namespace spotter::cycle {
namespace {

bool in_catalog(Project& project, std::string_view table, const std::string& id) {
  return !project.catalog->query(fmt::format("SELECT id FROM {} WHERE id = $1", table), {id})
              .empty();
}

Json version_inputs(const StepContext& context) {
  const auto& config = context.project.config;
  return {{"data", context.output<std::string>("ingest", "data", "")},
          {"labelled", context.output<std::string>("label", "data", "")},
          {"test_share", config.test_share},
          {"val_share", config.val_share}};
}

// The slices that evaluation and gate look at, also those that failure modes left, as they are now.
// Later steps may add one, so the cycle keeps to what it found here.
std::string slices_key(Project& project) {
  Json slices = Json::array();
  for (const auto& row : project.catalog->query("SELECT name, definition, weight, blocking, must "
                                                "FROM slices WHERE archived = 0 ORDER BY name")) {
    slices.push_back({row.text(0), row.text(1), row.real(2), row.integer(3), row.text(4)});
  }
  return sha256_hex(slices.dump()).substr(0, 16);
}

StepResult run_version(const StepContext& context) {
  const auto picked = context.output<std::int64_t>("curate", "picked", 0);
  const std::string message =
      picked > 0 ? fmt::format("cycle {}: {} curated samples", context.cycle.number, picked)
                 : fmt::format("cycle {}", context.cycle.number);
  const auto version =
      version::commit(context.project, {.message = message, .cycle = context.cycle.id});
  return {.outputs = {{"version", version.id},
                      {"parent", version.parent},
                      {"created", version.created},
                      {"slices", slices_key(context.project)},
                      {"counts", version.counts}}};
}

Json train_inputs(const StepContext& context) {
  const auto& train = context.project.config.train;
  return {{"version", context.output<std::string>("version", "version", "")},
          {"champion", champion_of(context)},
          {"parameters", train.parameters},
          {"warm_parameters", train.warm_parameters},
          {"warm_start", train.warm_start},
          {"new_weight", train.new_weight},
          {"command", train.command},
          {"control", train.control},
          {"random_control", train.random_control},
          {"random_keys", context.output("curate", "random_keys", Json(Json::array()))}};
}

// Whether the champion learnt from this very version with these very settings: then there is
// nothing to gain.
bool nothing_new(const StepContext& context, const std::string& version) {
  const auto champion = champion_of(context);
  if (champion.empty()) {
    return false;
  }
  auto& project = context.project;
  const auto model = trainer::find_model(project, champion);
  const auto rows =
      project.catalog->query("SELECT parameters FROM runs WHERE id = $1", {model.run});
  if (model.dataset_version != version || rows.empty()) {
    return false;
  }
  Json now = project.config.train.parameters;
  if (!model.parent.empty() && !project.config.train.warm_parameters.is_null()) {
    now.update(project.config.train.warm_parameters);
  }
  return parse_json(rows.front().text(0), "the run's parameters") == now;
}

StepResult run_train(const StepContext& context) {
  const auto version = context.output<std::string>("version", "version", "");
  if (nothing_new(context, version)) {
    return skipped(fmt::format(
        "the champion was trained on version {} with the same settings: there is nothing new",
        version));
  }
  const auto keys = [&](const char* name) {
    return context.output("curate", name, std::vector<std::string>{});
  };
  return {.outputs = train::train_arms(context.project,
                                       {.version = version,
                                        .champion = champion_of(context),
                                        .cycle = context.cycle.id,
                                        .random_keys = keys("random_keys"),
                                        .curated_keys = keys("curated_keys")},
                                       context.progress)};
}

std::vector<std::string> models_of(const StepContext& context) {
  std::vector<std::string> models;
  for (const auto& model :
       {champion_of(context), context.output<std::string>("train", "challenger", ""),
        context.output<std::string>("train", "control", ""),
        context.output<std::string>("train", "random", "")}) {
    if (!model.empty() && std::find(models.begin(), models.end(), model) == models.end()) {
      models.push_back(model);
    }
  }
  return models;
}

Json evaluate_inputs(const StepContext& context) {
  return {{"version", context.output<std::string>("version", "version", "")},
          {"models", models_of(context)},
          {"slices", context.output<std::string>("version", "slices", "")}};
}

StepResult run_evaluate(const StepContext& context) {
  if (context.output<std::string>("train", "challenger", "").empty()) {
    return skipped("no new model was trained");
  }
  const auto version = context.output<std::string>("version", "version", "");
  const auto models = models_of(context);
  Json evaluations = Json::object();
  for (std::size_t i = 0; i < models.size(); ++i) {
    const auto share = [&, i](double fraction, std::string_view message) {
      context.progress((static_cast<double>(i) + fraction) / static_cast<double>(models.size()),
                       message);
    };
    evaluations[models[i]] = evaluate::evaluate(
        context.project, {.model = models[i], .version = version, .cycle = context.cycle.id},
        share)["id"];
  }
  return {.outputs = {{"evaluations", evaluations}}};
}

// Whether every row that the outputs name is still in the catalog.
bool models_there(const StepContext& context, const Json& outputs) {
  for (const auto& run : outputs.value("runs", Json::array())) {
    if (!in_catalog(context.project, "models", run.value("model", ""))) {
      return false;
    }
  }
  return true;
}

bool version_there(const StepContext& context, const Json& outputs) {
  return in_catalog(context.project, "dataset_versions", outputs.value("version", ""));
}

bool evaluations_there(const StepContext& context, const Json& outputs) {
  for (const auto& evaluation : outputs.value("evaluations", Json::object())) {
    if (!in_catalog(context.project, "evaluations", evaluation.get<std::string>())) {
      return false;
    }
  }
  return true;
}

}  // namespace

std::vector<Step> learning_steps() {
  return {{.name = "version",
           .needs = {"ingest", "curate", "label"},
           .inputs = version_inputs,
           .run = run_version,
           .still_there = version_there},
          {.name = "train",
           .needs = {"curate", "version"},
           .inputs = train_inputs,
           .run = run_train,
           .still_there = models_there},
          {.name = "evaluate",
           .needs = {"version", "train"},
           .inputs = evaluate_inputs,
           .run = run_evaluate,
           .still_there = evaluations_there}};
}

}  // namespace spotter::cycle
