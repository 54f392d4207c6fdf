// spotter.yaml: what a project is about and how its loop runs. Unknown keys and wrong values are
// refused with line, name and "did you mean". docs/reference/configuration.md is generated from the
// same table.
#pragma once
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"

namespace spotter {

struct SliceConfig {
  std::string name;
  std::string where = "true";     // filter over samples and label.* (docs/guide/query.md)
  std::string class_name;         // score only this class; empty = mean over classes
  double weight = 1;              // business weight for triage
  bool blocking = true;           // may stop a deployment
  std::string must = "not_lose";  // win, not_lose, report
};

struct CheckConfig {
  std::string name;
  Json parameters = Json::object();
};

struct TrainConfig {
  std::vector<std::string> command;  // a team's own trainer; empty = the built-in one
  std::vector<std::string> infer_command;
  Json parameters = Json::object();       // for the trainer: steps, batch, input_width …
  Json warm_parameters = Json::object();  // laid over `parameters` when training from a model
  bool warm_start = true;
  double new_weight = 2;        // of samples that the model trained from has not seen
  bool control = true;          // train the equal-compute control too
  bool random_control = false;  // train an arm with as many random samples too
  int timeout_minutes = 0;
};

struct GateConfig {
  double margin = 0.02;  // a blocking slice may lose at most this much AP50
  double confidence = 0.95;
  int resamples = 2000;
  double suspicious_gain = 0.35;    // a gain above it is held for a person
  std::string approval = "person";  // person, or auto (deploys on pass without a person)
};

struct CostConfig {
  double person_hour = 90;  // money an hour
  double machine_hour = 1;
  std::string currency = "USD";
};

struct Config {
  std::string name;
  std::string task = "detection";
  std::vector<std::string> classes;
  std::vector<SliceConfig> slices;
  std::vector<CheckConfig> checks;  // empty = all, with defaults
  int campaign_budget = 200;
  std::string label_where = "true";   // which samples campaigns may pick from
  std::string label_team = "export";  // export (files out and in), or simulated (demo only)
  double test_share = 0.2;            // of scenes, when no split is given
  double val_share = 0.1;
  TrainConfig train;
  std::string executor = "local";
  Json executor_options = Json::object();
  GateConfig gate;
  std::string deploy_target = "production";
  std::filesystem::path deploy_folder;  // target "folder"; empty = <project>/deployed/<target>
  std::vector<Json> sources;            // ingest: {"format","path","images","as"}
  std::string schedule;                 // cron: "0 2 * * 1"; empty = none
  std::string rehearsal_schedule = "0 5 * * *";
  CostConfig cost;
  Json raw = Json::object();  // the whole file, for steps' own keys
};

// Reads and checks the file; throws kNotFound, kInvalid with the line.
[[nodiscard]] Config read_config(const std::filesystem::path& path);
// The text of a commented starting spotter.yaml.
[[nodiscard]] std::string starting_config(std::string_view name, std::string_view task,
                                          const std::vector<std::string>& classes);

}  // namespace spotter
