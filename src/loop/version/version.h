// Immutable dataset versions: which samples, in which split, with which revision of their labels. A
// version has a parent, a message, a content hash and its lineage back to batches, campaigns and
// failure modes. Nothing is ever changed: other content is another version.
#pragma once
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "project/project.h"

namespace spotter::version {

struct Version {
  std::string id;  // "v1", "v2", …
  std::int64_t number = 0;
  std::string parent;  // empty for the first
  std::string message;
  std::string author;
  std::string content_hash;  // over samples, pictures, splits and label revisions
  Json counts;               // {"samples", "labels", "scenes", "splits": {…}, "classes": {…}}
  Json lineage;  // {"batches", "campaigns", "failure_modes", "cycle"} of what is new since the
                 // parent
  TimeMs created_at = 0;
  bool created = true;  // false: the content equals the parent's, which is returned
};

struct CommitOptions {
  std::string message;
  std::string where = "true";  // which labelled samples; the others stay out
  std::string cycle;
  std::uint64_t seed = 0;  // of the split of new scenes
};

// Freezes every sample that has labels and satisfies `where`. A scene keeps the split that it had
// in an earlier version; a sample attribute "split" decides otherwise; new scenes are dealt out by
// a hash in the shares of the configuration. Calling again without a change returns the newest
// version as it is. Throws kInvalid when no sample has labels or all would be in one split.
Version commit(Project& project, const CommitOptions& options);

// Newest first.
[[nodiscard]] std::vector<Version> log(Project& project);
// "v3", "latest" or a unique start of a content hash; throws kNotFound with "did you mean".
[[nodiscard]] Version find(Project& project, std::string_view name);
// {"added", "removed", "relabelled", "moved": counts and first keys, "classes": {name: change}}.
[[nodiscard]] Json diff(Project& project, std::string_view from, std::string_view to);
[[nodiscard]] Json to_json(const Version& version);

// Writes each split as `folder`/<split> in the interchange format `format`, with its pictures. The
// folder must be absent or empty. Returns {"samples", "labels", "dropped", "rejects"}.
Json checkout(Project& project, std::string_view name, const std::filesystem::path& folder,
              std::string_view format);

}  // namespace spotter::version
