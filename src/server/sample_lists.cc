#include "server/sample_lists.h"

#include <utility>

namespace spotter::server {
namespace {

constexpr std::size_t kListsMax = 12;

}  // namespace

SampleLists::Keys SampleLists::get(Project& project, const BrowseOptions& options) {
  const auto flags = project.catalog->query("SELECT count(*) FROM flags");
  State state{project.lake->snapshot(), flags[0].integer(0), options};
  {
    const std::scoped_lock guard(mutex_);
    for (auto entry = entries_.begin(); entry != entries_.end(); ++entry) {
      if (entry->state == state) {
        entries_.splice(entries_.begin(), entries_, entry);
        return entry->keys;
      }
    }
  }
  auto keys = std::make_shared<const std::vector<std::string>>(ordered_keys(project, options));
  const std::scoped_lock guard(mutex_);
  entries_.push_front({std::move(state), keys});
  if (entries_.size() > kListsMax) {
    entries_.pop_back();
  }
  return keys;
}

}  // namespace spotter::server
