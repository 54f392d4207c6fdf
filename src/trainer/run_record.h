// The catalog's row of one training or inference run and its attempts as jobs: found again by what
// was asked for, so that a caller that was killed continues where it was. Internal to trainer/.
#pragma once
#include <functional>
#include <string>
#include <vector>

#include "exec/follow.h"
#include "trainer/jobs.h"
#include "trainer/trainer.h"

namespace spotter::trainer {

struct RunRecord {
  std::string id;
  std::string kind;
  std::string state;
  std::string model;      // of a finished training run, or the model that predicts
  int first_attempt = 1;  // of the present round; earlier ones failed for good
  double seconds = 0;
  double cpu_seconds = 0;
  Json metrics = Json::object();
};

struct RunWish {
  std::string kind;
  std::string dataset_version;
  std::string init_model;
  std::string model;
  std::string cycle;
  std::string step;
  Json parameters = Json::object();
  Json identity = Json::object();  // everything that makes it another run; hashed into the id
  std::string executor;
};

// Finds or makes the row. A run that failed or was cancelled before starts a new round of attempts.
[[nodiscard]] RunRecord open_run(Project& project, const RunWish& wish);
void close_run(Project& project, const RunRecord& run, std::string_view state);

// "spotter-<cycle or run>-<step>[-<kind>]-<digest>", without the attempt, and the folder of its
// attempts.
[[nodiscard]] std::string job_name(const RunWish& wish, const RunRecord& run);
[[nodiscard]] std::filesystem::path job_folder(const Project& project, const std::string& name);

struct RunningJob {
  RunWish wish;
  RunRecord run;
  exec::JobPlan plan;
};

// Follows the jobs on their executor, keeps the jobs table and the ledger. Progress is the mean.
[[nodiscard]] std::vector<exec::JobOutcome> follow_runs(Project& project,
                                                        std::vector<RunningJob>& jobs,
                                                        const Progress& progress);
// Closes the run as failed and throws what its outcome says.
[[noreturn]] void fail_run(Project& project, const RunningJob& job,
                           const exec::JobOutcome& outcome);

}  // namespace spotter::trainer
