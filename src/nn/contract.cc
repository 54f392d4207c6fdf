#include "nn/contract.h"

#include <csignal>
#include <cstdlib>

#include <sys/resource.h>

namespace spotter::nn {
namespace {

// A signal handler can reach nothing else.
constinit volatile std::sig_atomic_t stop_flag =
    0;  // NOLINT(cppcoreguidelines-avoid-non-const-global-variables)

std::filesystem::path folder_from(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::filesystem::path() : std::filesystem::path(value);
}

}  // namespace

void listen_for_stop() {
  struct sigaction action{};
  action.sa_handler = [](int) { stop_flag = 1; };
  sigaction(SIGUSR1, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
}

bool stop_wanted() {
  return stop_flag != 0;
}

void Progress::report(double fraction, std::string_view message) {
  const auto folder = folder_from("SPOTTER_JOB_DIR");
  const auto now = std::chrono::steady_clock::now();
  if (folder.empty() || now < next_) {
    return;
  }
  next_ = now + std::chrono::seconds(1);
  write_json(folder / "progress.json", {{"fraction", fraction}, {"message", message}});
}

std::filesystem::path checkpoint_folder() {
  return folder_from("SPOTTER_CKPT_DIR");
}

double cpu_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) * 1e-6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

}  // namespace spotter::nn
