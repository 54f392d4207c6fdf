// `spotter serve`: one process that shows a project, takes what people decide, and runs its
// calendar. Puts together listener, router, files, watcher and scheduler.
#pragma once
#include <filesystem>
#include <functional>
#include <string>

namespace spotter::server {

struct ServeOptions {
  std::filesystem::path project;        // empty = the nearest folder upward with a spotter.yaml
  std::string bind = "127.0.0.1:8300";  // address:port; port 0 = any free one
  bool schedule = true;                 // run the calendar of spotter.yaml
  std::function<void(const std::string& url)> on_ready;  // may be empty
};

// Serves until SIGTERM or SIGINT. Throws kInvalid for a wrong address, kUnavailable when it is
// taken, and as open_project.
void serve(const ServeOptions& options);

}  // namespace spotter::server
