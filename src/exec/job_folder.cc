#include "exec/job_folder.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <fstream>

#include <fmt/format.h>
#include <signal.h>
#include <unistd.h>

#include "base/error.h"
#include "base/files.h"
#include "base/json.h"
#include "base/text.h"

namespace spotter::exec {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kLogLines = 30;

std::optional<Json> read_if_there(const fs::path& path) {
  if (!fs::exists(path)) {
    return std::nullopt;
  }
  return read_json(path);
}

Verdict judge_signal(const Ending& ending) {
  constexpr std::array kFaults = {SIGSEGV, SIGABRT, SIGBUS, SIGFPE, SIGILL};
  const std::string signal = fmt::format("signal {} ({})", ending.signal, strsignal(ending.signal));
  if (std::find(kFaults.begin(), kFaults.end(), ending.signal) != kFaults.end()) {
    return {JobState::kFailed, FailureClass::kCode, "the program crashed with " + signal};
  }
  if (ending.signal == SIGKILL && ending.out_of_memory) {
    return {JobState::kFailed, FailureClass::kOom, "killed because memory ran out"};
  }
  if (ending.signal == SIGTERM) {
    return {JobState::kFailed, FailureClass::kPreempted, "told to stop by " + signal};
  }
  return {JobState::kFailed, FailureClass::kInfra, "ended by " + signal};
}

Verdict judge_exit(const Ending& ending) {
  const int code = ending.exit_code;
  if (code >= 64 && code <= 69) {
    return {JobState::kFailed, FailureClass::kData,
            fmt::format("exit code {}: wrong configuration or data", code)};
  }
  if (code >= 71 && code <= 74) {
    return {JobState::kFailed, FailureClass::kInfra,
            fmt::format("exit code {}: system or disk", code)};
  }
  if (code == 126 || code == 127) {
    return {JobState::kFailed, FailureClass::kCode,
            fmt::format("exit code {}: a program in the command cannot be started", code)};
  }
  return {JobState::kFailed, FailureClass::kCode, fmt::format("exit code {}", code)};
}

}  // namespace

Verdict judge(const Ending& ending) {
  if (ending.signal == 0 && ending.exit_code == 0) {
    if (ending.missing_output.empty()) {
      return {JobState::kDone, FailureClass::kNone, ""};
    }
    return {JobState::kFailed, FailureClass::kCode,
            fmt::format("exit code 0, but it wrote no \"{}\"", ending.missing_output)};
  }
  if (ending.cancelled) {
    return {JobState::kCancelled, FailureClass::kNone, "cancelled"};
  }
  if (ending.signal == 0 && ending.exit_code == 75) {
    return {JobState::kRequeue, FailureClass::kNone, "stopped at a checkpoint, to be run again"};
  }
  if (ending.timed_out) {
    return {JobState::kFailed, FailureClass::kTimeout, "stopped at its time limit"};
  }
  if (ending.preempted) {
    return {JobState::kFailed, FailureClass::kPreempted, "its runner was told to stop"};
  }
  return ending.signal != 0 ? judge_signal(ending) : judge_exit(ending);
}

void write_spec(const JobSpec& spec) {
  write_json(spec.folder / "job.json", {{"name", spec.name},
                                        {"command", spec.command},
                                        {"environment", spec.environment},
                                        {"attempt", spec.attempt},
                                        {"working_folder", spec.working_folder.string()},
                                        {"checkpoint_folder", spec.checkpoint_folder.string()},
                                        {"outputs", spec.outputs},
                                        {"timeout_seconds", spec.timeout_seconds},
                                        {"warn_seconds", spec.warn_seconds},
                                        {"grace_seconds", spec.grace_seconds}});
}

std::optional<JobSpec> read_spec(const fs::path& folder) {
  const auto json = read_if_there(folder / "job.json");
  if (!json) {
    return std::nullopt;
  }
  const std::string origin = (folder / "job.json").string();
  JobSpec spec;
  spec.folder = folder;
  spec.name = json_get<std::string>(*json, "name", origin);
  spec.command = json_get<std::vector<std::string>>(*json, "command", origin);
  spec.environment = json_get<std::map<std::string, std::string>>(*json, "environment", origin);
  spec.attempt = json_get<int>(*json, "attempt", origin);
  spec.working_folder = json_get<std::string>(*json, "working_folder", origin);
  spec.checkpoint_folder = json_get<std::string>(*json, "checkpoint_folder", origin);
  spec.outputs = json_get<std::vector<std::string>>(*json, "outputs", origin);
  spec.timeout_seconds = json_get<int>(*json, "timeout_seconds", origin);
  spec.warn_seconds = json_get<int>(*json, "warn_seconds", origin);
  spec.grace_seconds = json_get<int>(*json, "grace_seconds", origin);
  return spec;
}

void write_result(const fs::path& folder, const JobResult& result) {
  write_json(folder / "result.json",
             {{"state", name(result.verdict.state)},
              {"exit_code", result.exit_code},
              {"signal", result.signal},
              {"class", name(result.verdict.failure)},
              {"message", result.verdict.message},
              {"started", iso_time(result.started)},
              {"ended", iso_time(result.ended)},
              {"host", result.host},
              {"cpu_seconds", result.cpu_seconds},
              {"memory_bytes_max", result.memory_bytes_max},
              {"outputs", result.outputs.is_null() ? Json::array() : result.outputs}});
}

