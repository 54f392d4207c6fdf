#include "store/catalog/database.h"

#include <fmt/format.h>

#include "base/error.h"
#include "base/files.h"
#include "base/text.h"
#include "store/catalog/driver.h"
#include "store/catalog/migration.h"

namespace spotter::catalog {

bool Row::is_null(std::size_t column) const {
  return std::holds_alternative<std::monostate>(values_.at(column));
}

std::int64_t Row::integer(std::size_t column) const {
  const auto& value = values_.at(column);
  if (const auto* d = std::get_if<double>(&value)) {
    return static_cast<std::int64_t>(*d);
  }
  const auto* n = std::get_if<std::int64_t>(&value);
  return n == nullptr ? 0 : *n;
}

double Row::real(std::size_t column) const {
  const auto& value = values_.at(column);
  if (const auto* d = std::get_if<double>(&value)) {
    return *d;
  }
  return static_cast<double>(integer(column));
}

const std::string& Row::text(std::size_t column) const {
  static const std::string kEmpty;
  const auto* s = std::get_if<std::string>(&values_.at(column));
  return s == nullptr ? kEmpty : *s;
}

std::unique_ptr<Database> open_database(std::string_view url) {
  constexpr std::string_view kSqlite = "sqlite:";
  if (url.starts_with(kSqlite)) {
    return open_sqlite(std::string(url.substr(kSqlite.size())));
  }
  if (url.starts_with("postgresql://") || url.starts_with("postgres://")) {
    return open_postgres(std::string(url));
  }
  fail(ErrorCode::kInvalid,
       fmt::format("\"{}\" is no catalog: use sqlite:PATH or postgresql://USER@HOST/NAME", url));
}

void execute_script(Database& database, std::string_view sql) {
  std::string statement;
  for (const auto& line : split(sql, '\n')) {
    const auto code = line.substr(0, line.find("--"));
    statement += code + "\n";
    if (trim(code).ends_with(';')) {
      database.execute(statement);
      statement.clear();
    }
  }
  if (!trim(statement).empty()) {
    database.execute(statement);
  }
}

int newest_schema() {
  return static_cast<int>(all_migrations().size());
}

int schema_of(Database& database) {
  const auto tables =
      database.driver() == "sqlite"
          ? database.query(
                "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = 'meta'")
          : database.query(
                "SELECT count(*) FROM information_schema.tables WHERE table_name = 'meta' AND "
                "table_schema = current_schema()");
  if (tables.at(0).integer(0) == 0) {
    return 0;
  }
  const auto rows = database.query("SELECT value FROM meta WHERE key = 'schema'");
  return rows.empty() ? 0 : std::stoi(rows[0].text(0));
}

void migrate(Database& database, const std::filesystem::path& backup_folder) {
  const int found = schema_of(database);
  if (found > newest_schema()) {
    fail(ErrorCode::kInvalid, fmt::format("this project was written by a newer Spotter (schema "
                                          "{}, this program knows {}); use that "
                                          "version or restore a backup",
                                          found, newest_schema()));
  }
  if (found > 0 && found < newest_schema() && database.driver() == "sqlite" &&
      !backup_folder.empty()) {
    make_folders(backup_folder);
    database.execute("VACUUM INTO $1",
                     {(backup_folder / fmt::format("catalog-schema-{}.db", found)).string()});
  }
  for (int next = found; next < newest_schema(); ++next) {
    database.transaction([&] {
      if (schema_of(database) > next) {
        return;  // another process was quicker
      }
      execute_script(database, all_migrations()[static_cast<std::size_t>(next)].sql);
      database.execute(
          "INSERT INTO meta (key, value) VALUES ('schema', $1) ON CONFLICT (key) DO UPDATE SET "
          "value = excluded.value",
          {fmt::format("{}", next + 1)});
    });
  }
}

}  // namespace spotter::catalog
