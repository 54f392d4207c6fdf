// The files of a job's folder (docs/internals/jobs.md): what executors and the runner share, so
// that every executor finds the same truth. Not for starting or stopping anything.
#pragma once
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "base/time.h"
#include "exec/executor.h"

namespace spotter::exec {

inline constexpr TimeMs kHeartbeatMs = 10'000;

// How a command ended, before it is judged.
struct Ending {
  int exit_code = -1;          // of an exit; 128 + signal otherwise
  int signal = 0;              // that ended it, 0 = none
  bool timed_out = false;      // the limit had passed and it was told to stop
  bool cancelled = false;      // somebody asked for its end
  bool preempted = false;      // the runner was told to stop by somebody else
  bool out_of_memory = false;  // the kernel counted an out-of-memory kill meanwhile
  std::string missing_output;  // first of `outputs` that is not there
};

struct Verdict {
  JobState state = JobState::kFailed;
  FailureClass failure = FailureClass::kNone;
  std::string message;  // for people; empty when it is done
};
// The table "How it ended" of the contract.
[[nodiscard]] Verdict judge(const Ending& ending);

struct JobResult {
  Verdict verdict;
  int exit_code = -1;
  int signal = 0;
  TimeMs started = 0;
  TimeMs ended = 0;
  std::string host;
  double cpu_seconds = 0;
  long memory_bytes_max = 0;
  Json outputs;
};

// Who runs the job.
struct RunnerRecord {
  int pid = 0;
  long start_ticks = 0;
  std::string host;
  std::string boot;  // of the machine: process numbers mean nothing after the next one
  int child = 0;     // 0 = not started yet
  long child_start_ticks = 0;
  TimeMs started = 0;
};

void write_spec(const JobSpec& spec);  // job.json, once
[[nodiscard]] std::optional<JobSpec> read_spec(const std::filesystem::path& folder);
void write_result(const std::filesystem::path& folder, const JobResult& result);
[[nodiscard]] std::optional<JobResult> read_result(const std::filesystem::path& folder);
void write_runner(const std::filesystem::path& folder, const RunnerRecord& record);
[[nodiscard]] std::optional<RunnerRecord> read_runner(const std::filesystem::path& folder);
void write_heartbeat(const std::filesystem::path& folder, TimeMs now);
[[nodiscard]] TimeMs read_heartbeat(const std::filesystem::path& folder);  // 0 = none

// What an executor says about a job that has no result.
enum class Word { kUnknown, kPending, kRunning, kGone };
// The state by the contract's order of truth. kLost is only computed here; see `settle_lost`.
[[nodiscard]] JobStatus status_of(const std::filesystem::path& folder, Word word, TimeMs now);

// The last `lines_max` lines of the log, and its last `bytes_max` bytes.
[[nodiscard]] std::vector<std::string> last_lines(const std::filesystem::path& folder,
                                                  std::size_t lines_max);
[[nodiscard]] std::string log_tail(const std::filesystem::path& folder, std::size_t bytes_max);

[[nodiscard]] std::string host_name();
[[nodiscard]] std::string boot_id();
// Whether the record's process numbers are of this machine since it was started.
[[nodiscard]] bool is_here(const RunnerRecord& record);

}  // namespace spotter::exec
