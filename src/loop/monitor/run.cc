#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include <fmt/format.h>

#include "base/error.h"
#include "base/hash.h"
#include "loop/monitor/monitor.h"
#include "loop/monitor/monitors.h"
#include "project/check_runs.h"
#include "project/filter.h"

namespace spotter::monitor {
namespace {

// Results depend on this too; raised when a monitor's method changes.
constexpr const char* kMethodRevision = "1";

// One side with what its pointers point to.
struct Loaded {
  Side side;
  std::vector<lake::ModelOutput> outputs;
};

class Run {
 public:
  Run(Project& project, const RunOptions& options) : project_(project), options_(options) {
    model_ = trainer::find_model(project, options.model.empty() ? "champion" : options.model);
    if (model_.dataset_version.empty()) {
      fail(ErrorCode::kInvalid,
           fmt::format(
               "the dataset version of model \"{}\" is not known: there is nothing to compare with",
               model_.name));
    }
    for (const auto& item : project.lake->version_items(model_.dataset_version)) {
      split_of_[item.sample] = item.split;
    }
    window_keys_ =
        query_keys(project, Filter::parse(options.where.empty() ? "true" : options.where));
    std::erase_if(window_keys_, [&](const std::string& key) { return split_of_.contains(key); });
    key_ = input_key();
  }

  [[nodiscard]] std::string id() const { return "monitor_" + key_.substr(0, 12); }

  Json results() {
    std::vector<std::string> reference_keys;
    for (const auto& [key, split] : split_of_) {
      reference_keys.push_back(key);
    }
    const auto reference = load(reference_keys, true);
    const auto current = load(window_keys_, false);
    const auto compared = compare(reference->side, current->side, {});
    Json rows = Json::array();
    bool alarm = false;
    for (const auto& result : compared) {
      alarm = alarm || result.state == "alarm";
      rows.push_back(to_json(result));
    }
    store_findings(compared);
    return {
        {"id", id()},
        {"model", model_.name},
        {"alarm", alarm},
        {"window", facts(options_.where.empty() ? "true" : options_.where, "where", current->side)},
        {"reference", facts(model_.dataset_version, "version", reference->side)},
        {"monitors", rows}};
  }

  void store(const Json& results) {
    project_.catalog->execute(
        "INSERT INTO monitor_runs (id, model, results, alarm, cycle, created_at) VALUES ($1, $2, "
        "$3, $4, $5, $6) "
        "ON CONFLICT (id) DO NOTHING",
        {id(), model_.id, results.dump(), std::int64_t{results["alarm"].get<bool>() ? 1 : 0},
         options_.cycle, project_.now()});
  }

 private:
  std::string input_key() const {
    std::string text = fmt::format("{}\n{}\n{}\n{}\n", kMethodRevision, model_.id,
                                   model_.dataset_version, options_.where);
    for (const auto& key : window_keys_) {
      text += key + "\n";
    }
    return sha256_hex(text);
  }

  // Detections of training samples are better than they will ever be again, so volumes and scores
  // are compared with the held-out splits; embeddings with the whole version.
  std::unique_ptr<Loaded> load(const std::vector<std::string>& keys, bool reference) {
    auto loaded = std::make_unique<Loaded>();
    if (keys.empty()) {
      return loaded;
    }
    trainer::PredictRequest request;
    request.model = model_.id;
    request.keys = keys;
    request.cycle = options_.cycle;
    request.step = "monitor";
    const trainer::Progress quiet = [](double, std::string_view) {};
    trainer::predict(project_, request, options_.progress ? options_.progress : quiet);
    loaded->outputs = project_.lake->predictions(model_.id, keys);
    std::map<std::string_view, const lake::ModelOutput*> output_of;
    for (const auto& output : loaded->outputs) {
      output_of[output.set.sample] = &output;
    }
    const auto embeddings = trainer::image_embeddings(project_, model_.id, keys);
    std::map<std::string_view, std::size_t> row_of;
    for (std::size_t i = 0; i < embeddings.keys.size(); ++i) {
      row_of[embeddings.keys[i]] = i;
    }
    Side& side = loaded->side;
    side.dimensions = embeddings.dimensions;
    std::map<std::string, std::uint32_t> scenes;
    for (const auto& sample : project_.lake->samples(keys)) {
      side.keys.push_back(sample.key);
      side.scene.push_back(
          scenes.try_emplace(sample.scene(), static_cast<std::uint32_t>(scenes.size()))
              .first->second);
      const bool trained = reference && split_of_[sample.key] == "train";
      const auto output = output_of.find(sample.key);
      side.predictions.push_back(trained || output == output_of.end() ? nullptr
                                                                      : &output->second->set);
      const auto row = row_of.find(sample.key);
      side.has_embedding.push_back(row == row_of.end() ? 0 : 1);
      const std::size_t at = side.embeddings.size();
      side.embeddings.resize(at + side.dimensions, 0.0F);
      if (row != row_of.end()) {
        std::copy_n(
            embeddings.values.begin() + static_cast<std::ptrdiff_t>(row->second * side.dimensions),
            side.dimensions, side.embeddings.begin() + static_cast<std::ptrdiff_t>(at));
      }
    }
    return loaded;
  }

