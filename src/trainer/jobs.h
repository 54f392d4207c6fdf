// The catalog's table of jobs: what people see and stop. The truth about a job is in its folder;
// rows are brought up to date by whoever follows or looks.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "base/json_fwd.h"
#include "exec/executor.h"
#include "project/project.h"

namespace spotter::trainer {

struct JobOrigin {
  std::string kind;      // "train", "control", "random", "infer"
  std::string executor;  // name
  std::string cycle;     // empty = outside a cycle
  std::string step;
};

// Inserts or updates the job's row.
void record_job(Project& project, const JobOrigin& origin, const exec::JobSpec& spec,
                const exec::JobStatus& status);
// {"name","kind","executor","state","failure","exit_code","fraction","message","attempt","cycle","step",
// "folder","seconds","cpu_seconds","created_at","updated_at"}, newest first. Jobs that were running
// are asked first. `cycle` empty = all.
[[nodiscard]] Json list_jobs(Project& project, std::string_view cycle = {});
// One of them, with "spec" and "last_lines"; throws kNotFound with "did you mean".
[[nodiscard]] Json show_job(Project& project, std::string_view name);
[[nodiscard]] std::string job_logs(Project& project, std::string_view name, std::size_t bytes_max);
// Stops the job, waits for its end, then marks it. A finished job stays finished. Returns show_job.
Json cancel_job(Project& project, std::string_view name);
// Cancels every job of the cycle that has not ended; returns how many there were.
std::size_t cancel_jobs_of(Project& project, std::string_view cycle);

}  // namespace spotter::trainer
