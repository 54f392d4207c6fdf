#include "exec/job_runner.h"

#include <cerrno>
#include <chrono>
#include <optional>
#include <thread>

#include <fmt/format.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"
#include "base/files.h"
#include "base/hash.h"
#include "base/json.h"
#include "base/subprocess.h"
#include "exec/job_folder.h"
#include "exec/job_timer.h"
#include "exec/processes.h"

namespace spotter::exec {
namespace {

namespace fs = std::filesystem;

TimeMs steady_ms() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

// Blocks what the runner waits for, so that no signal is lost between two waits.
sigset_t block_signals() {
  sigset_t set;
  ::sigemptyset(&set);
  for (const int signal : {SIGCHLD, SIGTERM, SIGINT, SIGHUP, SIGUSR1}) {
    ::sigaddset(&set, signal);
  }
  ::sigprocmask(SIG_BLOCK, &set, nullptr);
  return set;
}

// The next signal, or 0 after the time.
int wait_signal(const sigset_t& set, TimeMs timeout_ms) {
  const timespec time{.tv_sec = timeout_ms / 1000, .tv_nsec = timeout_ms % 1000 * 1'000'000};
  const int signal = ::sigtimedwait(&set, nullptr, &time);
  return signal > 0 ? signal : 0;
}

class Runner {
 public:
  Runner(fs::path folder, JobSpec spec) : folder_(std::move(folder)), spec_(std::move(spec)) {}

  JobResult run() {
    const sigset_t signals = block_signals();
    ::prctl(PR_SET_CHILD_SUBREAPER, 1);
    oom_before_ = out_of_memory_kills();
    record_ = {.pid = ::getpid(),
               .start_ticks = process_start_ticks(::getpid()),
               .host = host_name(),
               .boot = boot_id(),
               .started = clock_.now_ms()};
    write_heartbeat(folder_, record_.started);
    write_runner(folder_, record_);
    if (asked_to_cancel()) {
      ending_.cancelled = true;
      return result();
    }
    record_.child = spawn_command(command());
    record_.child_start_ticks = process_start_ticks(record_.child);
    write_runner(folder_, record_);
    follow(signals);
    clean_up();
    return result();
  }

 private:
  [[nodiscard]] bool asked_to_cancel() const { return fs::exists(folder_ / "cancel"); }

  [[nodiscard]] CommandSpec command() const {
    const fs::path checkpoint =
        spec_.checkpoint_folder.empty() ? folder_ / "checkpoint" : spec_.checkpoint_folder;
    make_folders(checkpoint);
    CommandSpec command{.arguments = spec_.command,
                        .folder = spec_.working_folder.empty() ? folder_ : spec_.working_folder,
                        .environment = spec_.environment,
                        .stdout_file = folder_ / "log",
                        .stderr_file = folder_ / "log",
                        .dies_with_caller = true};
    command.environment.emplace("OMP_WAIT_POLICY", "passive");
    command.environment["SPOTTER_JOB_DIR"] = folder_.string();
    command.environment["SPOTTER_CKPT_DIR"] = checkpoint.string();
    command.environment["SPOTTER_ATTEMPT"] = std::to_string(spec_.attempt);
    return command;
  }

  // Until the command has ended.
  void follow(const sigset_t& signals) {
    JobTimer timer({.timeout_ms = TimeMs{spec_.timeout_seconds} * 1000,
                    .warn_ms = TimeMs{spec_.warn_seconds} * 1000,
                    .grace_ms = TimeMs{spec_.grace_seconds} * 1000,
                    .heartbeat_ms = kHeartbeatMs},
                   steady_ms());
    while (!reaped()) {
      switch (wait_signal(signals, std::max<TimeMs>(0, timer.next() - steady_ms()))) {
        case SIGUSR1:
          warn();
          break;
        case SIGTERM:
        case SIGINT:
        case SIGHUP:
          stop(timer);
          break;
        default:
          break;
      }
      for (const Act act : timer.due(steady_ms())) {
        perform(act, timer);
      }
    }
  }

  // Asks the command to end because of a signal or a cancel file.
  void stop(JobTimer& timer) {
    (asked_to_cancel() ? ending_.cancelled : ending_.preempted) = true;
    signal_group(record_.child, SIGTERM);
    timer.stopped(steady_ms());
  }

