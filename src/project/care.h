// Care of a project: finding what is broken, and giving back the room of what nothing refers to.
#pragma once
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json_fwd.h"
#include "project/project.h"

namespace spotter {

struct VerifyOptions {
  bool hashes = true;  // read every blob; without, only whether they are there
  std::function<void(double, std::string_view)> progress;
};

// verify_project of project.h with options. Every problem, one sentence each, in a fixed order.
// Looks at the bytes of every blob, the files and counts of the lake, the references within and
// between the three stores, the content hashes of dataset versions and the journal of cycles.
// Changes nothing. Cost: reads the whole project once.
[[nodiscard]] std::vector<std::string> verify_project(Project& project,
                                                      const VerifyOptions& options);

struct SweepOptions {
  bool dry_run = true;
  TimeMs grace_ms = 24LL * 3600 * 1000;  // what was put so recently may be about to be referred to
};

// Mark and sweep: removes blobs that no text in catalog and lake names, temporary files of killed
// writers, and files of the lake that its newest snapshot does not need. Returns
// {"dry_run","blobs":{"count","bytes"},
// "leftovers":{"bytes"},"lake":{"bytes"},"bytes","kept":{"count","bytes"}}.
Json sweep_project(Project& project, const SweepOptions& options);

// The content hash of a dataset version: over its items by key.
class ContentHash {
 public:
  void add(std::string_view sample, std::string_view media, std::string_view split,
           std::int64_t revision);
  [[nodiscard]] std::string hex() const;

 private:
  std::string text_;
};

}  // namespace spotter
