// The embedded driver: one SQLite file in WAL mode, many processes.
#include <filesystem>
#include <unordered_map>
#include <utility>

#include <fmt/format.h>
#include <sqlite3.h>
#include <unistd.h>

#include "base/error.h"
#include "store/catalog/driver.h"

namespace spotter::catalog {
namespace {

constexpr int kBusyTimeoutMs = 30'000;

// The name and the flags to open with. Where nothing can be written, SQLite cannot keep the log and
// its index beside the file; without a log there, the file alone is the whole catalog, and is read
// as it stands.
std::pair<std::string, int> way_to_open(const std::string& path) {
  const bool there = path != ":memory:" && ::access(path.c_str(), R_OK) == 0;
  const auto folder = std::filesystem::path(path).parent_path();
  const bool writable = ::access(path.c_str(), W_OK) == 0 && ::access(folder.c_str(), W_OK) == 0;
  if (!there || writable) {
    return {path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE};
  }
  std::string name = "file:";
  for (const char c : path) {
    name += c == '%' || c == '?' || c == '#' ? fmt::format("%{:02X}", c) : std::string(1, c);
  }
  return {name + (std::filesystem::exists(path + "-wal") ? "?mode=ro" : "?immutable=1"),
          SQLITE_OPEN_READONLY | SQLITE_OPEN_URI};
}

class Sqlite final : public Database {
 public:
  explicit Sqlite(const std::string& path) : path_(path) {
    const auto [name, flags] = way_to_open(path);
    const int code =
        sqlite3_open_v2(name.c_str(), &handle_, flags | SQLITE_OPEN_FULLMUTEX, nullptr);
    if (code != SQLITE_OK) {
      const std::string why = handle_ == nullptr ? "out of memory" : sqlite3_errmsg(handle_);
      sqlite3_close(handle_);
      fail(ErrorCode::kUnavailable,
           fmt::format("the catalog could not be opened, because {}: {}", why, path));
    }
    sqlite3_busy_timeout(handle_, kBusyTimeoutMs);
    sqlite3_extended_result_codes(handle_, 1);
  }
  // Apart from the constructor, so that a refusal closes the connection.
  void configure() {
    if (path_ != ":memory:" && sqlite3_db_readonly(handle_, "main") == 0) {
      (void)query("PRAGMA journal_mode = WAL");
    }
    (void)query("PRAGMA synchronous = NORMAL");
    (void)query("PRAGMA foreign_keys = ON");
  }
  ~Sqlite() override {
    for (auto& [sql, statement] : statements_) {
      sqlite3_finalize(statement);
    }
    sqlite3_close(handle_);
  }
  Sqlite(const Sqlite&) = delete;
  Sqlite& operator=(const Sqlite&) = delete;

  using Database::execute;
  using Database::query;

  std::vector<Row> query(std::string_view sql, std::span<const Value> parameters) override {
    sqlite3_stmt* statement = prepared(sql);
    bind(statement, parameters);
    std::vector<Row> rows;
    int code = SQLITE_ROW;
    while ((code = sqlite3_step(statement)) == SQLITE_ROW) {
      rows.push_back(read_row(statement));
    }
    finish(statement, code, sql);
    return rows;
  }

  std::int64_t execute(std::string_view sql, std::span<const Value> parameters) override {
    (void)query(sql, parameters);
    return sqlite3_changes64(handle_);
  }

  void transaction(const std::function<void()>& body) override {
    if (depth_ > 0) {
      body();
      return;
    }
    (void)query("BEGIN IMMEDIATE");
    ++depth_;
    try {
      body();
      (void)query("COMMIT");
      --depth_;
    } catch (...) {
      --depth_;
      sqlite3_exec(handle_, "ROLLBACK", nullptr, nullptr, nullptr);
      throw;
    }
  }

  [[nodiscard]] std::string_view driver() const override { return "sqlite"; }

