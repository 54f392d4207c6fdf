#include "trainer/run_record.h"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "base/error.h"
#include "base/hash.h"
#include "base/json.h"
#include "base/parallel.h"
#include "project/ledger.h"
#include "trainer/command.h"

namespace spotter::trainer {
namespace {

std::string digest_of(const RunWish& wish) {
  return sha256_hex(Json{wish.cycle, wish.step, wish.kind, wish.identity}.dump());
}

int attempt_in(const std::string& job) {
  const auto at = job.rfind("-a");
  int attempt = 0;
  if (at != std::string::npos) {
    std::from_chars(job.data() + at + 2, job.data() + job.size(), attempt);
  }
  return std::max(1, attempt);
}

int last_attempt(Project& project, const std::string& name) {
  const auto rows = project.catalog->query(
      "SELECT coalesce(max(attempt), 0) FROM jobs WHERE name LIKE $1 || '-a%'", {name});
  return static_cast<int>(rows.at(0).integer(0));
}

RunRecord read_run(Project& project, const std::string& id) {
  const auto rows = project.catalog->query(
      "SELECT id, kind, state, model, job, seconds, cpu_seconds, metrics FROM runs WHERE id = $1",
      {id});
  require(!rows.empty(), "a run that was just recorded is there");
  const auto& row = rows.front();
  return {.id = row.text(0),
          .kind = row.text(1),
          .state = row.text(2),
          .model = row.text(3),
          .first_attempt = attempt_in(row.text(4)),
          .seconds = row.real(5),
          .cpu_seconds = row.real(6),
          .metrics = parse_json(row.text(7), "the run's metrics")};
}

}  // namespace

std::string job_name(const RunWish& wish, const RunRecord& run) {
  const std::string kind = wish.kind == "train" ? "" : "-" + wish.kind;
  return wish.cycle.empty() ? fmt::format("spotter-{}-{}{}", run.id, wish.step, kind)
                            : fmt::format("spotter-{}-{}{}-{}", wish.cycle, wish.step, kind,
                                          digest_of(wish).substr(0, 6));
}

std::filesystem::path job_folder(const Project& project, const std::string& name) {
  return project.state_folder() / "jobs" / name;
}

RunRecord open_run(Project& project, const RunWish& wish) {
  const std::string id = "run_" + digest_of(wish).substr(0, 10);
  project.catalog->transaction([&] {
    project.catalog->execute(
        "INSERT INTO runs (id, kind, dataset_version, init_model, model, state, parameters, cycle, "
        "created_at) VALUES ($1, $2, $3, $4, $5, 'running', $6, $7, $8) ON CONFLICT (id) DO "
        "NOTHING",
        {id, wish.kind, wish.dataset_version, wish.init_model, wish.model, wish.parameters.dump(),
         wish.cycle, project.now()});
    RunRecord run = read_run(project, id);
    const std::string name = job_name(wish, run);
    if (run.state == "failed" || run.state == "cancelled") {
      run.first_attempt = last_attempt(project, name) + 1;
    }
    project.catalog->execute(
        "UPDATE runs SET job = $2, state = CASE WHEN state = 'done' THEN state ELSE "
        "'running' END WHERE id = $1",
        {id, fmt::format("{}-a{}", name, run.first_attempt)});
  });
  return read_run(project, id);
}

void close_run(Project& project, const RunRecord& run, std::string_view state) {
  project.catalog->execute(
      "UPDATE runs SET state = $2, model = $3, metrics = $4, seconds = $5, cpu_seconds = $6, "
      "ended_at = $7 WHERE id = $1",
      {run.id, std::string(state), run.model, run.metrics.dump(), run.seconds, run.cpu_seconds,
       project.now()});
}

std::vector<exec::JobOutcome> follow_runs(Project& project, std::vector<RunningJob>& jobs,
                                          const Progress& progress) {
  if (jobs.empty()) {
    return {};
  }
  const auto& options = project.config.executor_options;
  const std::string executor_name = jobs.front().wish.executor;
  const auto executor = exec::make_executor(executor_name, options);
  std::vector<exec::JobPlan> plans;
  for (const auto& job : jobs) {
    plans.push_back(job.plan);
  }
  std::vector<double> fractions(jobs.size(), 0);
  const auto on_status = [&](std::size_t i, const exec::JobSpec& spec,
                             const exec::JobStatus& status) {
    const auto& wish = jobs[i].wish;
    record_job(project, {wish.kind, executor_name, wish.cycle, wish.step}, spec, status);
    if (exec::terminal(status.state) && status.cpu_seconds > 0) {
      add_ledger(project, {.key = "job/" + spec.name,
                           .cycle = wish.cycle,
                           .step = wish.step,
                           .kind = "machine",
                           .seconds = status.cpu_seconds,
                           .note = fmt::format("{} job, {}", wish.kind, exec::name(status.state))});
    }
    fractions[i] = status.fraction;
    double sum = 0;
    for (const double fraction : fractions) {
      sum += fraction;
    }
    progress(sum / static_cast<double>(fractions.size()),
             jobs.size() == 1 ? status.message : fmt::format("{}: {}", wish.kind, status.message));
  };
  const int parallel =
      json_get_or<int>(options, "parallel", std::max(1, thread_count() / threads_of(project)));
  auto outcomes =
      exec::follow_jobs(*executor, plans, {.retries_max = json_get_or<int>(options, "retries", 2)},
                        parallel, on_status);
  for (std::size_t i = 0; i < jobs.size(); ++i) {
    jobs[i].run.seconds = outcomes[i].seconds;
    jobs[i].run.cpu_seconds = outcomes[i].cpu_seconds;
  }
  return outcomes;
}

void fail_run(Project& project, const RunningJob& job, const exec::JobOutcome& outcome) {
  const bool cancelled = outcome.status.state == exec::JobState::kCancelled;
  close_run(project, job.run, cancelled ? "cancelled" : "failed");
  if (cancelled) {
    fail(ErrorCode::kConflict, fmt::format("job \"{}\" was cancelled", outcome.spec.name));
  }
  fail(exec::retried(outcome.status.failure) ? ErrorCode::kUnavailable : ErrorCode::kInvalid,
       exec::explain(outcome));
}

}  // namespace spotter::trainer