std::optional<JobResult> read_result(const fs::path& folder) {
  const auto json = read_if_there(folder / "result.json");
  if (!json) {
    return std::nullopt;
  }
  const std::string origin = (folder / "result.json").string();
  JobResult result;
  result.verdict.state = job_state(json_get<std::string>(*json, "state", origin));
  result.verdict.failure = failure_class(json_get<std::string>(*json, "class", origin));
  result.verdict.message = json_get<std::string>(*json, "message", origin);
  result.exit_code = json_get<int>(*json, "exit_code", origin);
  result.signal = json_get<int>(*json, "signal", origin);
  result.started = parse_time(json_get<std::string>(*json, "started", origin));
  result.ended = parse_time(json_get<std::string>(*json, "ended", origin));
  result.host = json_get<std::string>(*json, "host", origin);
  result.cpu_seconds = json_get<double>(*json, "cpu_seconds", origin);
  result.memory_bytes_max = json_get<long>(*json, "memory_bytes_max", origin);
  result.outputs = json_get<Json>(*json, "outputs", origin);
  return result;
}

void write_runner(const fs::path& folder, const RunnerRecord& record) {
  write_json(folder / "runner.json", {{"pid", record.pid},
                                      {"start_ticks", record.start_ticks},
                                      {"host", record.host},
                                      {"boot", record.boot},
                                      {"child", record.child},
                                      {"child_start_ticks", record.child_start_ticks},
                                      {"started", iso_time(record.started)}});
}

std::optional<RunnerRecord> read_runner(const fs::path& folder) {
  const auto json = read_if_there(folder / "runner.json");
  if (!json) {
    return std::nullopt;
  }
  const std::string origin = (folder / "runner.json").string();
  return RunnerRecord{.pid = json_get<int>(*json, "pid", origin),
                      .start_ticks = json_get<long>(*json, "start_ticks", origin),
                      .host = json_get<std::string>(*json, "host", origin),
                      .boot = json_get<std::string>(*json, "boot", origin),
                      .child = json_get<int>(*json, "child", origin),
                      .child_start_ticks = json_get<long>(*json, "child_start_ticks", origin),
                      .started = parse_time(json_get<std::string>(*json, "started", origin))};
}

void write_heartbeat(const fs::path& folder, TimeMs now) {
  write_file_atomic(folder / "heartbeat", iso_time(now) + "\n");
}

TimeMs read_heartbeat(const fs::path& folder) {
  const auto path = folder / "heartbeat";
  return fs::exists(path) ? parse_time(trim(read_file(path))) : 0;
}

JobStatus status_of(const fs::path& folder, Word word, TimeMs now) {
  JobStatus status;
  if (const auto progress = folder / "progress.json"; fs::exists(progress)) {
    // Written by the user's program: what cannot be read is no progress, never a failure of the
    // job.
    const auto json = Json::parse(read_file(progress), nullptr, false);
    if (json.is_object() && json.contains("fraction") && json["fraction"].is_number()) {
      status.fraction = std::clamp(json["fraction"].get<double>(), 0.0, 1.0);
      status.message = json.contains("message") && json["message"].is_string()
                           ? json["message"].get<std::string>()
                           : "";
    }
  }
  if (const auto result = read_result(folder)) {
    status.state = result->verdict.state;
    status.failure = result->verdict.failure;
    status.exit_code = result->exit_code;
    status.seconds = static_cast<double>(result->ended - result->started) / 1000;
    status.cpu_seconds = result->cpu_seconds;
    if (status.state == JobState::kDone) {
      status.fraction = 1;
    } else {
      status.message = result->verdict.message;
      status.last_lines = last_lines(folder, kLogLines);
    }
    return status;
  }
  const auto runner = read_runner(folder);
  if (!runner) {
    status.state = JobState::kQueued;
    return status;
  }
  status.seconds = static_cast<double>(std::max<TimeMs>(0, now - runner->started)) / 1000;
  const bool silent = now - std::max(read_heartbeat(folder), runner->started) > 3 * kHeartbeatMs;
  const bool lost = word == Word::kGone || (word == Word::kUnknown && silent);
  status.state = lost ? JobState::kLost : JobState::kRunning;
  if (lost) {
    status.failure = FailureClass::kLost;
    status.message = "its runner is gone and left no result";
    status.last_lines = last_lines(folder, kLogLines);
  }
  return status;
}

std::string log_tail(const fs::path& folder, std::size_t bytes_max) {
  std::ifstream in(folder / "log", std::ios::binary | std::ios::ate);
  if (!in) {
    return "";
  }
  const auto size = static_cast<std::size_t>(in.tellg());
  const auto count = std::min(size, bytes_max);
  in.seekg(static_cast<std::streamoff>(size - count));
  std::string bytes(count, '\0');
  in.read(bytes.data(), static_cast<std::streamsize>(count));
  bytes.resize(static_cast<std::size_t>(in.gcount()));
  return bytes;
}

std::vector<std::string> last_lines(const fs::path& folder, std::size_t lines_max) {
  auto lines = split(log_tail(folder, 64 << 10), '\n');
  if (!lines.empty() && lines.back().empty()) {
    lines.pop_back();
  }
  if (lines.size() > lines_max) {
    lines.erase(lines.begin(), lines.end() - static_cast<std::ptrdiff_t>(lines_max));
  }
  return lines;
}

std::string host_name() {
  std::array<char, 256> name{};
  ::gethostname(name.data(), name.size() - 1);
  return name.data();
}

std::string boot_id() {
  std::ifstream in("/proc/sys/kernel/random/boot_id");
  std::string id;
  in >> id;
  return id;
}

bool is_here(const RunnerRecord& record) {
  return record.host == host_name() && record.boot == boot_id();
}

}  // namespace spotter::exec
