// The keys of a filter in an order, kept while nothing changes, so that a grid of many samples can
// jump anywhere without the lake being asked again.
#pragma once
#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "project/browse.h"
#include "project/project.h"

namespace spotter::server {

class SampleLists {
 public:
  using Keys = std::shared_ptr<const std::vector<std::string>>;

  // The ordered keys, computed once for each state of lake and flags. Throws as ordered_keys.
  // Thread safe.
  [[nodiscard]] Keys get(Project& project, const BrowseOptions& options);

 private:
  // Everything that a list depends on.
  struct State {
    std::int64_t snapshot = 0;
    std::int64_t flag_count = 0;
    BrowseOptions options;
    friend bool operator==(const State&, const State&) = default;
  };
  struct Entry {
    State state;
    Keys keys;
  };
  std::mutex mutex_;
  std::list<Entry> entries_;  // the last used first
};

}  // namespace spotter::server
