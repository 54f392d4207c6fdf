// One SQL connection to the catalog: facts that change in small steps. Two drivers (SQLite,
// PostgreSQL) speak one dialect: `$1, $2 …` parameters, ON CONFLICT, RETURNING; types TEXT, BIGINT,
// DOUBLE PRECISION. Not for bulk rows: those are in the lake.
#pragma once
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace spotter::catalog {

using Value = std::variant<std::monostate, std::int64_t, double, std::string>;

// One result row; columns by position. The getters convert NULL to 0 or "".
class Row {
 public:
  explicit Row(std::vector<Value> values) : values_(std::move(values)) {}
  [[nodiscard]] bool is_null(std::size_t column) const;
  [[nodiscard]] std::int64_t integer(std::size_t column) const;
  [[nodiscard]] double real(std::size_t column) const;
  [[nodiscard]] const std::string& text(std::size_t column) const;  // numbers are not converted
  [[nodiscard]] std::size_t size() const { return values_.size(); }

 private:
  std::vector<Value> values_;
};

class Database {
 public:
  virtual ~Database() = default;
  // Runs one statement and returns its rows. Throws kConflict on a broken constraint, kUnavailable
  // when the database stays locked or cannot be reached, kInternal on wrong SQL.
  virtual std::vector<Row> query(std::string_view sql, std::span<const Value> parameters) = 0;
  std::vector<Row> query(std::string_view sql, std::initializer_list<Value> parameters = {}) {
    return query(sql, std::span<const Value>(parameters.begin(), parameters.size()));
  }
  // Runs one statement and returns how many rows it changed.
  virtual std::int64_t execute(std::string_view sql, std::span<const Value> parameters) = 0;
  std::int64_t execute(std::string_view sql, std::initializer_list<Value> parameters = {}) {
    return execute(sql, std::span<const Value>(parameters.begin(), parameters.size()));
  }
  // Runs `body` in one write transaction (BEGIN IMMEDIATE; nested calls join the outer one); an
  // exception rolls back and goes on.
  virtual void transaction(const std::function<void()>& body) = 0;
  [[nodiscard]] virtual std::string_view driver() const = 0;  // "sqlite" or "postgres"
};

// Opens "sqlite:PATH", "sqlite::memory:" or "postgresql://…". Creates the SQLite file if absent.
// One Database is one connection: use it from one thread at a time.
[[nodiscard]] std::unique_ptr<Database> open_database(std::string_view url);

// The schema version that this program writes, and the one found (0 = empty).
[[nodiscard]] int newest_schema();
[[nodiscard]] int schema_of(Database& database);

// Brings the schema up to date, one numbered migration a transaction; SQLite files are copied to
// `backup_folder` before a project that already has data is changed. Throws kConflict with what to
// do when the database is newer than this program.
void migrate(Database& database, const std::filesystem::path& backup_folder);

}  // namespace spotter::catalog
