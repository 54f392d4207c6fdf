#include <array>

#include <fmt/format.h>

#include "base/error.h"
#include "exec/executor.h"

namespace spotter::exec {
namespace {

constexpr std::array<std::string_view, 7> kStates = {"queued",    "running", "done", "failed",
                                                     "cancelled", "requeue", "lost"};
constexpr std::array<std::string_view, 8> kFailures = {"none",      "code",    "data", "infra",
                                                       "preempted", "timeout", "oom",  "lost"};

template <std::size_t N>
std::size_t position(const std::array<std::string_view, N>& words, std::string_view word,
                     std::string_view what) {
  for (std::size_t i = 0; i < N; ++i) {
    if (words[i] == word) {
      return i;
    }
  }
  fail(ErrorCode::kInvalid, fmt::format("no {} is called \"{}\"", what, word));
}

}  // namespace

std::string_view name(JobState state) {
  return kStates.at(static_cast<std::size_t>(state));
}
std::string_view name(FailureClass failure) {
  return kFailures.at(static_cast<std::size_t>(failure));
}
bool terminal(JobState state) {
  return state != JobState::kQueued && state != JobState::kRunning;
}
bool retried(FailureClass failure) {
  return failure >= FailureClass::kInfra;
}
JobState job_state(std::string_view name) {
  return static_cast<JobState>(position(kStates, name, "state of a job"));
}
FailureClass failure_class(std::string_view name) {
  return static_cast<FailureClass>(position(kFailures, name, "failure class"));
}

}  // namespace spotter::exec
