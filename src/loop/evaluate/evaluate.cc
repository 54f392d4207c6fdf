#include "loop/evaluate/evaluate.h"

#include <set>

#include <fmt/format.h>

#include "base/error.h"
#include "base/hash.h"
#include "kernels/paired_bootstrap.h"
#include "project/mode_evaluations.h"
#include "project/scoring.h"

namespace spotter::evaluate {
namespace {

constexpr double kStoredScoreMin = 0.05;  // false alarms below are not stored as matches
constexpr int kResamples = 500;           // of the intervals shown beside single figures

std::string newest_version(Project& project) {
  const auto rows =
      project.catalog->query("SELECT id FROM dataset_versions ORDER BY number DESC LIMIT 1");
  if (rows.empty()) {
    fail(ErrorCode::kNotFound,
         "there is no dataset version yet: make one with `spotter version commit`");
  }
  return rows[0].text(0);
}

// Everything that decides the result.
std::string input_key(const std::string& task, const std::string& model, const std::string& version,
                      const std::string& split, const std::vector<SliceConfig>& slices) {
  std::string text = task + "\n" + model + "\n" + version + "\n" + split + "\n";
  for (const auto& s : slices) {
    text += s.name + "\t" + s.where + "\t" + s.class_name + "\n";
  }
  return sha256_hex(text);
}

Json slice_of(const SplitData& data, const SliceConfig& slice,
              const std::vector<PredictionSet>& predictions) {
  const auto view = view_slice(data, slice);
  const auto metric = data.task->measure(data, view, predictions);
  std::set<std::uint32_t> scenes;
  for (const auto i : view.samples) {
    scenes.insert(data.scenes[i]);
  }
  const auto [low, high] = kernels::interval(metric, {.resamples = kResamples});
  const double value = metric.value({});
  return {{"name", slice.name},
          {"where", slice.where},
          {"class", slice.class_name},
          {"weight", slice.weight},
          {"blocking", slice.blocking},
          {"must", slice.must},
          {"samples", view.samples.size()},
          {"scenes", scenes.size()},
          {"truths", metric.truth_count()},
          {"value", value},
          {std::string(data.task->headline), value},
          {"baseline", data.task->baseline(data, view)},
          {"low", low},
          {"high", high}};
}

Json stored(Project& project, const std::string& key) {
  const auto rows =
      project.catalog->query("SELECT summary FROM evaluations WHERE input_key = $1", {key});
  return rows.empty() ? Json(nullptr) : parse_json(rows[0].text(0), "evaluations.summary");
}

std::vector<lake::Match> all_matches(const SplitData& data,
                                     const std::vector<PredictionSet>& predictions) {
  std::vector<lake::Match> rows;
  for (std::size_t i = 0; i < data.samples.size(); ++i) {
    for (auto& match : sample_matches(data, i, predictions[i])) {
      if (match.kind != "fp" || match.score >= kStoredScoreMin) {
        rows.push_back(std::move(match));
      }
    }
  }
  return rows;
}

void store(Project& project, const std::string& key, const Json& summary,
           std::span<const lake::Match> matches) {
  const auto id = summary["id"].get<std::string>();
  project.lake->add_matches("evaluate/" + key, id, matches);
  project.catalog->execute(
      "INSERT INTO evaluations (id, model, dataset_version, split, input_key, summary, created_at) "
      "VALUES ($1, $2, $3, "
      "$4, $5, $6, $7) ON CONFLICT (id) DO NOTHING",
      {id, summary["model"].get<std::string>(), summary["version"].get<std::string>(),
       summary["split"].get<std::string>(), key, summary.dump(), project.now()});
}

// Objects that the evaluation found with at least this score.
std::set<std::pair<std::string, std::string>> found_objects(Project& project,
                                                            const std::string& evaluation,
                                                            double score_min) {
  std::set<std::pair<std::string, std::string>> found;
  for (const auto& match : project.lake->matches(evaluation)) {
    if (match.kind == "tp" && match.score >= score_min) {
      found.emplace(match.sample, match.object);
    }
  }
  return found;
}

std::size_t false_alarms(Project& project, const std::string& evaluation, double score_min) {
  std::size_t count = 0;
  for (const auto& match : project.lake->matches(evaluation)) {
    count += match.kind == "fp" && match.score >= score_min ? 1 : 0;
  }
  return count;
}

}  // namespace

Json evaluate(Project& project, const EvaluateOptions& options, const trainer::Progress& progress) {
  const auto model = trainer::find_model(project, options.model);
  const auto version = options.version.empty() ? newest_version(project) : options.version;
  const auto slices = watched_slices(project);
  const auto key = input_key(project.config.task, model.id, version, options.split, slices);
  const auto data = load_split(project, version, options.split);
  if (Json known = stored(project, key); !known.is_null()) {
    record_mode_evaluations(project, model.id, data);  // of modes that were found since
    return known;
  }
  std::vector<std::string> keys;
  for (const auto& sample : data.samples) {
    keys.push_back(sample.key);
  }
  trainer::predict(project,
                   {.model = model.id, .keys = keys, .cycle = options.cycle, .step = "evaluate"},
                   progress);
  const auto predictions = load_predictions(project, model.id, data);
  Json summary = {{"id", "evaluation_" + key.substr(0, 12)},
                  {"model", model.id},
                  {"model_name", model.name},
                  {"version", version},
                  {"split", options.split},
                  {"samples", data.samples.size()},
                  {"scenes", data.scene_count},
                  {"task", data.task->name},
                  {"metric", data.task->headline},
                  {"columns", data.task->columns},
                  {"baseline_name", data.task->baseline_name},
                  {"slices", Json::array()}};
  summary.update(data.task->figures(data, predictions));
  for (const auto& slice : slices) {
    summary["slices"].push_back(slice_of(data, slice, predictions));
  }
  store(project, key, summary, all_matches(data, predictions));
  record_mode_evaluations(project, model.id, data);
  return summary;
}

Json compare(Project& project, std::string_view first, std::string_view second, double wanted_min,
             const trainer::Progress& progress) {
  // Where every sample has one answer, the answer counts whatever its score.
  const double score_min = task_named(project.config.task).score_min > 0 ? wanted_min : 0;
  const Json a = evaluate(project, {.model = std::string(first)}, progress);
  const Json b = evaluate(project, {.model = std::string(second)}, progress);
  const auto found_a = found_objects(project, a["id"], score_min);
  const auto found_b = found_objects(project, b["id"], score_min);
  const auto data = load_split(project, a["version"].get<std::string>(), "test");
  Json fixed = Json::array();
  Json broken = Json::array();
  std::size_t total = 0;
  for (std::size_t i = 0; i < data.samples.size(); ++i) {
    for (const auto& label : data.labels[i].labels) {
      if (label.ignore || label.crowd) {
        continue;
      }
      ++total;
      const std::pair object(data.samples[i].key, label.object);
      const bool in_a = found_a.contains(object);
      const bool in_b = found_b.contains(object);
      if (in_a != in_b) {
        (in_b ? fixed : broken)
            .push_back({{"sample", object.first},
                        {"object", label.object},
                        {"class", label.class_name},
                        {"box", {label.box.x1, label.box.y1, label.box.x2, label.box.y2}}});
      }
    }
  }
  const auto side = [&](const Json& e, std::size_t found) {
    return Json{{"model", e["model_name"]},
                {"overall", e["overall"]},
                {"found", found},
                {"false_alarms", false_alarms(project, e["id"], score_min)}};
  };
  return {{"version", a["version"]},
          {"columns", a["columns"]},
          {"score_min", score_min},
          {"objects", total},
          {"first", side(a, found_a.size())},
          {"second", side(b, found_b.size())},
          {"fixed_count", fixed.size()},
          {"broken_count", broken.size()},
          {"fixed", fixed},
          {"broken", broken}};
}

Json list(Project& project) {
  Json rows = Json::array();
  for (const auto& row : project.catalog->query(
           "SELECT summary, created_at FROM evaluations ORDER BY created_at DESC, id")) {
    Json summary = parse_json(row.text(0), "evaluations.summary");
    if (!summary.contains("metric")) {  // made before there were other tasks
      summary.update({{"task", "detection"}, {"metric", "AP50"}});
      for (auto& slice : summary["slices"]) {
        slice["value"] = slice["AP50"];
      }
    }
    summary["created_at"] = iso_time(row.integer(1));
    rows.push_back(std::move(summary));
  }
  return {{"evaluations", rows}};
}

}  // namespace spotter::evaluate
