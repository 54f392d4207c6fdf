#include "loop/cycle/rehearsal.h"

#include <chrono>

#include <fmt/format.h>

#include "base/error.h"
#include "base/files.h"
#include "base/log.h"
#include "loop/cycle/pinch.h"
#include "loop/cycle/steps.h"
#include "project/champion.h"
#include "trainer/command.h"

namespace spotter::cycle {
namespace {

namespace fs = std::filesystem;

constexpr int kStepsOfBuiltIn = 12;
constexpr int kTimeoutMinutes = 3;

// A team's command may name files relative to the real project, but runs in the scratch one.
Json absolute_words(const Project& project, const std::vector<std::string>& command) {
  Json words = Json::array();
  for (const auto& word : command) {
    const bool relative = !word.empty() && word.front() != '/' && word.front() != '-';
    words.push_back(relative && fs::is_regular_file(project.root / word)
                        ? (project.root / word).string()
                        : word);
  }
  return words;
}

// The real configuration, made small and unable to touch anything real.
Json scratch_config(Project& project, const Pinch& pinch) {
  Json config = project.config.raw.is_object() ? project.config.raw : Json::object();
  const Json own = json_get_or(config, "rehearsal", Json(Json::object()));
  Json parameters = project.config.train.parameters;
  if (project.config.train.command.empty()) {
    parameters["steps"] = kStepsOfBuiltIn;
  }
  parameters.update(json_get_or(own, "parameters", Json(Json::object())));
  config.erase("rehearsal");
  config["name"] = project.config.name + ", rehearsal";
  config["classes"] = trainer::class_names(project);
  config["sources"] =
      Json::array({{{"format", "jsonl"}, {"path", pinch.start.string()}, {"as", "labels"}}});
  config["curate"] = {{"budget", std::max<std::size_t>(2, pinch.production / 3)}};
  config["label"] = {{"team", "simulated"}, {"truth", pinch.truth.string()}, {"error_rate", 0.0}};
  config["train"]["command"] = absolute_words(project, project.config.train.command);
  config["train"]["infer_command"] = absolute_words(project, project.config.train.infer_command);
  config["train"]["parameters"] = parameters;
  config["train"]["warm_parameters"] = Json::object();
  config["train"]["timeout_minutes"] = kTimeoutMinutes;
  config["train"]["random_control"] = false;
  config["gate"]["resamples"] = 200;
  config["gate"]["approval"] = "auto";
  config["deploy"] = {{"target", "rehearsal"}};
  config["schedule"] = {{"cycle", ""}, {"rehearsal", ""}};
  return config;
}

Project make_scratch(Project& project, const fs::path& folder, Pinch& pinch) {
  std::error_code ignored;
  fs::remove_all(folder, ignored);
  const Json own = json_get_or(project.config.raw, "rehearsal", Json(Json::object()));
  pinch = write_pinch(project, static_cast<std::size_t>(json_get_or<int>(own, "samples", 32)),
                      folder / "data");
  const fs::path root = folder / "project";
  init_project(root, {.name = "rehearsal", .task = project.config.task});
  write_file_atomic(root / "spotter.yaml", scratch_config(project, pinch).dump(2));
  return open_project(root);
}

CycleRow turn(Project& scratch, const RunOptions& options, const std::string& who) {
  const auto steps = loop_steps();
  std::vector<std::string> names;
  for (const auto& step : steps) {
    names.push_back(step.name);
  }
  const auto cycle =
      Journal(scratch).create(names, who, true, {{"champion", champion_id(scratch)}});
  return advance_cycle(scratch, cycle.id, steps, options.hooks);
}

// The second delivery arrives: what the first model has not seen.
void deliver_production(Project& scratch, const Pinch& pinch) {
  scratch.config.sources.push_back(
      {{"format", "jsonl"}, {"path", pinch.production_file.string()}, {"as", "labels"}});
}

Json note_of(const CycleRow& cycle, TimeMs started_at, double seconds) {
  Json note = {{"state", name(cycle.state)},
               {"started_at", iso_time(started_at)},
               {"seconds", seconds},
               {"failed_step", ""},
               {"why", ""}};
  for (const auto& step : cycle.steps) {
    if (step.state == StepState::kFailed) {
      note["failed_step"] = step.name;
      note["why"] = step.error;
    }
  }
  return note;
}

}  // namespace

Json rehearse(Project& project, const RunOptions& options) {
  const FileLock lock(project.state_folder() / "rehearsal.lock", "the project's rehearsal", 0);
  const TimeMs started_at = project.now();
  const auto begun = std::chrono::steady_clock::now();
  const std::string who = options.started_by.empty() ? project.person : options.started_by;
  Pinch pinch;
  Project scratch = make_scratch(project, project.state_folder() / "rehearsal", pinch);
  log_info(fmt::format("rehearsal on {} labelled samples and {} of production", pinch.labelled,
                       pinch.production));
  CycleRow cycle = turn(scratch, options, who);
  if (cycle.state == CycleState::kDone) {
    deliver_production(scratch, pinch);
    cycle = turn(scratch, options, who);
  }
  const double seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count();
  const Json note = note_of(cycle, started_at, seconds);
  project.catalog->execute(
      "INSERT INTO meta (key, value) VALUES ('rehearsal/last', $1) ON CONFLICT (key) DO UPDATE "
      "SET value = excluded.value",
      {note.dump()});
  Json json = to_json(scratch, cycle);
  json["interrupted"] = false;
  json["verdict"] = "";
  json["decision"] = "";
  json["deployed"] = "";
  json["seconds"] = seconds;
  json["failed_step"] = note["failed_step"];
  json["why"] = note["why"];
  return json;
}

Json last_rehearsal(Project& project) {
  const auto rows = project.catalog->query("SELECT value FROM meta WHERE key = 'rehearsal/last'");
  return rows.empty() ? Json(nullptr) : parse_json(rows.front().text(0), "the catalog");
}

}  // namespace spotter::cycle
