// Executors run a command elsewhere and follow it. The truth about a job is in its folder (see
// docs/internals/jobs.md): result.json first, then the executor's word, then the heartbeat's age.
#pragma once
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/json_fwd.h"
#include "base/time.h"

namespace spotter::exec {

enum class JobState { kQueued, kRunning, kDone, kFailed, kCancelled, kRequeue, kLost };
// Why a job failed; only the last five are retried without a person.
enum class FailureClass { kNone, kCode, kData, kInfra, kPreempted, kTimeout, kOom, kLost };

struct JobSpec {
  std::string name;                  // deterministic: spotter-<cycle>-<step>-a<attempt>
  std::filesystem::path folder;      // the job's own folder, made by submit
  std::vector<std::string> command;  // program and arguments
  std::map<std::string, std::string> environment;
  int attempt = 1;
  int timeout_seconds = 0;               // 0 = none
  int warn_seconds = 120;                // SIGUSR1 so long before the limit (at most half of it)
  int grace_seconds = 30;                // from SIGTERM to SIGKILL
  std::filesystem::path working_folder;  // of the command; empty = the job's folder
  std::filesystem::path
      checkpoint_folder;             // survives a requeue; empty = "checkpoint" in the job's folder
  std::vector<std::string> outputs;  // files, relative to the folder, that exit 0 must have left
};

struct JobStatus {
  JobState state = JobState::kQueued;
  FailureClass failure = FailureClass::kNone;
  int exit_code = -1;
  double fraction = 0;                  // of the work done, 0..1
  std::string message;                  // last progress message
  double seconds = 0;                   // wall time of the attempt
  double cpu_seconds = 0;               // user + system of the job's process tree, once it ended
  std::vector<std::string> last_lines;  // of the log, when it failed
};

class Executor {
 public:
  virtual ~Executor() = default;
  [[nodiscard]] virtual std::string_view name() const = 0;
  // Starts the job unless one of this name is already there (idempotent). Returns the executor's
  // handle.
  virtual std::string submit(const JobSpec& spec) = 0;
  // Reads the folder and asks the executor; never blocks for long. Losing contact is not a failure.
  [[nodiscard]] virtual JobStatus poll(const JobSpec& spec) = 0;
  // Stops the job and waits for its terminal state; a finished job stays finished.
  virtual void cancel(const JobSpec& spec) = 0;
  [[nodiscard]] virtual std::string logs(const JobSpec& spec, std::size_t bytes_max) const = 0;
  // Returns when something about one of the jobs may have changed, at the latest after
  // `timeout_ms`.
  virtual void wait(std::span<const JobSpec> specs, int timeout_ms) = 0;
};

// Every executor's name, for configuration, help and tests.
[[nodiscard]] std::vector<std::string> executor_names();

// By name, "local" for this machine; throws kNotFound with "did you mean" for an unknown one.
// Options of all: none needed. Of "local": {"runner": path of the spotter program, default beside
// this one}.
[[nodiscard]] std::unique_ptr<Executor> make_executor(std::string_view name, const Json& options);

[[nodiscard]] std::string_view name(JobState state);
[[nodiscard]] std::string_view name(FailureClass failure);
[[nodiscard]] bool terminal(JobState state);
[[nodiscard]] bool retried(FailureClass failure);  // the last five classes
// Throw kInvalid for an unknown word.
[[nodiscard]] JobState job_state(std::string_view name);
[[nodiscard]] FailureClass failure_class(std::string_view name);

}  // namespace spotter::exec
