#include <algorithm>
#include <map>
#include <set>

#include <fmt/format.h>

#include "base/error.h"
#include "base/files.h"
#include "base/hash.h"
#include "base/json.h"
#include "base/npy.h"
#include "trainer/command.h"
#include "trainer/manifest.h"
#include "trainer/outputs.h"
#include "trainer/run_record.h"
#include "trainer/trainer.h"

namespace spotter::trainer {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kSlice = 4096;

// Keys that the lake does not answer yet: never predicted, or without the loss that is asked for.
std::vector<std::string> missing_keys(Project& project, const PredictRequest& request,
                                      const std::string& model) {
  std::vector<std::string> keys = request.keys;
  std::sort(keys.begin(), keys.end());
  keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
  if (request.again) {
    return keys;
  }
  std::set<std::string> labelled;
  if (request.labels) {
    const auto rows = project.lake->query(
        request.labels_version.empty()
            ? "SELECT sample FROM current_label_sets WHERE layer = $1 AND $2 = ''"
            : "SELECT sample FROM version_items WHERE $1 <> '' AND version = $2",
        {std::string(kLabelLayer), request.labels_version});
    for (std::size_t i = 0; i < rows.rows.size(); ++i) {
      labelled.insert(rows.text(i, 0));
    }
  }
  std::map<std::string, double> losses;
  const auto known =
      project.lake->query("SELECT sample, loss FROM prediction_sets WHERE model = $1", {model});
  for (std::size_t i = 0; i < known.rows.size(); ++i) {
    losses[known.text(i, 0)] = known.real(i, 1);
  }
  std::vector<std::string> missing;
  for (const auto& key : keys) {
    const auto found = losses.find(key);
    if (found == losses.end() || (labelled.contains(key) && found->second < 0)) {
      missing.push_back(key);
    }
  }
  return missing;
}

RunWish wish_of(Project& project, const PredictRequest& request, const Model& model,
                const std::vector<std::string>& keys) {
  const bool lasting = !request.cycle.empty();
  return {.kind = "infer",
          .dataset_version = request.labels_version,
          .model = model.id,
          .cycle = request.cycle,
          .step = request.step,
          .identity = {{"model", model.id},
                       {"keys", sha256_hex(Json(keys).dump())},
                       {"labels", request.labels},
                       {"labels_version", request.labels_version},
                       {"parameters", project.config.train.parameters},
                       {"command", project.config.train.infer_command},
                       {"call", lasting ? "" : project.new_id("call")}},
          .executor = project.config.executor};
}

RunningJob job_of(Project& project, const PredictRequest& request, const Model& model,
                  const std::vector<std::string>& keys) {
  auto wish = wish_of(project, request, model, keys);
  auto run = open_run(project, wish);
  const std::string name = job_name(wish, run);
  const fs::path folder = job_folder(project, name);
  const fs::path inputs = folder / fmt::format("inputs-a{}", run.first_attempt);
  const CommandPaths paths{.data = inputs / "data.jsonl",
                           .model = inputs / "model",
                           .out = fs::path("{job}") / "out",
                           .config = inputs / "config.json"};
  if (!fs::exists(inputs / "ready.json")) {
    write_manifest(project, keys,
                   {.version = request.labels_version,
                    .objects = request.labels ? Objects::kGiven : Objects::kNone},
                   paths.data);
    write_json(paths.config, {{"task", project.config.task},
                              {"classes", class_names(project)},
                              {"seed", 1},
                              {"params", project.config.train.parameters}});
    checkout_model(project, model, paths.model);
    write_json(inputs / "ready.json", {{"count", keys.size()}});
  }
  exec::JobPlan plan{.name = name, .folder = folder, .first_attempt = run.first_attempt};
  plan.prototype.command = infer_command(
      project, json_get<std::string>(model.definition, "runtime", "model.json"), paths);
  plan.prototype.environment = trainer_environment(project, 1);
  plan.prototype.timeout_seconds = project.config.train.timeout_minutes * 60;
  plan.prototype.working_folder = project.root;
  plan.prototype.outputs = {"out/predictions.jsonl", "out/done.json"};
  return {std::move(wish), std::move(run), std::move(plan)};
}

// Stores a matrix of embeddings as a blob and names it in the catalog; "" when there is none.
std::string store_segment(Project& project, const Model& model, const std::string& kind,
                          const fs::path& path, std::int64_t& rows) {
  if (!fs::exists(path)) {
    return "";
  }
  const Npy matrix(path);
  if (matrix.shape().size() != 2 || matrix.type() != NpyType::kFloat32) {
    fail(ErrorCode::kInvalid,
         fmt::format("embeddings must be a float32 matrix: {}", path.string()));
  }
  rows = static_cast<std::int64_t>(matrix.rows());
  if (rows == 0) {
    return "";
  }
  std::string hash = project.blobs->put_file(path);
  project.catalog->execute(
      "INSERT INTO embedding_segments (model, kind, segment, row_count, dimensions, created_at) "
      "VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (model, kind, segment) DO NOTHING",
      {model.id, kind, hash, rows, static_cast<std::int64_t>(matrix.columns()), project.now()});
  return hash;
}

// Takes a finished job's predictions into the lake, each slice under a key of its own.
void take(Project& project, const Model& model, const std::vector<std::string>& keys,
          RunningJob& job, const fs::path& out) {
  OutputOptions options{.classes = json_get_or(model.definition, "classes", class_names(project)),
                        .boxes = project.config.task != "trajectory"};
  options.segment =
      store_segment(project, model, "image", out / "embeddings.npy", options.segment_rows);
  options.object_segment = store_segment(project, model, "object", out / "object_embeddings.npy",
                                         options.object_segment_rows);
  int slice = 0;
  // The whole file is checked before its first slice is written: a broken one must not
  // half-replace.
  read_outputs(out / "predictions.jsonl", keys, options, [](auto&&) {});
  read_outputs(out / "predictions.jsonl", keys, options,
               [&](std::vector<lake::ModelOutput> outputs) {
                 project.lake->add_predictions(fmt::format("predict/{}/{}", job.run.id, slice++),
                                               model.id, outputs);
               });
  job.run.metrics = {{"count", keys.size()}};
  close_run(project, job.run, "done");
}

// Runs of a cycle's step that was killed after its predictions were stored and before it said so.
void close_answered_runs(Project& project, const PredictRequest& request,
                         const std::string& model) {
  if (!request.cycle.empty()) {
    project.catalog->execute(
        "UPDATE runs SET state = 'done', ended_at = $3 WHERE kind = 'infer' AND cycle = $1 AND "
        "model = $2 AND "
        "state = 'running'",
        {request.cycle, model, project.now()});
  }
}

}  // namespace

