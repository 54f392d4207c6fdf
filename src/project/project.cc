#include "project/project.h"

#include <cstdlib>
#include <random>

#include <fmt/format.h>
#include <pwd.h>
#include <unistd.h>

#include "base/error.h"
#include "base/files.h"
#include "base/ids.h"
#include "base/text.h"
#include "project/options.h"

namespace spotter {
namespace {

constexpr const char* kConfigFile = "spotter.yaml";

std::string acting_person() {
  if (const char* named = std::getenv("SPOTTER_USER"); named != nullptr && *named != '\0') {
    if (!valid_utf8(named)) {
      fail(ErrorCode::kInvalid, "SPOTTER_USER is not UTF-8 text");
    }
    return named;
  }
  const passwd* entry = getpwuid(getuid());
  return entry == nullptr ? "unknown" : entry->pw_name;
}

std::uint64_t random_seed() {
  std::random_device device;
  return (std::uint64_t{device()} << 32) ^ device();
}

std::filesystem::path nearest_project() {
  for (auto folder = std::filesystem::current_path();; folder = folder.parent_path()) {
    if (std::filesystem::exists(folder / kConfigFile)) {
      return folder;
    }
    if (folder == folder.parent_path()) {
      fail(ErrorCode::kNotFound,
           fmt::format("there is no project here: no {} in this folder or above; make one "
                       "with `spotter init`, or name one with --project: {}",
                       kConfigFile, std::filesystem::current_path().string()));
    }
  }
}

Project make(const std::filesystem::path& root, Config config,
             std::unique_ptr<catalog::Database> catalog) {
  const auto state = root / ".spotter";
  return Project{.root = root,
                 .config = std::move(config),
                 .catalog = std::move(catalog),
                 .lake = lake::open_lake(state / "lake"),
                 .blobs = blobs::open_local(state / "blobs"),
                 .clock = std::make_shared<SystemClock>(),
                 .rng = Rng(random_seed()),
                 .person = acting_person()};
}

// The schema of labels and the slices follow the configuration; what is gone there is archived, not
// removed.
void follow_config(Project& project) {
  const auto& config = project.config;
  auto& db = *project.catalog;
  Json wanted = {{"classes", config.classes}, {"slices", Json::array()}};
  for (const auto& s : config.slices) {
    wanted["slices"].push_back({s.name, s.where, s.class_name, s.weight, s.blocking, s.must});
  }
  const auto stored = db.query("SELECT value FROM meta WHERE key = 'configured'");
  if (!stored.empty() && stored[0].text(0) == wanted.dump()) {
    return;
  }
  db.transaction([&] {
    db.execute("UPDATE classes SET archived = 1");
    for (std::size_t i = 0; i < config.classes.size(); ++i) {
      db.execute(
          "INSERT INTO classes (id, name, position, archived) VALUES ($1, $2, $3, 0) ON CONFLICT "
          "(name) DO "
          "UPDATE SET position = excluded.position, archived = 0",
          {project.new_id("class"), config.classes[i], static_cast<std::int64_t>(i)});
    }
    db.execute("UPDATE slices SET archived = 1 WHERE source = 'config'");
    for (const auto& s : config.slices) {
      db.execute(
          "INSERT INTO slices (name, definition, weight, blocking, must, source, created_at) "
          "VALUES ($1, $2, $3, $4, "
          "$5, 'config', $6) ON CONFLICT (name) DO UPDATE SET definition = excluded.definition, "
          "weight = "
          "excluded.weight, blocking = excluded.blocking, must = excluded.must, source = 'config', "
          "archived = 0",
          {s.name, Json({{"where", s.where}, {"class", s.class_name}}).dump(), s.weight,
           std::int64_t{s.blocking ? 1 : 0}, s.must, project.now()});
    }
    db.execute(
        "INSERT INTO meta (key, value) VALUES ('configured', $1) ON CONFLICT (key) DO UPDATE SET "
        "value = "
        "excluded.value",
        {wanted.dump()});
  });
}

}  // namespace

std::string Project::new_id(std::string_view noun) {
  return spotter::new_id(noun, rng);
}

void Project::audit(std::string_view action, std::string_view object, const Json& details) {
  catalog->execute(
      "INSERT INTO audit (id, author, action, object, details, created_at) VALUES ($1, $2, $3, $4, "
      "$5, $6)",
      {new_id("audit"), person, std::string(action), std::string(object), details.dump(), now()});
}

Project init_project(const std::filesystem::path& given, const InitOptions& options) {
  const auto root = std::filesystem::absolute(given).lexically_normal();
  if (std::filesystem::exists(root / kConfigFile) || std::filesystem::exists(root / ".spotter")) {
    fail(ErrorCode::kConflict, fmt::format("there is a project already: {}", root.string()));
  }
  const bool fresh = !std::filesystem::exists(root);
  make_folders(root);
  const auto name =
      options.name.empty()
          ? (root.has_filename() ? root.filename() : root.parent_path().filename()).string()
          : options.name;
  const auto temporary = root / ".spotter.partial";
  std::error_code ignored;
  try {
    // The text is checked as a user's file would be, so that what init writes can be read back.
    write_file_atomic(temporary / kConfigFile,
                      starting_config(name, options.task, options.classes));
    (void)read_config(temporary / kConfigFile);
    {
      auto database = catalog::open_database("sqlite:" + (temporary / "catalog.db").string());
      catalog::migrate(*database, {});
    }
    {
      (void)lake::open_lake(temporary / "lake")->snapshot();
    }
    make_folders(temporary / "blobs");
    std::filesystem::rename(temporary / kConfigFile, root / ".spotter.yaml.partial");
    std::filesystem::rename(temporary, root / ".spotter");
    std::filesystem::rename(root / ".spotter.yaml.partial", root / kConfigFile);
  } catch (...) {
    for (const auto& left : {temporary, root / ".spotter", root / ".spotter.yaml.partial"}) {
      std::filesystem::remove_all(left, ignored);
    }
    if (fresh) {
      std::filesystem::remove_all(root, ignored);
    }
    throw;
  }
  auto project = open_project(root);
  project.audit("project.init", project.config.name);
  return project;
}

Project open_project(const std::filesystem::path& given) {
  const auto root =
      given.empty() ? nearest_project() : std::filesystem::absolute(given).lexically_normal();
  if (!std::filesystem::exists(root / kConfigFile)) {
    fail(ErrorCode::kNotFound,
         fmt::format("there is no project: no {} in {}", kConfigFile, root.string()));
  }
  const auto file = root / ".spotter" / "catalog.db";
  if (!std::filesystem::exists(file)) {
    fail(
        ErrorCode::kCorrupt,
        fmt::format("the project's state is missing; restore it from a backup: {}", file.string()));
  }
  auto config = read_config(root / kConfigFile);
  auto database = catalog::open_database("sqlite:" + file.string());
  catalog::migrate(*database, root / ".spotter" / "backups");
  auto project = make(root, std::move(config), std::move(database));
  if (::access(file.c_str(), W_OK) == 0 && ::access(file.parent_path().c_str(), W_OK) == 0) {
    follow_config(project);  // else who reads has to do with what the catalog follows already
  }
  return project;
}

Project test_project(const std::filesystem::path& folder, const Config& config) {
  auto database = catalog::open_database("sqlite::memory:");
  catalog::migrate(*database, {});
  auto project = make(folder, config, std::move(database));
  project.blobs = blobs::open_memory();
  project.clock = std::make_shared<FakeClock>();
  project.rng = Rng(1);
  project.person = "tester";
  follow_config(project);
  return project;
}

}  // namespace spotter
