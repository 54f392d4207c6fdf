// Follows jobs to their end: requeues, retries within the budget, as many at once as asked. Whoever
// was killed while following just follows again; attempts that have ended are read, not repeated.
#pragma once
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "exec/executor.h"

namespace spotter::exec {

struct RetryPolicy {
  int retries_max = 2;     // after infra, preempted, timeout, oom, lost
  int requeues_max = 100;  // after exit 75
};

// One job with its attempts. `prototype` holds everything but name, folder, checkpoint and attempt.
struct JobPlan {
  std::string name;              // without the attempt
  std::filesystem::path folder;  // of all attempts: a1, a2, …, checkpoint
  JobSpec prototype;
  int first_attempt = 1;  // later when earlier ones failed for good
  // The command and outputs of an attempt may name its folder: "{job}" in arguments is replaced by
  // it.
};

[[nodiscard]] JobSpec attempt_of(const JobPlan& plan, int attempt);

struct JobOutcome {
  JobSpec spec;        // of the last attempt
  JobStatus status;    // kDone, kFailed, kLost or kCancelled
  double seconds = 0;  // over all attempts followed
  double cpu_seconds = 0;
  int attempts = 1;
};

using OnStatus = std::function<void(std::size_t plan, const JobSpec&, const JobStatus&)>;

// Runs the plans, at most `parallel` at once, in order. Calls `on_status` when a job changes
// (state, progress) and at each attempt's end. Blocks until all have ended; returns in the order of
// the plans.
[[nodiscard]] std::vector<JobOutcome> follow_jobs(Executor& executor,
                                                  std::span<const JobPlan> plans,
                                                  const RetryPolicy& policy, int parallel,
                                                  const OnStatus& on_status);

// "job … failed (class): message" with the last log lines, for errors and alerts.
[[nodiscard]] std::string explain(const JobOutcome& outcome);

}  // namespace spotter::exec
