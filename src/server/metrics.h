// Figures for Prometheus, in its text format: the server's own and those of the loop.
#pragma once
#include <array>
#include <mutex>

#include "project/project.h"
#include "server/http.h"

namespace spotter::server {

class Metrics {
 public:
  // Counts one answered request; from any thread.
  void count(int status, double seconds);
  // The page of /metrics.
  [[nodiscard]] Response page(Project& project, std::size_t stream_count);

 private:
  std::mutex mutex_;
  std::array<std::uint64_t, 6> requests_{};  // by the first digit of the status
  double seconds_ = 0;
};

}  // namespace spotter::server