 private:
  sqlite3_stmt* prepared(std::string_view sql) {
    const auto found = statements_.find(std::string(sql));
    if (found != statements_.end()) {
      return found->second;
    }
    sqlite3_stmt* statement = nullptr;
    const int code =
        sqlite3_prepare_v2(handle_, sql.data(), static_cast<int>(sql.size()), &statement, nullptr);
    if (code != SQLITE_OK || statement == nullptr) {
      fail_sqlite(code, sql);
    }
    statements_.emplace(sql, statement);
    return statement;
  }

  static void bind(sqlite3_stmt* statement, std::span<const Value> parameters) {
    for (std::size_t i = 0; i < parameters.size(); ++i) {
      const int place = sqlite3_bind_parameter_index(statement, fmt::format("${}", i + 1).c_str());
      if (place == 0) {
        continue;  // a parameter that this statement does not use
      }
      const auto& value = parameters[i];
      if (const auto* n = std::get_if<std::int64_t>(&value)) {
        sqlite3_bind_int64(statement, place, *n);
      } else if (const auto* d = std::get_if<double>(&value)) {
        sqlite3_bind_double(statement, place, *d);
      } else if (const auto* s = std::get_if<std::string>(&value)) {
        sqlite3_bind_text64(statement, place, s->data(), s->size(), SQLITE_TRANSIENT, SQLITE_UTF8);
      } else {
        sqlite3_bind_null(statement, place);
      }
    }
  }

  static Row read_row(sqlite3_stmt* statement) {
    std::vector<Value> values;
    const int count = sqlite3_column_count(statement);
    values.reserve(static_cast<std::size_t>(count));
    for (int c = 0; c < count; ++c) {
      switch (sqlite3_column_type(statement, c)) {
        case SQLITE_INTEGER:
          values.emplace_back(std::int64_t{sqlite3_column_int64(statement, c)});
          break;
        case SQLITE_FLOAT:
          values.emplace_back(sqlite3_column_double(statement, c));
          break;
        case SQLITE_NULL:
          values.emplace_back();
          break;
        default: {
          const auto* text = static_cast<const char*>(sqlite3_column_blob(statement, c));
          values.emplace_back(
              std::string(text == nullptr ? "" : text,
                          static_cast<std::size_t>(sqlite3_column_bytes(statement, c))));
        }
      }
    }
    return Row(std::move(values));
  }

  void finish(sqlite3_stmt* statement, int code, std::string_view sql) {
    sqlite3_reset(statement);
    sqlite3_clear_bindings(statement);
    if (code != SQLITE_DONE) {
      fail_sqlite(code, sql);
    }
  }

  [[noreturn]] void fail_sqlite(int code, std::string_view sql) {
    const std::string why = sqlite3_errmsg(handle_);
    switch (code & 0xff) {
      case SQLITE_CONSTRAINT:
        fail(ErrorCode::kConflict, fmt::format("the catalog refused a row: {}", why));
      case SQLITE_BUSY:
      case SQLITE_LOCKED:
        fail(ErrorCode::kUnavailable,
             fmt::format("the catalog is in use by another process for too long; try again: {}",
                         path_));
      case SQLITE_READONLY:
        fail(ErrorCode::kUnavailable,
             fmt::format("the catalog cannot be written, because it is read-only for you; nothing "
                         "was changed: ask its owner, or work on a copy of the project: {}",
                         path_));
      case SQLITE_FULL:
      case SQLITE_IOERR:
      case SQLITE_CANTOPEN:
        fail(ErrorCode::kUnavailable,
             fmt::format("the catalog cannot be written, because {}: {}", why, path_));
      case SQLITE_CORRUPT:
      case SQLITE_NOTADB:
        fail(ErrorCode::kCorrupt, fmt::format("the catalog is damaged ({}): {}", why, path_));
      default:
        fail(ErrorCode::kInternal, fmt::format("{} in `{}`", why, sql));
    }
  }

  std::string path_;
  sqlite3* handle_ = nullptr;
  std::unordered_map<std::string, sqlite3_stmt*> statements_;
  int depth_ = 0;
};

}  // namespace

std::unique_ptr<Database> open_sqlite(const std::string& path) {
  auto database = std::make_unique<Sqlite>(path);
  database->configure();
  return database;
}

}  // namespace spotter::catalog
