#include "cli/interrupt.h"

#include <csignal>

#include <fmt/format.h>
#include <signal.h>
#include <unistd.h>

#include "base/error.h"
#include "store/catalog/database.h"

namespace spotter::cli {
namespace {

constexpr int kInterrupted = 130;
constexpr long kLookNs = 50'000'000;

sigset_t interrupt() {
  sigset_t set;
  ::sigemptyset(&set);
  ::sigaddset(&set, SIGINT);
  return set;
}

// The jobs that outlive this process: "job a, job b", or empty.
std::string jobs_at_work(const std::filesystem::path& catalog) {
  std::string jobs;
  // A thread boundary: whatever cannot be read, the process still has to end.
  try {
    const auto database = catalog::open_database("sqlite:" + catalog.string());
    for (const auto& row : database->query(
             "SELECT name FROM jobs WHERE state IN ('queued', 'running') ORDER BY name")) {
      jobs += (jobs.empty() ? "job " : ", job ") + row.text(0);
    }
  } catch (const Error&) {
    return jobs;
  }
  return jobs;
}

}  // namespace

void block_interrupt() {
  const sigset_t set = interrupt();
  ::pthread_sigmask(SIG_BLOCK, &set, nullptr);
}

std::jthread watch_interrupt(std::filesystem::path catalog) {
  return std::jthread([catalog = std::move(catalog)](const std::stop_token& stop) {
    const sigset_t set = interrupt();
    const timespec time{.tv_sec = 0, .tv_nsec = kLookNs};
    while (!stop.stop_requested()) {
      if (::sigtimedwait(&set, nullptr, &time) != SIGINT) {
        continue;
      }
      const auto jobs = jobs_at_work(catalog);
      fmt::print(stderr,
                 "\ninterrupted{}; `spotter cycle resume` {}, `spotter cycle cancel` ends it\n",
                 jobs.empty() ? "" : ": the work goes on as " + jobs,
                 jobs.empty() ? "goes on" : "picks it up");
      std::fflush(stderr);
      ::_exit(kInterrupted);
    }
  });
}

}  // namespace spotter::cli
