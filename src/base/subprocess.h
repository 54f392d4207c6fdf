// Runs programs without a shell. Descriptors are not inherited; a process started in the background
// has a session of its own, so that it outlives the caller and can be stopped with its children.
#pragma once
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace spotter {

struct CommandSpec {
  std::vector<std::string> arguments;              // program first; looked up in PATH
  std::filesystem::path folder;                    // working folder; empty = the caller's
  std::map<std::string, std::string> environment;  // added to the caller's
  std::filesystem::path stdin_file;                // empty = nothing to read
  std::filesystem::path stdout_file;               // appended to; empty = inherited (run: captured)
  std::filesystem::path stderr_file;
  bool dies_with_caller =
      false;  // killed by the kernel when the calling thread ends, however it ends
};

struct CommandResult {
  int exit_code = -1;  // 128 + signal if a signal ended it
  std::string output;  // standard output, if captured
};

// Waits for the program and captures standard output (unless stdout_file is set).
// Throws kInvalid if it cannot be started.
[[nodiscard]] CommandResult run_command(const CommandSpec& spec);

// Starts the program in a new session and returns its pid at once. The caller may reap it.
[[nodiscard]] int spawn_command(const CommandSpec& spec);

// The exit code if the child has ended (reaps it), nothing while it runs.
[[nodiscard]] std::optional<int> poll_child(int pid);
// Waits for the child and returns its exit code.
int wait_child(int pid);
// Whether a process with this pid that started at `start_ticks` (from process_start_ticks) is
// alive.
[[nodiscard]] bool process_alive(int pid, long start_ticks);
// Start time of a process in clock ticks since boot (tells a reused pid apart), 0 if it is gone.
[[nodiscard]] long process_start_ticks(int pid);
// Sends `signal` to the whole session of a process started by spawn_command.
void signal_group(int pid, int signal);

}  // namespace spotter
