// Step 7, train: a model from a dataset version, and beside it the arms that say what the new data
// is worth: the control (the same extra steps on the old data) and the random arm (as many random
// samples). Thin over trainer/, which knows the contract.
#pragma once
#include <string>
#include <vector>

#include "base/json.h"
#include "project/project.h"
#include "trainer/trainer.h"

namespace spotter::train {

struct TrainOptions {
  std::string version;  // empty = the newest
  std::string from;     // model to start from: id, name or alias; empty = from scratch
  std::string kind = "train";
  std::string name;      // of the model; empty = the next "m<number>"
  std::string executor;  // empty = the configuration's
  std::string cycle;
  std::vector<std::string> without;  // sample keys left out
  Json parameters = Json::object();  // laid over the configuration's
  std::uint64_t seed = 1;
  int samples_max = 0;
};

// {"run","model","name","kind","version","seconds","cpu_seconds","metrics"}. Throws as
// trainer::fit, and kNotFound for an unknown version or model.
Json train(Project& project, const TrainOptions& options, const trainer::Progress& progress);

struct ArmsOptions {
  std::string version;   // the challenger's
  std::string champion;  // its version is the control's data; empty = no champion yet, no control
  std::string cycle;
  std::vector<std::string>
      random_keys;  // labelled random samples in the version, only for the random arm
  std::vector<std::string>
      curated_keys;  // those that the campaigns chose; the random arm leaves them out
  Json parameters = Json::object();
  std::uint64_t seed = 1;
  int samples_max = 0;
};

// Trains the challenger and, as configured, control and random arm, side by side as jobs.
// {"challenger","control","random","runs":[as train]}; an arm that was not trained is "".
Json train_arms(Project& project, const ArmsOptions& options, const trainer::Progress& progress);

// {"runs":[{"id","kind","version","from","model","job","state","parameters","metrics","cycle","seconds",
// "cpu_seconds","created_at","ended_at"}]}, newest first; and one of them, by id, throws kNotFound.
[[nodiscard]] Json list_runs(Project& project);
[[nodiscard]] Json show_run(Project& project, std::string_view id);

}  // namespace spotter::train
