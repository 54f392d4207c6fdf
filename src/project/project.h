// One project: its spotter.yaml and its three stores, opened together and passed down. A folder
// that can be copied, moved and deleted alone:
//   spotter.yaml  .spotter/{catalog.db, lake/, blobs/, thumbnails/, jobs/, backups/, lock}
#pragma once
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/random.h"
#include "base/time.h"
#include "project/config.h"
#include "store/blobs/blobs.h"
#include "store/catalog/database.h"
#include "store/lake/lake.h"

namespace spotter {

struct Project {
  std::filesystem::path root;
  Config config;
  std::unique_ptr<catalog::Database> catalog;
  std::unique_ptr<lake::Lake> lake;
  std::unique_ptr<blobs::Blobs> blobs;
  std::shared_ptr<Clock> clock;
  Rng rng;             // for ids; analyses take a seed of their own
  std::string person;  // who acts: SPOTTER_USER, else the login name

  [[nodiscard]] std::filesystem::path state_folder() const { return root / ".spotter"; }
  [[nodiscard]] TimeMs now() const { return clock->now_ms(); }
  [[nodiscard]] std::string new_id(std::string_view noun);
  // Adds a row to the audit log.
  void audit(std::string_view action, std::string_view object,
             const Json& details = Json::object());
};

struct InitOptions {
  std::string name;  // empty = the folder's name
  std::string task = "detection";
  std::vector<std::string> classes;
};

// Creates the project in `root` (made if absent); all or nothing. Throws kConflict if there is one.
Project init_project(const std::filesystem::path& root, const InitOptions& options);
// Opens the project at `root`, or, if empty, the nearest folder upward from the working folder that
// has a spotter.yaml. Migrates an older catalog; throws kNotFound, kInvalid, kConflict (newer
// project).
Project open_project(const std::filesystem::path& root = {});
// In memory catalog and blobs, lake in `folder`; for tests.
Project test_project(const std::filesystem::path& folder, const Config& config);

// Every problem: hashes of blobs, references between stores, lake files, journal. Empty = clean.
[[nodiscard]] std::vector<std::string> verify_project(Project& project);

}  // namespace spotter
