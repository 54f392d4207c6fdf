#include <array>
#include <chrono>

#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <sys/inotify.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/descriptor.h"
#include "base/error.h"
#include "base/files.h"
#include "base/json.h"
#include "base/subprocess.h"
#include "exec/executor.h"
#include "exec/job_folder.h"
#include "exec/processes.h"

namespace spotter::exec {
namespace {

namespace fs = std::filesystem;

// Jobs as processes of this machine, each beside a runner in a session of its own.
class Local final : public Executor {
 public:
  explicit Local(fs::path runner) : runner_(std::move(runner)) {}

  [[nodiscard]] std::string_view name() const override { return "local"; }

  std::string submit(const JobSpec& spec) override {
    make_folders(spec.folder);
    {
      const FileLock turn(spec.folder / "submit.lock", fmt::format("job \"{}\"", spec.name),
                          10'000);
      const auto known = read_spec(spec.folder);
      if (known && known->name != spec.name) {
        fail(ErrorCode::kConflict, fmt::format("the folder holds another job, \"{}\": {}",
                                               known->name, spec.folder.string()));
      }
      if (!known) {
        write_spec(spec);
      }
      // A second runner of a folder leaves at once, so starting one too many does no harm.
      if (!read_result(spec.folder) && !read_runner(spec.folder)) {
        children_.push_back(
            spawn_command({.arguments = {runner_.string(), "job-run", spec.folder.string()},
                           .stdout_file = spec.folder / "runner.log",
                           .stderr_file = spec.folder / "runner.log"}));
      }
    }
    return spec.folder.string();
  }

  [[nodiscard]] JobStatus poll(const JobSpec& spec) override {
    reap();
    const Word said = word(spec.folder);
    JobStatus status = status_of(spec.folder, said, SystemClock().now_ms());
    if (status.state == JobState::kLost && !read_result(spec.folder)) {
      settle(spec.folder, {JobState::kLost, FailureClass::kLost, status.message});
      status = status_of(spec.folder, said, SystemClock().now_ms());
    }
    return status;
  }

  void cancel(const JobSpec& spec) override {
    make_folders(spec.folder);
    if (read_result(spec.folder)) {
      return;
    }
    write_file_atomic(spec.folder / "cancel", "");
    const auto patience = std::chrono::seconds(spec.grace_seconds + 60);
    const auto deadline = std::chrono::steady_clock::now() + patience;
    bool told = false;
    while (!read_result(spec.folder)) {
      const auto runner = read_runner(spec.folder);
      if (idle(spec.folder)) {
        settle(spec.folder, {JobState::kCancelled, FailureClass::kNone, "cancelled"});
      } else if (runner && !told && process_alive(runner->pid, runner->start_ticks)) {
        ::kill(runner->pid, SIGTERM);
        told = true;
      }
      if (std::chrono::steady_clock::now() > deadline) {
        fail(ErrorCode::kUnavailable,
             fmt::format("job \"{}\" did not end when it was cancelled; try again", spec.name));
      }
      wait(std::span(&spec, 1), 200);
    }
    reap();
  }

  [[nodiscard]] std::string logs(const JobSpec& spec, std::size_t bytes_max) const override {
    return log_tail(spec.folder, bytes_max);
  }

  void wait(std::span<const JobSpec> specs, int timeout_ms) override {
    const Descriptor watch(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC));
    for (const auto& spec : specs) {
      if (watch.get() >= 0) {
        ::inotify_add_watch(watch.get(), spec.folder.c_str(), IN_MOVED_TO);
      }
    }
    for (const auto& spec : specs) {
      // Looked at after the watch is set, so that no end slips between the two.
      if (read_result(spec.folder) || word(spec.folder) == Word::kGone) {
        return;
      }
    }
    pollfd ready{.fd = watch.get(), .events = POLLIN, .revents = 0};
    ::poll(&ready, watch.get() >= 0 ? 1 : 0, timeout_ms);
  }

 private:
  // What this machine knows: the runner holds the lock as long as it lives.
  static Word word(const fs::path& folder) {
    const auto runner = read_runner(folder);
    if (runner && !is_here(*runner)) {
      return Word::kUnknown;
    }
    if (!fs::exists(folder / "lock")) {
      return Word::kPending;
    }
    if (const auto lock = FileLock::try_descriptor(folder / "lock")) {
      ::close(*lock);
      return runner ? Word::kGone : Word::kPending;
    }
    return Word::kRunning;
  }

  // Whether nobody works on the job (any more).
  static bool idle(const fs::path& folder) {
    const Word said = word(folder);
    return said == Word::kPending || said == Word::kGone ||
           status_of(folder, said, SystemClock().now_ms()).state == JobState::kLost;
  }

  // Writes the result that the runner cannot write any more, unless it did or another one lives.
  static void settle(const fs::path& folder, const Verdict& verdict) {
    const auto lock = FileLock::try_descriptor(folder / "lock");
    if (!lock) {
      return;
    }
    const Descriptor held(*lock);
    if (read_result(folder)) {
      return;
    }
    const TimeMs now = SystemClock().now_ms();
    JobResult result{.verdict = verdict, .started = now, .ended = now, .host = host_name()};
    if (const auto runner = read_runner(folder)) {
      result.started = runner->started;
      if (runner->child > 1 && is_here(*runner)) {
        for (const int pid : session_processes(runner->child)) {
          ::kill(pid, SIGKILL);
        }
      }
    }
    write_result(folder, result);
  }

  // Runners of this process that have ended; those of an earlier process belong to init.
  void reap() {
    std::erase_if(children_, [](int pid) { return poll_child(pid).has_value(); });
  }

  fs::path runner_;
  std::vector<int> children_;
};

}  // namespace

std::unique_ptr<Executor> make_local(const Json& options) {
  const auto runner = json_get_or<std::string>(options, "runner", "");
  return std::make_unique<Local>(runner.empty() ? program_folder() / "spotter" : fs::path(runner));
}

}  // namespace spotter::exec