  void perform(Act act, JobTimer& timer) {
    switch (act) {
      case Act::kHeartbeat:
        write_heartbeat(folder_, clock_.now_ms());
        if (asked_to_cancel()) {  // By somebody on another machine, who cannot signal.
          stop(timer);
        }
        break;
      case Act::kWarn:
        warn();
        break;
      case Act::kStop:
        ending_.timed_out = true;
        signal_group(record_.child, SIGTERM);
        break;
      case Act::kKill:
        signal_group(record_.child, SIGKILL);
        break;
    }
  }

  void warn() const {
    for (const int pid : session_processes(record_.child)) {
      if (catches(pid, SIGUSR1)) {
        ::kill(pid, SIGUSR1);
      }
    }
  }

  // Reaps what has ended; true when the command itself has.
  bool reaped() {
    int status = 0;
    for (int pid = ::waitpid(-1, &status, WNOHANG); pid > 0;
         pid = ::waitpid(-1, &status, WNOHANG)) {
      if (pid == record_.child) {
        ending_.signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
        ending_.exit_code = ending_.signal != 0 ? 128 + ending_.signal : WEXITSTATUS(status);
        return true;
      }
    }
    return false;
  }

  // Ends what the command left behind, also what escaped into sessions of its own: it became our
  // child.
  void clean_up() const {
    for (auto left = child_processes(::getpid()); !left.empty();
         left = child_processes(::getpid())) {
      for (const int pid : left) {
        ::kill(pid, SIGKILL);
        ::waitpid(pid, nullptr, 0);
      }
    }
  }

  JobResult result() {
    rusage usage{};
    ::getrusage(RUSAGE_CHILDREN, &usage);
    const auto seconds = [](const timeval& t) {
      return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) * 1e-6;
    };
    JobResult result{.exit_code = ending_.exit_code,
                     .signal = ending_.signal,
                     .started = record_.started,
                     .host = record_.host,
                     .cpu_seconds = seconds(usage.ru_utime) + seconds(usage.ru_stime),
                     .memory_bytes_max = usage.ru_maxrss * 1024,
                     .outputs = outputs()};
    ending_.out_of_memory = out_of_memory_kills() > oom_before_;
    result.verdict = judge(ending_);
    result.ended = clock_.now_ms();
    return result;
  }

  Json outputs() {
    Json list = Json::array();
    for (const auto& output : spec_.outputs) {
      const fs::path path = folder_ / output;
      if (fs::is_regular_file(path)) {
        list.push_back(
            {{"name", output}, {"bytes", fs::file_size(path)}, {"sha256", sha256_file(path)}});
      } else if (ending_.missing_output.empty()) {
        ending_.missing_output = output;
      }
    }
    return list;
  }

  fs::path folder_;
  JobSpec spec_;
  SystemClock clock_;
  RunnerRecord record_;
  Ending ending_;
  long oom_before_ = 0;
};

// The lock, unless another runner keeps it: those who only look whether it is free hold it for an
// instant.
std::optional<int> take_lock(const fs::path& path) {
  constexpr int kTries = 100;
  for (int i = 0; i < kTries; ++i) {
    if (auto descriptor = FileLock::try_descriptor(path)) {
      return descriptor;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return std::nullopt;
}

JobResult failed_to_start(const std::string& why, FailureClass failure) {
  const TimeMs now = SystemClock().now_ms();
  return {.verdict = {JobState::kFailed, failure, why},
          .exit_code = 127,
          .started = now,
          .ended = now,
          .host = host_name()};
}

}  // namespace

int run_job_folder(const fs::path& folder) {
  const auto spec = read_spec(folder);
  if (!spec) {
    fail(ErrorCode::kNotFound,
         fmt::format("there is no job.json in the folder: {}", folder.string()));
  }
  const auto lock = take_lock(folder / "lock");  // Held until the process ends.
  if (!lock || read_result(folder)) {
    return 0;
  }
  // The job runner is one of the four places that catch: its caller is gone, so the result is the
  // message.
  try {
    write_result(folder, Runner(folder, *spec).run());
  } catch (const Error& e) {
    const bool ours = e.code == ErrorCode::kInvalid || e.code == ErrorCode::kNotFound;
    write_result(folder,
                 failed_to_start(e.what(), ours ? FailureClass::kCode : FailureClass::kInfra));
  }
  return 0;
}

}  // namespace spotter::exec
