#include "server/project_pool.h"

namespace spotter::server {
namespace {

std::filesystem::file_time_type changed_at(const std::filesystem::path& root) {
  std::error_code ignored;
  return std::filesystem::last_write_time(root / "spotter.yaml", ignored);
}

}  // namespace

ProjectPool::ProjectPool(std::filesystem::path root, std::size_t projects_max)
    : root_(std::move(root)), projects_max_(projects_max), configured_at_(changed_at(root_)) {}

ProjectPool::Lease ProjectPool::borrow() {
  std::vector<std::unique_ptr<Project>> outdated;  // closed after the lock is given up
  std::unique_lock guard(mutex_);
  returned_.wait(guard, [this] { return lent_count_ < projects_max_; });
  if (const auto now = changed_at(root_); now != configured_at_) {
    outdated.swap(free_);
    configured_at_ = now;
  }
  const ConfiguredAt configured_at = configured_at_;
  ++lent_count_;
  if (!free_.empty()) {
    auto project = std::move(free_.back());
    free_.pop_back();
    return {*this, std::move(project), configured_at};
  }
  guard.unlock();
  // Opening may fail on a spotter.yaml that is being edited; the place is free again then.
  try {
    return {*this, std::make_unique<Project>(open_project(root_)), configured_at};
  } catch (...) {
    give_back(nullptr, configured_at);
    throw;
  }
}

void ProjectPool::give_back(std::unique_ptr<Project> project, ConfiguredAt configured_at) {
  {
    const std::scoped_lock guard(mutex_);
    --lent_count_;
    if (project && configured_at == configured_at_) {
      free_.push_back(std::move(project));
    }
  }
  returned_.notify_one();
}

}  // namespace spotter::server
