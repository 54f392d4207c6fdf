#include "exec/follow.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/log.h"

namespace spotter::exec {
namespace {

constexpr int kWaitMs = 1000;
constexpr auto kSubmitAgainAfter = std::chrono::seconds(10);

struct Followed {
  JobOutcome outcome;
  int retries = 0;
  int requeues = 0;
  bool started = false;
  std::chrono::steady_clock::time_point submitted;
  bool ended = false;
};

// Whether another attempt follows this one.
bool again(Followed& job, const JobStatus& status, const RetryPolicy& policy) {
  if (status.state == JobState::kRequeue) {
    return ++job.requeues <= policy.requeues_max;
  }
  if (status.state != JobState::kDone && retried(status.failure)) {
    return ++job.retries <= policy.retries_max;
  }
  return false;
}

bool changed(const JobStatus& a, const JobStatus& b) {
  return a.state != b.state || a.fraction != b.fraction || a.message != b.message;
}

class Follower {
 public:
  Follower(Executor& executor, std::span<const JobPlan> plans, const RetryPolicy& policy,
           const OnStatus& on_status)
      : executor_(executor),
        plans_(plans),
        policy_(policy),
        on_status_(on_status),
        jobs_(plans.size()) {}

  std::vector<JobOutcome> run(int parallel) {
    for (;;) {
      std::vector<JobSpec> running;
      for (std::size_t i = 0; i < jobs_.size(); ++i) {
        if (!jobs_[i].ended && std::cmp_less(running.size(), std::max(1, parallel))) {
          look(i);
          if (!jobs_[i].ended) {
            running.push_back(jobs_[i].outcome.spec);
          }
        }
      }
      if (running.empty()) {
        if (std::all_of(jobs_.begin(), jobs_.end(), [](const Followed& j) { return j.ended; })) {
          break;
        }
        continue;  // A place became free.
      }
      executor_.wait(running, kWaitMs);
    }
    std::vector<JobOutcome> outcomes;
    for (auto& job : jobs_) {
      outcomes.push_back(std::move(job.outcome));
    }
    return outcomes;
  }

 private:
  void start(std::size_t i, int attempt) {
    auto& job = jobs_[i];
    job.outcome.spec = attempt_of(plans_[i], attempt);
    job.outcome.attempts = attempt - plans_[i].first_attempt + 1;
    job.outcome.status = {};
    submit(job);
    job.started = true;
    on_status_(i, job.outcome.spec, job.outcome.status);
  }

  void submit(Followed& job) {
    executor_.submit(job.outcome.spec);
    job.submitted = std::chrono::steady_clock::now();
  }

  void look(std::size_t i) {
    auto& job = jobs_[i];
    if (!job.started) {
      start(i, plans_[i].first_attempt);
    }
    const JobStatus status = executor_.poll(job.outcome.spec);
    if (changed(status, job.outcome.status)) {
      on_status_(i, job.outcome.spec, status);
    }
    job.outcome.status = status;
    if (!terminal(status.state)) {
      if (status.state == JobState::kQueued &&
          std::chrono::steady_clock::now() - job.submitted > kSubmitAgainAfter) {
        submit(job);  // Its runner may have died before its first sign of life; twice does no harm.
      }
      return;
    }
    job.outcome.seconds += status.seconds;
    job.outcome.cpu_seconds += status.cpu_seconds;
    if (again(job, status, policy_)) {
      log_info(fmt::format("job \"{}\" runs again: {}", job.outcome.spec.name, status.message));
      start(i, job.outcome.spec.attempt + 1);
    } else {
      job.ended = true;
    }
  }

  Executor& executor_;
  std::span<const JobPlan> plans_;
  const RetryPolicy& policy_;
  const OnStatus& on_status_;
  std::vector<Followed> jobs_;
};

std::string placed(const std::string& text, const std::string& folder) {
  std::string out = text;
  constexpr std::string_view kMark = "{job}";
  for (auto at = out.find(kMark); at != std::string::npos;
       at = out.find(kMark, at + folder.size())) {
    out.replace(at, kMark.size(), folder);
  }
  return out;
}

}  // namespace

JobSpec attempt_of(const JobPlan& plan, int attempt) {
  JobSpec spec = plan.prototype;
  spec.name = fmt::format("{}-a{}", plan.name, attempt);
  spec.folder = plan.folder / fmt::format("a{}", attempt);
  spec.checkpoint_folder = plan.folder / "checkpoint";
  spec.attempt = attempt;
  for (auto& argument : spec.command) {
    argument = placed(argument, spec.folder.string());
  }
  return spec;
}

std::vector<JobOutcome> follow_jobs(Executor& executor, std::span<const JobPlan> plans,
                                    const RetryPolicy& policy, int parallel,
                                    const OnStatus& on_status) {
  return Follower(executor, plans, policy, on_status).run(parallel);
}

std::string explain(const JobOutcome& outcome) {
  const auto& status = outcome.status;
  std::string text =
      fmt::format("job \"{}\" {} ({}, attempt {}): {}", outcome.spec.name, name(status.state),
                  name(status.failure), outcome.spec.attempt, status.message);
  if (!status.last_lines.empty()) {
    text += fmt::format("\nlast lines of its log:\n  {}", fmt::join(status.last_lines, "\n  "));
  }
  return text + fmt::format("\nlog: {}", (outcome.spec.folder / "log").string());
}

}  // namespace spotter::exec
