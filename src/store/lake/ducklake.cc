#include "store/lake/ducklake.h"

#include <algorithm>
#include <chrono>
#include <optional>
#include <thread>

#include <fmt/format.h>
#include <unistd.h>

#include "base/error.h"
#include "base/files.h"
#include "store/lake/query_within.h"
#include "store/lake/schema.h"

namespace spotter::lake {
namespace {

constexpr int kLockTimeoutMs = 600'000;
constexpr int kAttemptsMax = 6;
constexpr int kListAttemptsMax = 5;
constexpr int kReadAttemptsMax = 3;
constexpr int kBusyTimeoutMs = 20'000;
constexpr std::size_t kFilesMax = 96;  // of one table, before they are merged

std::uintmax_t bytes_below(const std::filesystem::path& folder) {
  std::uintmax_t bytes = 0;
  std::error_code ignored;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder, ignored)) {
    if (entry.is_regular_file(ignored)) {
      bytes += entry.file_size(ignored);
    }
  }
  return bytes;
}

// The catalogue's folder, or where nothing can be written there, a copy of the catalogue elsewhere:
// SQLite wants to keep its log beside what it reads.
class ReadableCatalogue {
 public:
  explicit ReadableCatalogue(const std::filesystem::path& folder) : folder_(folder) {
    if (::access(folder.c_str(), W_OK) == 0) {
      return;
    }
    copy_.emplace();
    folder_ = copy_->path();
    for (const char* name : {"catalog.sqlite", "catalog.sqlite-wal"}) {
      if (std::filesystem::exists(folder / name)) {
        write_file_atomic(folder_ / name, read_file(folder / name), Sync::kNone);
      }
    }
  }
  [[nodiscard]] const std::filesystem::path& folder() const { return folder_; }

 private:
  std::filesystem::path folder_;
  std::optional<TemporaryFolder> copy_;
};

std::string data_path(const std::filesystem::path& folder) {
  return (folder / "data").string() + "/";
}

void roll_back(Duck& d) {
  // The transaction may have ended with the error; then there is nothing to roll back.
  try {
    d.execute("ROLLBACK");
  } catch (const Error& nothing_open) {
    (void)nothing_open;
  }
}

}  // namespace

void DuckLake::attach(Duck& duck, const std::filesystem::path& catalogue) {
  duck.load_extension("sqlite_scanner");
  duck.load_extension("ducklake");
  duck.execute("SET preserve_insertion_order = true; SET TimeZone = 'UTC'");
  duck.execute(fmt::format(
      "ATTACH {} AS lake (DATA_PATH {}, OVERRIDE_DATA_PATH true, META_JOURNAL_MODE 'WAL', "
      "META_BUSY_TIMEOUT {}, DATA_INLINING_ROW_LIMIT 0)",
      sql_text("ducklake:sqlite:" + (catalogue / "catalog.sqlite").string()),
      sql_text(data_path(folder_)), kBusyTimeoutMs));
  duck.execute(fmt::format("SET allowed_directories = [{}, {}]; SET enable_external_access = false",
                           sql_text(folder_.string()), sql_text(catalogue.string())));
}

void DuckLake::create() {
  make_folders(folder_ / "data");
  const FileLock lock(folder_ / "write.lock", "creating the lake", kLockTimeoutMs);
  if (std::filesystem::exists(folder_ / "ready")) {
    return;
  }
  // A creation that was killed has no rows yet: start over.
  for (const char* name : {"catalog.sqlite", "catalog.sqlite-wal", "catalog.sqlite-shm"}) {
    std::filesystem::remove(folder_ / name);
  }
  {
    Duck duck;
    attach(duck, folder_);
    // Rows always go to Parquet, also when another program writes: readers look nowhere else.
    duck.execute("CALL ducklake_set_option('lake', 'data_inlining_row_limit', '0')");
    std::string statements = "BEGIN; USE lake;";
    for (const auto& table : all_tables()) {
      statements += fmt::format("CREATE TABLE {} ({});", table.name, table.columns);
    }
    duck.execute(statements + std::string(view_statements()) + "COMMIT;");
  }
  write_file_atomic(folder_ / "ready", "1\n");
}

Duck& DuckLake::writer() {
  if (!std::filesystem::exists(folder_ / "ready")) {
    create();
  }
  if (!writer_ && ::access(folder_.c_str(), W_OK) != 0) {
    fail(ErrorCode::kUnavailable,
         fmt::format("the lake cannot be written, because it is read-only for you; nothing was "
                     "changed: ask its owner, or work on a copy of the project: {}",
                     folder_.string()));
  }
  if (!writer_) {
    auto duck = std::make_unique<Duck>();
    attach(*duck, folder_);
    for (const auto& table : all_tables()) {
      duck->execute(fmt::format("CREATE TABLE memory.main.{} ({})", table.name, table.columns));
    }
    writer_ = std::move(duck);
  }
  return *writer_;
}

