// The process that stands beside a job's command (`spotter job-run FOLDER`): starts it, shows its
// pulse, passes signals on, keeps the limits and writes result.json last. Runs as a process of its
// own.
#pragma once
#include <filesystem>

namespace spotter::exec {

// Runs the job in `folder` to its end unless another runner has it or it has ended. Returns 0 when
// the folder holds a result or another runner; 1 if even that could not be written. Changes the
// signal mask of the process. Throws kNotFound when there is no job.json.
int run_job_folder(const std::filesystem::path& folder);

}  // namespace spotter::exec
