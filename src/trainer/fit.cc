#include <algorithm>
#include <fstream>
#include <set>
#include <unordered_map>

#include <fmt/format.h>

#include "base/error.h"
#include "base/files.h"
#include "base/hash.h"
#include "base/json.h"
#include "trainer/command.h"
#include "trainer/manifest.h"
#include "trainer/models.h"
#include "trainer/run_record.h"
#include "trainer/trainer.h"

namespace spotter::trainer {
namespace {

namespace fs = std::filesystem;

struct Arm {
  FitRequest request;
  Json parameters;
  std::string init_model;  // id
};

void lay_over(Json& base, const Json& more) {
  if (!more.is_null()) {
    base.update(more);
  }
}

Arm arm_of(Project& project, const FitRequest& request) {
  Arm arm{.request = request, .parameters = Json::object()};
  lay_over(arm.parameters, project.config.train.parameters);
  if (!request.init_model.empty()) {
    arm.init_model = find_model(project, request.init_model).id;
    lay_over(arm.parameters, project.config.train.warm_parameters);
  }
  lay_over(arm.parameters, request.parameters);
  return arm;
}

RunWish wish_of(Project& project, const Arm& arm) {
  const auto& request = arm.request;
  std::vector<std::string> without = request.without;
  std::sort(without.begin(), without.end());
  return {.kind = request.kind,
          .dataset_version = request.dataset_version,
          .init_model = arm.init_model,
          .cycle = request.cycle,
          .step = request.step,
          .parameters = arm.parameters,
          .identity = {{"version", request.dataset_version},
                       {"init", arm.init_model},
                       {"parameters", arm.parameters},
                       {"new_weight", project.config.train.new_weight},
                       {"command", project.config.train.command},
                       {"classes", class_names(project)},
                       {"seed", request.seed},
                       {"without", sha256_hex(Json(without).dump())},
                       {"samples_max", request.samples_max},
                       {"name", request.name},
                       // Outside a cycle each call is a run of its own.
                       {"call", request.cycle.empty() ? project.new_id("call") : ""}},
          .executor = request.executor.empty() ? project.config.executor : request.executor};
}

std::vector<std::string> keys_of(Project& project, const FitRequest& request,
                                 std::string_view split) {
  auto keys = split_keys(project, request.dataset_version, split);
  const std::set<std::string> without(request.without.begin(), request.without.end());
  std::erase_if(keys, [&](const std::string& key) { return without.contains(key); });
  const auto samples_max = static_cast<std::size_t>(std::max(0, request.samples_max));
  return pinch(std::move(keys), split == "val" ? (samples_max + 3) / 4 : samples_max);
}

// What the model trained from has not seen counts more: it is rare beside what was seen, and an
// epoch of the new among the old would hardly move the network. The control has nothing new.
std::unordered_map<std::string, double> weights_of(Project& project, const Arm& arm,
                                                   const std::vector<std::string>& keys) {
  std::unordered_map<std::string, double> weights;
  const double weight = project.config.train.new_weight;
  const auto seen_in =
      arm.init_model.empty() ? "" : find_model(project, arm.init_model).dataset_version;
  if (seen_in.empty() || weight == 1) {
    return weights;
  }
  const auto seen = split_keys(project, seen_in, "train");
  for (const auto& key : keys) {
    if (!std::binary_search(seen.begin(), seen.end(), key)) {
      weights.emplace(key, weight);
    }
  }
  return weights;
}

// Writes what the trainer reads; the same for every attempt of a round.
CommandPaths write_inputs(Project& project, const Arm& arm, const fs::path& folder) {
  const auto& request = arm.request;
  CommandPaths paths{.data = folder / "train.jsonl",
                     .val = folder / "val.jsonl",
                     .out = fs::path("{job}") / "out",
                     .config = folder / "config.json"};
  if (!arm.init_model.empty()) {
    paths.init = folder / "init";
  }
  if (fs::exists(folder / "ready.json")) {
    return paths;
  }
  ManifestOptions options{.version = request.dataset_version};
  const auto train = keys_of(project, request, "train");
  if (train.empty()) {
    fail(ErrorCode::kInvalid,
         fmt::format("dataset version \"{}\" has no samples to train on", request.dataset_version));
  }
  options.weights = weights_of(project, arm, train);
  write_manifest(project, train, options, paths.data);
  options.weights.clear();
  write_manifest(project, keys_of(project, request, "val"), options, paths.val);
  write_json(paths.config, {{"task", project.config.task},
                            {"classes", class_names(project)},
                            {"seed", request.seed},
                            {"params", arm.parameters}});
  if (!paths.init.empty()) {
    checkout_model(project, find_model(project, arm.init_model), paths.init);
  }
  write_json(folder / "ready.json", {{"train", train.size()}});
  return paths;
}

RunningJob job_of(Project& project, const Arm& arm, RunWish wish, RunRecord run) {
  const std::string name = job_name(wish, run);
  const fs::path folder = job_folder(project, name);
  // The command sees "{job}" until the attempt is known, so it is filled before that word is
  // replaced.
  CommandPaths paths =
      write_inputs(project, arm, folder / fmt::format("inputs-a{}", run.first_attempt));
  exec::JobPlan plan{.name = name, .folder = folder, .first_attempt = run.first_attempt};
  plan.prototype.command = train_command(project, paths);
  plan.prototype.environment = trainer_environment(project, arm.request.seed);
  plan.prototype.timeout_seconds = project.config.train.timeout_minutes * 60;
  plan.prototype.working_folder = project.root;
  plan.prototype.outputs = {"out/model.json", "out/done.json"};
  return {std::move(wish), std::move(run), std::move(plan)};
}

FitResult result_of(const RunRecord& run) {
  return {.run = run.id,
          .model = run.model,
          .seconds = run.seconds,
          .cpu_seconds = run.cpu_seconds,
          .metrics = run.metrics};
}

// Registers what a finished job made and closes its run.
void take(Project& project, const Arm& arm, RunningJob& job, const exec::JobOutcome& outcome) {
  const fs::path out = outcome.spec.folder / "out";
  const Json done = read_json(out / "done.json");
  job.run.metrics = done.contains("metrics") ? done["metrics"] : Json::object();
  job.run.model = add_model(project, out,
                            {.name = arm.request.name,
                             .run = job.run.id,
                             .dataset_version = arm.request.dataset_version,
                             .parent = arm.init_model})
                      .id;
  close_run(project, job.run, "done");
}

}  // namespace

std::vector<FitResult> fit_all(Project& project, std::span<const FitRequest> requests,
                               const Progress& progress) {
  std::vector<Arm> arms;
  std::vector<FitResult> results(requests.size());
  std::vector<RunningJob> jobs;
  std::vector<std::size_t> places;  // of the jobs among the requests
  for (const auto& request : requests) {
    arms.push_back(arm_of(project, request));
    auto wish = wish_of(project, arms.back());
    auto run = open_run(project, wish);
    const std::size_t place = arms.size() - 1;
    if (run.state == "done") {
      results[place] = result_of(run);
    } else {
      jobs.push_back(job_of(project, arms.back(), std::move(wish), std::move(run)));
      places.push_back(place);
    }
  }
  const auto outcomes = follow_runs(project, jobs, progress);
  std::optional<std::size_t> failed;
  for (std::size_t i = 0; i < jobs.size(); ++i) {
    if (outcomes[i].status.state == exec::JobState::kDone) {
      take(project, arms[places[i]], jobs[i], outcomes[i]);
      results[places[i]] = result_of(jobs[i].run);
    } else if (!failed) {
      failed = i;
    } else {
      close_run(project, jobs[i].run, "failed");
    }
  }
  if (failed) {
    fail_run(project, jobs[*failed], outcomes[*failed]);
  }
  return results;
}

FitResult fit(Project& project, const FitRequest& request, const Progress& progress) {
  return fit_all(project, std::span(&request, 1), progress).front();
}

}  // namespace spotter::trainer