Manifest DuckLake::newest() {
  if (auto kept = load_manifest(folder_); kept && kept->signature == catalogue_signature(folder_)) {
    return std::move(*kept);
  }
  if (!std::filesystem::exists(folder_ / "ready")) {
    create();
  }
  Manifest listed;
  for (int attempt = 0; attempt < kListAttemptsMax; ++attempt) {
    const auto before = catalogue_signature(folder_);
    if (writer_) {
      listed = list_manifest(*writer_, folder_);
    } else {
      const ReadableCatalogue copy(folder_);
      Duck catalogue;
      attach(catalogue, copy.folder());
      listed = list_manifest(catalogue, folder_);
    }
    // Closing the catalogue may fold its write-ahead log in, and another process may have
    // committed: the list is worth keeping only when nothing moved around it.
    listed.signature = catalogue_signature(folder_);
    if (listed.signature == before) {
      save_manifest(folder_, listed);
      return listed;
    }
  }
  listed.signature.clear();
  return listed;
}

Duck& DuckLake::reader() {
  if (reader_ && !read_.signature.empty() && read_.signature == catalogue_signature(folder_)) {
    return *reader_;
  }
  auto manifest = newest();
  if (!reader_) {
    auto duck = std::make_unique<Duck>();
    duck->execute(fmt::format(
        "SET TimeZone = 'UTC'; SET temp_directory = {}; SET allowed_directories = [{}, {}]; SET "
        "enable_external_access = false; CREATE TABLE wanted_keys (key VARCHAR)",
        sql_text((folder_ / "tmp").string()), sql_text(data_path(folder_)),
        sql_text(literal_pattern(data_path(folder_)))));
    duck->execute(table_views(manifest, folder_) + std::string(view_statements()) +
                  "SET lock_configuration = true");
    reader_ = std::move(duck);
  } else if (manifest.snapshot != read_.snapshot || manifest.signature.empty()) {
    reader_->execute(table_views(manifest, folder_));
  }
  read_ = std::move(manifest);
  return *reader_;
}

Table DuckLake::read(const std::string& sql, std::span<const Value> parameters,
                     std::span<const std::string> keys, std::chrono::seconds limit) {
  const std::scoped_lock guard(mutex_);
  for (int attempt = 1;; ++attempt) {
    try {
      Duck& d = reader();
      if (!keys.empty()) {
        Rows rows;
        rows.reserve(keys.size());
        for (const auto& key : keys) {
          rows.push_back({key});
        }
        d.execute("DELETE FROM wanted_keys");
        d.append("wanted_keys", rows);
      }
      return d.query(sql, parameters, {.allow = Allow::kSelect, .limit = limit});
    } catch (const Error& e) {
      // Compaction in another process removes files that this snapshot still named: look again.
      if (e.code != ErrorCode::kCorrupt || attempt == kReadAttemptsMax ||
          read_.signature == catalogue_signature(folder_)) {
        throw;
      }
    }
  }
}

bool DuckLake::write(std::string_view key, std::span<const Staged> staged,
                     const Statements& statements) {
  const std::scoped_lock guard(mutex_);
  Duck& d = writer();
  std::size_t row_count = 0;
  for (const auto& part : staged) {
    d.execute(fmt::format("DELETE FROM memory.main.{}", part.table));
    d.append(std::string(part.table), part.rows);
    row_count += part.rows.size();
  }
  const FileLock lock(folder_ / "write.lock", "writing to the lake", kLockTimeoutMs);
  for (int attempt = 1;; ++attempt) {
    try {
      d.execute("BEGIN");
      if (!d.query("SELECT 1 FROM lake.write_keys WHERE key = $1", {std::string(key)})
               .rows.empty()) {
        d.execute("ROLLBACK");
        return false;
      }
      for (const auto& statement : statements(d)) {
        d.execute(statement);
      }
      (void)d.query("INSERT INTO lake.write_keys VALUES ($1, $2)",
                    {std::string(key), static_cast<std::int64_t>(row_count)});
      d.execute("COMMIT");
      break;
    } catch (const Error& e) {
      roll_back(d);
      if (e.code != ErrorCode::kUnavailable || attempt == kAttemptsMax) {
        throw;
      }
      std::this_thread::sleep_for(
          std::chrono::milliseconds(50 << attempt));  // another process's lock
    }
  }
  for (const auto& part : staged) {
    d.execute(fmt::format("DELETE FROM memory.main.{}", part.table));
  }
  publish(d);
  return true;
}