  static Json facts(const std::string& value, const char* name, const Side& side) {
    return {{name, value},
            {"samples", side.keys.size()},
            {"scenes", std::set(side.scene.begin(), side.scene.end()).size()}};
  }

  static Json to_json(const MonitorResult& r) {
    const auto number = [](double value) { return std::isfinite(value) ? Json(value) : Json(); };
    return {{"name", r.name},
            {"summary", r.summary},
            {"state", r.state},
            {"n_reference", r.n_reference},
            {"n_current", r.n_current},
            {"scenes_reference", r.scenes_reference},
            {"scenes_current", r.scenes_current},
            {"statistic", r.statistic},
            {"effect_floor", r.effect_floor},
            {"detectable", r.detectable},
            {"p", r.p},
            {"p_adjusted", r.p_adjusted},
            {"reference", number(r.reference)},
            {"current", number(r.current)},
            {"exemplars", r.exemplars}};
  }

  // Alarms are findings: one for each exemplar.
  void store_findings(const std::vector<MonitorResult>& results) {
    std::vector<Finding> findings;
    for (const auto& result : results) {
      if (result.state != "alarm") {
        continue;
      }
      const Json evidence = {{"monitor", result.name},
                             {"statistic", result.statistic},
                             {"p_adjusted", result.p_adjusted},
                             {"detectable", result.detectable}};
      for (const auto& key : result.exemplars) {
        findings.push_back({.sample = key,
                            .object = result.name,
                            .error = "drift",
                            .score = result.statistic / (result.statistic + result.effect_floor),
                            .evidence = evidence.dump()});
      }
    }
    CheckRun run;
    run.id = "check_" + key_.substr(0, 12);
    run.check = "monitor";
    run.model = model_.id;
    run.parameters = "{}";
    run.input_key = key_;
    run.examined = window_keys_;
    run.cycle = options_.cycle;
    store_check_run(project_, run, std::move(findings));
  }

  Project& project_;
  const RunOptions& options_;
  trainer::Model model_;
  std::map<std::string, std::string> split_of_;
  std::vector<std::string> window_keys_;
  std::string key_;
};

}  // namespace

Json run(Project& project, const RunOptions& options) {
  Run run(project, options);
  const auto rows =
      project.catalog->query("SELECT results FROM monitor_runs WHERE id = $1", {run.id()});
  if (!rows.empty()) {
    return parse_json(rows[0].text(0), "monitor results");
  }
  const Json results = run.results();
  run.store(results);
  return results;
}

Json status(Project& project, std::size_t limit) {
  Json runs = Json::array();
  Json latest;
  for (const auto& row :
       project.catalog->query("SELECT id, model, results, alarm, created_at FROM monitor_runs "
                              "ORDER BY created_at DESC, id LIMIT $1",
                              {static_cast<std::int64_t>(limit)})) {
    const Json results = parse_json(row.text(2), "monitor results");
    Json alarms = Json::array();
    for (const auto& monitor : results["monitors"]) {
      if (monitor["state"] == "alarm") {
        alarms.push_back(monitor["name"]);
      }
    }
    runs.push_back({{"id", row.text(0)},
                    {"model", results["model"]},
                    {"alarm", row.integer(3) != 0},
                    {"alarms", alarms},
                    {"created_at", iso_time(row.integer(4))}});
    if (latest.is_null()) {
      latest = results;
    }
  }
  return {{"runs", runs}, {"latest", latest}};
}

}  // namespace spotter::monitor
