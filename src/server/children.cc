#include "server/children.h"

#include "base/subprocess.h"
#include "loop/cycle/scheduler.h"

namespace spotter::server {

void Children::start(const Project& project, const std::vector<std::string>& arguments) {
  const std::scoped_lock guard(mutex_);
  pids_.push_back(cycle::start_spotter(project, arguments));
}

void Children::forget_ended() {
  const std::scoped_lock guard(mutex_);
  std::erase_if(pids_, [](int pid) { return poll_child(pid).has_value(); });
}

}  // namespace spotter::server
