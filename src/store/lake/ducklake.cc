#include "store/lake/ducklake.h"

#include <fmt/format.h>

#include <chrono>
#include <set>
#include <thread>

#include "base/error.h"
#include "base/files.h"
#include "store/lake/schema.h"

namespace spotter::lake {
namespace {

constexpr int kLockTimeoutMs = 600'000;
constexpr int kAttemptsMax = 6;

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

}  // namespace

Duck& DuckLake::duck() {
  if (!duck_) {
    open();
  }
  return *duck_;
}

void DuckLake::attach(Duck& duck, bool create) {
  duck.load_extension("sqlite_scanner");
  duck.load_extension("ducklake");
  duck.execute("SET preserve_insertion_order = true; SET TimeZone = 'UTC'");
  duck.execute(fmt::format(
      "ATTACH {} AS lake (DATA_PATH {}, OVERRIDE_DATA_PATH true, META_JOURNAL_MODE 'WAL', META_BUSY_TIMEOUT "
      "20000, DATA_INLINING_ROW_LIMIT 0{})",
      sql_text("ducklake:sqlite:" + (folder_ / "catalog.sqlite").string()),
      sql_text((folder_ / "data").string() + "/"), create ? "" : ", CREATE_IF_NOT_EXISTS false"));
  duck.execute(fmt::format("SET allowed_directories = [{}]; SET enable_external_access = false; USE lake",
                           sql_text(folder_.string())));
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
    attach(duck, true);
    std::string statements = "BEGIN;";
    for (const auto& table : all_tables()) {
      statements += fmt::format("CREATE TABLE {} ({});", table.name, table.columns);
    }
    duck.execute(statements + std::string(view_statements()) + "COMMIT;");
  }
  write_file_atomic(folder_ / "ready", "1\n");
}

void DuckLake::open() {
  if (!std::filesystem::exists(folder_ / "ready")) {
    create();
  }
  auto duck = std::make_unique<Duck>();
  attach(*duck, false);
  for (const auto& table : all_tables()) {
    duck->execute(fmt::format("CREATE TABLE memory.main.{} ({})", table.name, table.columns));
  }
  duck->execute("CREATE TABLE memory.main.wanted_keys (key VARCHAR)");
  duck_ = std::move(duck);
}

bool DuckLake::write(std::string_view key, std::span<const Staged> staged,
                     const std::vector<std::string>& statements) {
  const std::scoped_lock guard(mutex_);
  Duck& d = duck();
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
      if (!d.query("SELECT 1 FROM write_keys WHERE key = $1", {std::string(key)}).rows.empty()) {
        d.execute("ROLLBACK");
        return false;
      }
      for (const auto& statement : statements) {
        d.execute(statement);
      }
      (void)d.query("INSERT INTO write_keys VALUES ($1, $2)",
                    {std::string(key), static_cast<std::int64_t>(row_count)});
      d.execute("COMMIT");
      return true;
    } catch (const Error& e) {
      // The transaction may have ended with the error; then there is nothing to roll back.
      try {
        d.execute("ROLLBACK");
      } catch (const Error& nothing_open) {
        (void)nothing_open;
      }
      if (e.code != ErrorCode::kUnavailable || attempt == kAttemptsMax) {
        throw;
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(50 << attempt));  // another process's lock
    }
  }
}

std::string DuckLake::key_filter(std::span<const std::string> keys, std::string_view column) {
  if (keys.empty()) {
    return "true";
  }
  Rows rows;
  rows.reserve(keys.size());
  for (const auto& key : keys) {
    rows.push_back({key});
  }
  duck().execute("DELETE FROM memory.main.wanted_keys");
  duck().append("wanted_keys", rows);
  return fmt::format("{} IN (SELECT key FROM memory.main.wanted_keys)", column);
}

Table DuckLake::query(std::string_view sql, std::span<const Value> parameters) {
  const std::scoped_lock guard(mutex_);
  return duck().query(sql, parameters, Allow::kSelect);
}

std::int64_t DuckLake::snapshot() {
  const std::scoped_lock guard(mutex_);
  const auto table = duck().query("SELECT max(snapshot_id) FROM ducklake_snapshots('lake')");
  return table.rows.empty() ? 0 : table.integer(0, 0);
}

std::uintmax_t DuckLake::compact() {
  const std::scoped_lock guard(mutex_);
  Duck& d = duck();
  const FileLock lock(folder_ / "write.lock", "compacting the lake", kLockTimeoutMs);
  const auto before = bytes_below(folder_ / "data");
  d.execute("CALL ducklake_merge_adjacent_files('lake')");
  d.execute("CALL ducklake_expire_snapshots('lake', older_than => now())");
  d.execute("CALL ducklake_cleanup_old_files('lake', cleanup_all => true)");
  d.execute("CALL ducklake_delete_orphaned_files('lake', cleanup_all => true)");
  const auto after = bytes_below(folder_ / "data");
  return before > after ? before - after : 0;
}

std::vector<std::string> DuckLake::verify() {
  const std::scoped_lock guard(mutex_);
  std::vector<std::string> problems;
  Duck& d = duck();
  const auto expect_none = [&](std::string_view what, std::string_view sql) {
    const auto table = d.query(sql);
    const auto count = table.rows.empty() ? 0 : table.integer(0, 0);
    if (count > 0) {
      problems.push_back(fmt::format("lake: {} {}", count, what));
    }
  };
  for (const auto& spec : all_tables()) {
    try {
      (void)d.query(fmt::format("SELECT count(*), max(hash(t)) % 2 FROM {} t", spec.name));
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
              "SELECT count(*) FROM (SELECT s.sample, s.layer, s.revision, s.label_count, count(l.object) AS n "
              "FROM label_sets s LEFT JOIN labels l USING (sample, layer, revision) GROUP BY ALL) "
              "WHERE label_count <> n");
  expect_none("label revisions are there twice",
              "SELECT count(*) FROM (SELECT 1 FROM label_sets GROUP BY sample, layer, revision HAVING count(*) > 1)");
  expect_none("prediction sets name a sample that is not there",
              "SELECT count(*) FROM prediction_sets s ANTI JOIN samples x ON x.key = s.sample");
  expect_none("prediction sets do not have the predictions that they count",
              "SELECT count(*) FROM (SELECT s.model, s.sample, s.prediction_count, count(p.position) AS n "
              "FROM prediction_sets s LEFT JOIN predictions p USING (model, sample) GROUP BY ALL) "
              "WHERE prediction_count <> n");
  expect_none("items of versions name a label revision that is not there",
              "SELECT count(*) FROM version_items v ANTI JOIN label_sets s ON s.sample = v.sample AND "
              "s.layer = 'labels' AND s.revision = v.label_revision");
  return problems;
}

std::unique_ptr<Lake> open_lake(const std::filesystem::path& folder) {
  return std::make_unique<DuckLake>(std::filesystem::absolute(folder));
}

}  // namespace spotter::lake