PredictResult predict(Project& project, const PredictRequest& request, const Progress& progress) {
  const Model model = find_model(project, request.model);
  const auto keys = missing_keys(project, request, model.id);
  PredictResult result{.predicted = keys.size(), .reused = request.keys.size() - keys.size()};
  if (keys.empty()) {
    close_answered_runs(project, request, model.id);
    return result;
  }
  std::vector<RunningJob> jobs;
  jobs.push_back(job_of(project, request, model, keys));
  const auto outcome = follow_runs(project, jobs, progress).front();
  if (outcome.status.state != exec::JobState::kDone) {
    fail_run(project, jobs[0], outcome);
  }
  take(project, model, keys, jobs[0], outcome.spec.folder / "out");
  close_answered_runs(project, request, model.id);
  result.cpu_seconds = outcome.cpu_seconds;
  return result;
}

Embeddings image_embeddings(Project& project, std::string_view name,
                            std::span<const std::string> keys) {
  const Model model = find_model(project, name);
  std::map<std::string, Npy> segments;
  std::map<std::string, std::pair<std::string, std::int64_t>> rows;  // by sample
  Embeddings result;
  for (std::size_t begin = 0; begin < keys.size(); begin += kSlice) {
    for (const auto& output : project.lake->predictions(
             model.id, keys.subspan(begin, std::min(kSlice, keys.size() - begin)))) {
      if (output.embedding_row >= 0 && !output.segment.empty()) {
        rows[output.set.sample] = {output.segment, output.embedding_row};
      }
    }
  }
  for (const auto& key : keys) {
    const auto row = rows.find(key);
    if (row == rows.end()) {
      continue;
    }
    const auto& [segment, index] = row->second;
    auto matrix = segments.find(segment);
    if (matrix == segments.end()) {
      matrix = segments.emplace(segment, project.blobs->local_path(segment)).first;
    }
    const std::size_t columns = matrix->second.columns();
    if (result.dimensions != 0 && result.dimensions != columns) {
      fail(ErrorCode::kCorrupt,
           fmt::format("embeddings of model \"{}\" differ in length", model.name));
    }
    result.dimensions = columns;
    result.keys.push_back(key);
    result.values.resize(result.values.size() + columns);
    if (index >= static_cast<std::int64_t>(matrix->second.rows())) {
      fail(ErrorCode::kCorrupt, fmt::format("row {} of {} embeddings was asked for: {}", index,
                                            matrix->second.rows(), matrix->second.path().string()));
    }
    matrix->second.read<float>(static_cast<std::size_t>(index) * columns,
                               std::span(result.values).last(columns));
  }
  return result;
}

}  // namespace spotter::trainer
