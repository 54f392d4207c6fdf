// The folder contract from the program's side: progress, checkpoints on request, exit codes, files
// by rename.
#pragma once
#include <chrono>
#include <filesystem>
#include <string_view>

#include "base/json.h"

namespace spotter::nn {

inline constexpr int kExitConfig = 64;   // EX_USAGE: the command line or the configuration
inline constexpr int kExitData = 65;     // EX_DATAERR: the manifest, the pictures or the model
inline constexpr int kExitNoInput = 66;  // EX_NOINPUT: a named file is not there
inline constexpr int kExitDevice = 69;   // EX_UNAVAILABLE: no such device
inline constexpr int kExitDisk = 74;     // EX_IOERR: nothing can be written; may pass
inline constexpr int kExitRequeue = 75;  // EX_TEMPFAIL: stopped at a checkpoint, run again

// SIGUSR1 and SIGTERM set a flag that training looks at between steps.
void listen_for_stop();
[[nodiscard]] bool stop_wanted();

// Writes progress.json into SPOTTER_JOB_DIR at most once a second; does nothing without that
// variable.
class Progress {
 public:
  void report(double fraction, std::string_view message);

 private:
  std::chrono::steady_clock::time_point next_{};
};

// SPOTTER_CKPT_DIR, or empty.
[[nodiscard]] std::filesystem::path checkpoint_folder();

// User and system seconds of this process so far.
[[nodiscard]] double cpu_seconds();

}  // namespace spotter::nn
