// Opened projects for threads to borrow: a catalog connection may be used by one thread at a time.
// Opens another only when all are lent, and opens anew when spotter.yaml has changed.
#pragma once
#include <condition_variable>
#include <filesystem>
#include <memory>
#include <mutex>
#include <vector>

#include "project/project.h"

namespace spotter::server {

class ProjectPool {
  using ConfiguredAt = std::filesystem::file_time_type;  // when spotter.yaml was last written

 public:
  ProjectPool(std::filesystem::path root, std::size_t projects_max);

  class Lease {
   public:
    Lease(ProjectPool& pool, std::unique_ptr<Project> project, ConfiguredAt configured_at)
        : pool_(pool), project_(std::move(project)), configured_at_(configured_at) {}
    ~Lease() { pool_.give_back(std::move(project_), configured_at_); }
    Lease(const Lease&) = delete;
    Lease& operator=(const Lease&) = delete;
    [[nodiscard]] Project& operator*() const { return *project_; }

   private:
    ProjectPool& pool_;
    std::unique_ptr<Project> project_;
    ConfiguredAt configured_at_;
  };

  // Waits while all are lent. Throws as open_project does.
  [[nodiscard]] Lease borrow();

 private:
  // A project that was opened before spotter.yaml changed is closed, not kept.
  void give_back(std::unique_ptr<Project> project, ConfiguredAt configured_at);

  std::filesystem::path root_;
  std::size_t projects_max_;
  std::mutex mutex_;
  std::condition_variable returned_;
  std::vector<std::unique_ptr<Project>>
      free_;  // the last given back is lent first: its caches are warm
  std::size_t lent_count_ = 0;
  ConfiguredAt configured_at_;
};

}  // namespace spotter::server
