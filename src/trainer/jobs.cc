#include "trainer/jobs.h"

#include <fmt/format.h>

#include "base/error.h"
#include "base/json.h"
#include "base/text.h"
#include "exec/job_folder.h"

namespace spotter::trainer {
namespace {

constexpr const char* kColumns =
    "name, kind, executor, state, failure, exit_code, fraction, message, attempt, cycle, step, "
    "folder, "
    "seconds, cpu_seconds, created_at, updated_at";

Json row_json(const catalog::Row& row) {
  return {{"name", row.text(0)},
          {"kind", row.text(1)},
          {"executor", row.text(2)},
          {"state", row.text(3)},
          {"failure", row.text(4)},
          {"exit_code", row.integer(5)},
          {"fraction", row.real(6)},
          {"message", row.text(7)},
          {"attempt", row.integer(8)},
          {"cycle", row.text(9)},
          {"step", row.text(10)},
          {"folder", row.text(11)},
          {"seconds", row.real(12)},
          {"cpu_seconds", row.real(13)},
          {"created_at", iso_time(row.integer(14))},
          {"updated_at", iso_time(row.integer(15))}};
}

exec::JobSpec spec_of(const Json& job) {
  const std::filesystem::path folder = job["folder"].get<std::string>();
  if (auto spec = exec::read_spec(folder)) {
    return *spec;
  }
  exec::JobSpec spec;  // Recorded, but its folder is gone or was never made.
  spec.name = job["name"].get<std::string>();
  spec.folder = folder;
  return spec;
}

std::unique_ptr<exec::Executor> executor_of(Project& project, const Json& job) {
  return exec::make_executor(job["executor"].get<std::string>(), project.config.executor_options);
}

void update(Project& project, const std::string& name, const exec::JobStatus& status) {
  project.catalog->execute(
      "UPDATE jobs SET state = $2, failure = $3, exit_code = $4, fraction = $5, message = $6, "
      "seconds = $7, "
      "cpu_seconds = $8, updated_at = $9 WHERE name = $1",
      {name, std::string(exec::name(status.state)), std::string(exec::name(status.failure)),
       std::int64_t{status.exit_code}, status.fraction, status.message, status.seconds,
       status.cpu_seconds, project.now()});
}

// Brings rows that say "queued" or "running" up to date.
void refresh(Project& project) {
  const auto rows = project.catalog->query(
      fmt::format("SELECT {} FROM jobs WHERE state IN ('queued', 'running')", kColumns));
  for (const auto& row : rows) {
    const Json job = row_json(row);
    update(project, row.text(0), executor_of(project, job)->poll(spec_of(job)));
  }
}

Json find(Project& project, std::string_view name) {
  const auto rows = project.catalog->query(
      fmt::format("SELECT {} FROM jobs WHERE name = $1", kColumns), {std::string(name)});
  if (rows.empty()) {
    std::vector<std::string> known;
    for (const auto& row : project.catalog->query("SELECT name FROM jobs ORDER BY name")) {
      known.push_back(row.text(0));
    }
    fail(ErrorCode::kNotFound, fmt::format("no job \"{}\"{}; `spotter jobs` lists them", name,
                                           did_you_mean(name, known)));
  }
  return row_json(rows.front());
}

}  // namespace

void record_job(Project& project, const JobOrigin& origin, const exec::JobSpec& spec,
                const exec::JobStatus& status) {
  project.catalog->transaction([&] {
    project.catalog->execute(
        "INSERT INTO jobs (name, kind, executor, folder, handle, state, attempt, cycle, step, "
        "spec, "
        "created_at, updated_at) VALUES ($1, $2, $3, $4, $4, 'queued', $5, $6, $7, $8, $9, $9) "
        "ON CONFLICT (name) DO NOTHING",
        {spec.name, origin.kind, origin.executor, spec.folder.string(), std::int64_t{spec.attempt},
         origin.cycle, origin.step,
         Json{{"command", spec.command}, {"timeout_seconds", spec.timeout_seconds}}.dump(),
         project.now()});
    update(project, spec.name, status);
  });
}

Json list_jobs(Project& project, std::string_view cycle) {
  refresh(project);
  Json jobs = Json::array();
  for (const auto& row : project.catalog->query(
           fmt::format(
               "SELECT {} FROM jobs WHERE $1 = '' OR cycle = $1 ORDER BY created_at DESC, name",
               kColumns),
           {std::string(cycle)})) {
    jobs.push_back(row_json(row));
  }
  return jobs;
}

Json show_job(Project& project, std::string_view name) {
  Json job = find(project, name);
  const auto spec = spec_of(job);
  const auto status = executor_of(project, job)->poll(spec);
  if (exec::name(status.state) != job["state"].get<std::string>() ||
      status.fraction != job["fraction"].get<double>()) {
    update(project, spec.name, status);
    job = find(project, name);
  }
  job["command"] = spec.command;
  job["last_lines"] = exec::last_lines(spec.folder, 30);
  return job;
}

std::string job_logs(Project& project, std::string_view name, std::size_t bytes_max) {
  const Json job = find(project, name);
  return executor_of(project, job)->logs(spec_of(job), bytes_max);
}

Json cancel_job(Project& project, std::string_view name) {
  const Json job = find(project, name);
  const auto spec = spec_of(job);
  const auto executor = executor_of(project, job);
  executor->cancel(spec);
  update(project, spec.name, executor->poll(spec));
  project.audit("job.cancel", spec.name);
  return show_job(project, name);
}

std::size_t cancel_jobs_of(Project& project, std::string_view cycle) {
  refresh(project);
  const auto rows = project.catalog->query(
      "SELECT name FROM jobs WHERE cycle = $1 AND state IN ('queued', 'running') ORDER BY name",
      {std::string(cycle)});
  for (const auto& row : rows) {
    cancel_job(project, row.text(0));
  }
  return rows.size();
}

}  // namespace spotter::trainer
