#include <set>

#include <fmt/format.h>
#include <sys/stat.h>

#include "base/json.h"
#include "project/care.h"
#include "store/lake/care.h"

namespace spotter {
namespace {

constexpr std::size_t kHashCharacters = 64;

// Every run of exactly 64 hexadecimal digits in `text`: more than references, never less.
void mark_text(std::string_view text, std::set<std::string, std::less<>>& marked) {
  std::size_t length = 0;
  for (std::size_t i = 0; i <= text.size(); ++i) {
    const bool digit = i < text.size() &&
                       ((text[i] >= '0' && text[i] <= '9') || (text[i] >= 'a' && text[i] <= 'f'));
    if (digit) {
      ++length;
      continue;
    }
    if (length == kHashCharacters) {
      marked.emplace(text.substr(i - kHashCharacters, kHashCharacters));
    }
    length = 0;
  }
}

std::vector<std::string> catalog_tables(catalog::Database& database) {
  const auto rows =
      database.driver() == "sqlite"
          ? database.query("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")
          : database.query(
                "SELECT table_name FROM information_schema.tables WHERE table_schema = "
                "current_schema() ORDER BY table_name");
  std::vector<std::string> names;
  for (const auto& row : rows) {
    names.push_back(row.text(0));
  }
  return names;
}

// Whatever names a blob anywhere: no list of columns that a later table could be missing from.
std::set<std::string, std::less<>> mark(Project& project) {
  std::set<std::string, std::less<>> marked;
  for (const auto& table : catalog_tables(*project.catalog)) {
    for (const auto& row : project.catalog->query(fmt::format("SELECT * FROM {}", table))) {
      for (std::size_t c = 0; c < row.size(); ++c) {
        mark_text(row.text(c), marked);
      }
    }
  }
  const auto columns = project.lake->query(
      "SELECT table_name, column_name FROM duckdb_columns() WHERE data_type = 'VARCHAR' AND NOT "
      "internal AND "
      "schema_name = 'main' AND table_name NOT LIKE 'current%' AND table_name <> 'wanted_keys' "
      "ORDER BY ALL");
  for (std::size_t r = 0; r < columns.rows.size(); ++r) {
    const auto found = project.lake->query(fmt::format(
        "SELECT DISTINCT unnest(regexp_extract_all(\"{1}\", '[0-9a-f]{{64}}')) FROM {0} WHERE "
        "length(\"{1}\") >= 64",
        columns.text(r, 0), columns.text(r, 1)));
    for (std::size_t k = 0; k < found.rows.size(); ++k) {
      marked.insert(found.text(k, 0));
    }
  }
  return marked;
}

TimeMs changed_ms(const std::filesystem::path& path) {
  struct stat status{};
  if (::stat(path.c_str(), &status) != 0) {
    return 0;
  }
  return static_cast<TimeMs>(status.st_mtim.tv_sec) * 1000 + status.st_mtim.tv_nsec / 1'000'000;
}

// Temporary files that writers which were killed left between the blobs.
std::uintmax_t sweep_leftovers(const std::filesystem::path& folder, TimeMs older_than,
                               bool dry_run) {
  std::vector<std::filesystem::path> left;
  std::uintmax_t bytes = 0;
  std::error_code error;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder, error)) {
    if (entry.is_regular_file() && entry.path().extension() == ".tmp" &&
        changed_ms(entry.path()) < older_than) {
      bytes += entry.file_size();
      left.push_back(entry.path());
    }
  }
  for (const auto& path : left) {
    if (!dry_run) {
      std::filesystem::remove(path, error);
    }
  }
  return bytes;
}

}  // namespace

Json sweep_project(Project& project, const SweepOptions& options) {
  const TimeMs older_than = project.now() - options.grace_ms;
  // Listed before marking: what is put in between is young, and what is referred to in between was
  // marked or renewed by its put.
  std::vector<std::pair<std::string, std::uintmax_t>> stored;
  project.blobs->list(
      [&](std::string_view hash, std::uintmax_t size) { stored.emplace_back(hash, size); });
  const auto marked = mark(project);
  std::size_t count = 0;
  std::uintmax_t bytes = 0;
  std::size_t kept_count = 0;
  std::uintmax_t kept_bytes = 0;
  for (const auto& [hash, size] : stored) {
    // A put of bytes that are there renews their time.
    if (marked.contains(hash) || changed_ms(project.blobs->local_path(hash)) >= older_than) {
      ++kept_count;
      kept_bytes += size;
      continue;
    }
    ++count;
    bytes += size;
    if (!options.dry_run) {
      project.blobs->remove(hash);
    }
  }
  const auto leftovers =
      sweep_leftovers(project.state_folder() / "blobs", older_than, options.dry_run);
  const auto lake = options.dry_run
                        ? lake::unneeded_bytes(*project.lake, project.state_folder() / "lake")
                        : project.lake->compact();
  if (!options.dry_run) {
    project.audit("project.gc", project.config.name,
                  {{"blobs", count}, {"bytes", bytes + leftovers + lake}});
  }
  return {{"dry_run", options.dry_run},
          {"blobs", {{"count", count}, {"bytes", bytes}}},
          {"leftovers", {{"bytes", leftovers}}},
          {"lake", {{"bytes", lake}}},
          {"bytes", bytes + leftovers + lake},
          {"kept", {{"count", kept_count}, {"bytes", kept_bytes}}}};
}

}  // namespace spotter
