// Processes that the server started for cycles: it forgets them when they have ended, and they
// outlive it.
#pragma once
#include <mutex>
#include <string>
#include <vector>

#include "project/project.h"

namespace spotter::server {

class Children {
 public:
  // Starts `spotter` with these arguments in a session of its own. Thread safe.
  void start(const Project& project, const std::vector<std::string>& arguments);
  // Takes leave of those that have ended. Thread safe.
  void forget_ended();

 private:
  std::mutex mutex_;
  std::vector<int> pids_;
};

}  // namespace spotter::server
