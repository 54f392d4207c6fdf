#include "loop/train/train.h"

#include <set>

#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"
#include "project/failure_modes.h"

namespace spotter::train {
namespace {

constexpr const char* kRunColumns =
    "id, kind, dataset_version, init_model, model, job, state, parameters, metrics, cycle, "
    "seconds, "
    "cpu_seconds, created_at, ended_at";

// The version's id, checked; the newest when none is named.
std::string version_of(Project& project, const std::string& wanted) {
  std::vector<std::string> known;
  for (const auto& row :
       project.catalog->query("SELECT id FROM dataset_versions ORDER BY number")) {
    known.push_back(row.text(0));
  }
  if (known.empty()) {
    fail(ErrorCode::kNotFound,
         "there is no dataset version to train on; make one with `spotter version commit -m TEXT`");
  }
  if (wanted.empty()) {
    return known.back();
  }
  if (std::find(known.begin(), known.end(), wanted) == known.end()) {
    fail(ErrorCode::kNotFound,
         fmt::format("no dataset version \"{}\"{}; `spotter version log` lists them", wanted,
                     did_you_mean(wanted, known)));
  }
  return wanted;
}

trainer::FitRequest request_of(Project& project, const TrainOptions& options) {
  return {.kind = options.kind,
          .dataset_version = version_of(project, options.version),
          .without = options.without,
          .init_model = options.from,
          .parameters = options.parameters,
          .seed = options.seed,
          .name = options.name,
          .cycle = options.cycle,
          .executor = options.executor,
          .samples_max = options.samples_max};
}

Json result_json(Project& project, const trainer::FitRequest& request,
                 const trainer::FitResult& result) {
  return {{"run", result.run},
          {"model", result.model},
          {"name", trainer::find_model(project, result.model).name},
          {"kind", request.kind},
          {"version", request.dataset_version},
          {"seconds", result.seconds},
          {"cpu_seconds", result.cpu_seconds},
          {"metrics", result.metrics}};
}

// What the champion learnt from: its own version, or the parent of the challenger's.
std::string control_version(Project& project, const std::string& version,
                            const std::string& champion) {
  const auto model = trainer::find_model(project, champion);
  if (!model.dataset_version.empty()) {
    return model.dataset_version;
  }
  const auto rows =
      project.catalog->query("SELECT parent FROM dataset_versions WHERE id = $1", {version});
  return rows.empty() ? "" : rows.front().text(0);
}

std::vector<trainer::FitRequest> arms_of(Project& project, const ArmsOptions& options) {
  const auto& config = project.config.train;
  TrainOptions base{.version = options.version,
                    .cycle = options.cycle,
                    .parameters = options.parameters,
                    .seed = options.seed,
                    .samples_max = options.samples_max};
  if (config.warm_start) {
    base.from = options.champion;
  }
  TrainOptions challenger = base;
  challenger.without = options.random_keys;
  std::vector<trainer::FitRequest> requests = {request_of(project, challenger)};
  if (options.champion.empty()) {
    return requests;
  }
  const auto old_version = control_version(project, requests[0].dataset_version, options.champion);
  if (config.control && !old_version.empty() && old_version != requests[0].dataset_version) {
    TrainOptions control = base;
    control.kind = "control";
    control.version = old_version;
    requests.push_back(request_of(project, control));
  }
  if (config.random_control && !options.random_keys.empty()) {
    TrainOptions random = base;
    random.kind = "random";
    random.without = options.curated_keys;
    requests.push_back(request_of(project, random));
  }
  return requests;
}

// The failure modes whose new labels the version brings are being trained on.
void modes_are_training(Project& project, const trainer::FitRequest& request) {
  const auto rows = project.catalog->query("SELECT lineage FROM dataset_versions WHERE id = $1",
                                           {request.dataset_version});
  const Json lineage = rows.empty() ? Json::object() : parse_json(rows[0].text(0), "the lineage");
  std::set<std::string> worked_on;
  for (const auto& campaign : json_get_or(lineage, "campaigns", Json(Json::array()))) {
    for (const auto& row : project.catalog->query("SELECT query FROM campaigns WHERE id = $1",
                                                  {campaign.get<std::string>()})) {
      const auto modes = json_get_or<std::vector<std::string>>(
          parse_json(row.text(0), "campaigns.query"), "modes", {});
      worked_on.insert(modes.begin(), modes.end());
    }
  }
  for (const auto& mode : all_failure_modes(project)) {
    if (worked_on.contains(mode.id) && (mode.state == "collecting" || mode.state == "labelling")) {
      set_failure_mode_state(project, mode.id, "training", "",
                             "version " + request.dataset_version);
    }
  }
}

Json run_json(const catalog::Row& row) {
  return {{"id", row.text(0)},
          {"kind", row.text(1)},
          {"version", row.text(2)},
          {"from", row.text(3)},
          {"model", row.text(4)},
          {"job", row.text(5)},
          {"state", row.text(6)},
          {"parameters", parse_json(row.text(7), "the run's parameters")},
          {"metrics", parse_json(row.text(8), "the run's metrics")},
          {"cycle", row.text(9)},
          {"seconds", row.real(10)},
          {"cpu_seconds", row.real(11)},
          {"created_at", iso_time(row.integer(12))},
          {"ended_at", row.integer(13) == 0 ? Json(nullptr) : Json(iso_time(row.integer(13)))}};
}

}  // namespace

Json train(Project& project, const TrainOptions& options, const trainer::Progress& progress) {
  const auto request = request_of(project, options);
  modes_are_training(project, request);
  return result_json(project, request, trainer::fit(project, request, progress));
}

Json train_arms(Project& project, const ArmsOptions& options, const trainer::Progress& progress) {
  const auto requests = arms_of(project, options);
  modes_are_training(project, requests.front());
  const auto results = trainer::fit_all(project, requests, progress);
  Json runs = Json::array();
  Json arms = {{"challenger", ""}, {"control", ""}, {"random", ""}};
  for (std::size_t i = 0; i < requests.size(); ++i) {
    runs.push_back(result_json(project, requests[i], results[i]));
    arms[requests[i].kind == "train" ? "challenger" : requests[i].kind] = results[i].model;
  }
  arms["runs"] = std::move(runs);
  return arms;
}

Json list_runs(Project& project) {
  Json runs = Json::array();
  for (const auto& row : project.catalog->query(
           fmt::format("SELECT {} FROM runs ORDER BY created_at DESC, id", kRunColumns))) {
    runs.push_back(run_json(row));
  }
  return {{"runs", runs}};
}

Json show_run(Project& project, std::string_view id) {
  const auto rows = project.catalog->query(
      fmt::format("SELECT {} FROM runs WHERE id = $1", kRunColumns), {std::string(id)});
  if (rows.empty()) {
    std::vector<std::string> known;
    for (const auto& row : project.catalog->query("SELECT id FROM runs")) {
      known.push_back(row.text(0));
    }
    fail(ErrorCode::kNotFound,
         fmt::format("no run \"{}\"{}; `spotter runs` lists them", id, did_you_mean(id, known)));
  }
  return run_json(rows.front());
}

}  // namespace spotter::train
