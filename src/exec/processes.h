// The processes of a job on this machine, from /proc: whom to signal and whom to clean up.
#pragma once
#include <vector>

namespace spotter::exec {

// Living processes of the session that `leader` started.
[[nodiscard]] std::vector<int> session_processes(int leader);
// Living children of a process.
[[nodiscard]] std::vector<int> child_processes(int pid);
// Whether the process has a handler for the signal (one that does not would be killed by SIGUSR1).
[[nodiscard]] bool catches(int pid, int signal);
// Out-of-memory kills that the kernel counted for this process's control group; 0 where it does not
// count.
[[nodiscard]] long out_of_memory_kills();

}  // namespace spotter::exec