void DuckLake::publish(Duck& d) {
  auto manifest = list_manifest(d, folder_);
  const auto crowded =
      std::any_of(manifest.tables.begin(), manifest.tables.end(),
                  [](const auto& table) { return table.second.size() >= kFilesMax; });
  if (crowded) {
    merge(d);
    manifest = list_manifest(d, folder_);
  }
  manifest.signature = catalogue_signature(folder_);
  save_manifest(folder_, manifest);
}

Table DuckLake::query(std::string_view sql, std::span<const Value> parameters) {
  return read(std::string(sql), parameters, {});
}

Table DuckLake::query_within(std::chrono::seconds limit, std::string_view sql,
                             std::span<const Value> parameters) {
  return read(std::string(sql), parameters, {}, limit);
}

Table query_within(Lake& lake, std::chrono::seconds limit, std::string_view sql,
                   std::span<const Value> parameters) {
  auto* duck = dynamic_cast<DuckLake*>(&lake);
  require(duck != nullptr, "every lake is a DuckLake");
  return duck->query_within(limit, sql, parameters);
}

std::int64_t DuckLake::snapshot() {
  const std::scoped_lock guard(mutex_);
  (void)reader();
  return read_.snapshot;
}

void DuckLake::merge(Duck& d) {
  d.execute("CALL ducklake_rewrite_data_files('lake', delete_threshold => 0)");
  d.execute("CALL ducklake_merge_adjacent_files('lake')");
  d.execute("CALL ducklake_expire_snapshots('lake', older_than => now())");
  d.execute("CALL ducklake_cleanup_old_files('lake', cleanup_all => true)");
}

std::uintmax_t DuckLake::compact() {
  const std::scoped_lock guard(mutex_);
  Duck& d = writer();
  const FileLock lock(folder_ / "write.lock", "compacting the lake", kLockTimeoutMs);
  const auto before = bytes_below(folder_ / "data");
  merge(d);
  // No other writer is alive under the lock, so what the catalogue does not name is left of a
  // killed one.
  d.execute("CALL ducklake_delete_orphaned_files('lake', cleanup_all => true)");
  publish(d);
  const auto after = bytes_below(folder_ / "data");
  return before > after ? before - after : 0;
}

std::vector<std::string> DuckLake::verify() {
  std::vector<std::string> problems;
  const auto expect_none = [&](std::string_view what, std::string_view sql) {
    const auto table = query(sql, {});
    const auto count = table.rows.empty() ? 0 : table.integer(0, 0);
    if (count > 0) {
      problems.push_back(fmt::format("lake: {} {}", count, what));
    }
  };
  for (const auto& spec : all_tables()) {
    try {
      (void)query(fmt::format("SELECT count(*), max(hash(t)) % 2 FROM {} t", spec.name), {});
    } catch (const Error& e) {
      problems.push_back(fmt::format("lake: table \"{}\" cannot be read: {}", spec.name, e.what()));
      return problems;
    }
  }
  expect_none("samples are there twice",
              "SELECT count(*) FROM (SELECT key FROM samples GROUP BY key HAVING count(*) > 1)");
  expect_none("write keys are there twice",
              "SELECT count(*) FROM (SELECT key FROM write_keys GROUP BY key HAVING count(*) > 1)");
  expect_none("label sets name a sample that is not there",
              "SELECT count(*) FROM label_sets s ANTI JOIN samples x ON x.key = s.sample");
  expect_none("label sets do not have the labels that they count",
              "SELECT count(*) FROM (SELECT s.sample, s.layer, s.revision, s.label_count, "
              "count(l.object) AS n "
              "FROM label_sets s LEFT JOIN labels l USING (sample, layer, revision) GROUP BY ALL) "
              "WHERE label_count <> n");
  expect_none("label revisions are there twice",
              "SELECT count(*) FROM (SELECT 1 FROM label_sets GROUP BY sample, layer, revision "
              "HAVING count(*) > 1)");
  expect_none("prediction sets name a sample that is not there",
              "SELECT count(*) FROM prediction_sets s ANTI JOIN samples x ON x.key = s.sample");
  expect_none(
      "prediction sets do not have the predictions that they count",
      "SELECT count(*) FROM (SELECT s.model, s.sample, s.prediction_count, count(p.position) AS n "
      "FROM prediction_sets s LEFT JOIN predictions p USING (model, sample) GROUP BY ALL) "
      "WHERE prediction_count <> n");
  expect_none(
      "items of versions name a label revision that is not there",
      "SELECT count(*) FROM version_items v ANTI JOIN label_sets s ON s.sample = v.sample AND "
      "s.layer = 'labels' AND s.revision = v.label_revision");
  return problems;
}

std::unique_ptr<Lake> open_lake(const std::filesystem::path& folder) {
  return std::make_unique<DuckLake>(std::filesystem::absolute(folder));
}

}  // namespace spotter::lake
