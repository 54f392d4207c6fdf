#include "store/lake/table_file.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <limits>
#include <string_view>
#include <unordered_map>

#include <duckdb.h>
#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"
#include "store/lake/duck.h"

namespace spotter::lake {
namespace {

ColumnKind kind_of(std::string_view type) {
  for (const std::string_view word : {"[]", "STRUCT", "MAP", "BLOB", "UNION", "BIT"}) {
    if (type.find(word) != std::string_view::npos) {
      return ColumnKind::kOther;
    }
  }
  for (const std::string_view word : {"DATE", "TIME", "INTERVAL"}) {
    if (type.starts_with(word)) {
      return ColumnKind::kTime;
    }
  }
  for (const std::string_view word : {"INT", "DOUBLE", "FLOAT", "DECIMAL"}) {
    if (type.find(word) != std::string_view::npos) {
      return ColumnKind::kNumber;
    }
  }
  return ColumnKind::kCategory;
}

// What stands in a CSV for a value that is not there.
constexpr std::string_view kMissing =
    "['', 'NA', 'N/A', 'n/a', '#N/A', '<NA>', 'NULL', 'Null', 'null', 'NaN', 'NAN', 'nan']";

// The table function that reads the file.
std::string source_of(const std::filesystem::path& path) {
  std::string name = to_lower(path.filename().string());
  if (name.ends_with(".gz")) {
    name.resize(name.size() - 3);
  }
  if (name.ends_with(".parquet") || name.ends_with(".pq")) {
    return fmt::format("read_parquet({})", sql_text(path.string()));
  }
  if (name.ends_with(".csv") || name.ends_with(".tsv") || name.ends_with(".txt")) {
    if (std::filesystem::file_size(path) == 0) {
      fail(ErrorCode::kInvalid, fmt::format("the file is empty: {}", path.string()));
    }
    return fmt::format("read_csv({}, sample_size = -1, nullstr = {})", sql_text(path.string()),
                       kMissing);
  }
  fail(ErrorCode::kInvalid,
       fmt::format("the name must end with .parquet, .csv, .tsv or .npy: {}", path.string()));
}

// DuckDB's reason without its advice about its own SQL: the first line, and for a line of a CSV the
// last before the advice too, which is the cause.
std::string reason_of(const char* message) {
  const std::string text = message == nullptr ? "unknown reason" : message;
  auto first = text.substr(0, text.find('\n'));
  if (first.find("CSV Error on Line") == std::string::npos) {
    return first;
  }
  if (text.find("not utf-8") != std::string::npos) {
    return fmt::format("{}: the text is not UTF-8, as Latin-1 is not; save it as UTF-8", first);
  }
  auto before = text.substr(0, std::min(text.find("\n\n"), text.find("\nPossible")));
  const auto at = before.rfind('\n');
  return at == std::string::npos ? first : fmt::format("{}: {}", first, before.substr(at + 1));
}

bool is_null(std::uint64_t* validity, idx_t row) {
  return validity != nullptr && !duckdb_validity_row_is_valid(validity, row);
}

std::string text_of(duckdb_data_chunk chunk, idx_t column, idx_t row) {
  auto* cells = static_cast<duckdb_string_t*>(
      duckdb_vector_get_data(duckdb_data_chunk_get_vector(chunk, column)));
  return {duckdb_string_t_data(&cells[row]), duckdb_string_t_length(cells[row])};
}

}  // namespace

struct TableFile::Handles {
  duckdb_database database = nullptr;
  duckdb_connection connection = nullptr;
  ~Handles() {
    duckdb_disconnect(&connection);
    duckdb_close(&database);
  }

  // Runs `sql` and hands over each chunk of its result.
  void each_chunk(const std::string& sql, const std::filesystem::path& path,
                  const std::function<void(duckdb_data_chunk)>& take) const {
    struct Result {
      duckdb_result value{};
      ~Result() { duckdb_destroy_result(&value); }
    } result;
    if (duckdb_query(connection, sql.c_str(), &result.value) != DuckDBSuccess) {
      fail(ErrorCode::kInvalid,
           fmt::format("the table cannot be read ({}): {}",
                       reason_of(duckdb_result_error(&result.value)), path.string()));
    }
    while (duckdb_data_chunk chunk = duckdb_fetch_chunk(result.value)) {
      take(chunk);
      duckdb_destroy_data_chunk(&chunk);
    }
  }
};

TableFile::TableFile(const std::filesystem::path& path)
    : path_(path), handles_(std::make_unique<Handles>()) {
  if (!std::filesystem::is_regular_file(path)) {
    fail(ErrorCode::kNotFound, fmt::format("no such file: {}", path.string()));
  }
  const std::string source = source_of(path);
  duckdb_config config = nullptr;
  duckdb_create_config(&config);
  duckdb_set_config(config, "autoinstall_known_extensions", "false");
  duckdb_set_config(config, "autoload_known_extensions", "false");
  const auto state = duckdb_open_ext(nullptr, &handles_->database, config, nullptr);
  duckdb_destroy_config(&config);
  if (state != DuckDBSuccess) {
    fail(ErrorCode::kInternal, "DuckDB cannot be opened in memory");
  }
  duckdb_connect(handles_->database, &handles_->connection);
  // A CSV is parsed once; a Parquet file is read a column at a time.
  const bool is_csv = source.starts_with("read_csv");
  handles_->each_chunk(
      fmt::format("CREATE TEMP {} t AS SELECT * FROM {}", is_csv ? "TABLE" : "VIEW", source), path_,
      [](auto) {});
  describe();
  // Lines of different length are read as one column, whose name is the header.
  if (is_csv && columns_.size() == 1) {
    for (const char delimiter : {',', ';', '\t', '|'}) {
      if (columns_[0].name.find(delimiter) != std::string::npos) {
        refuse_ragged(delimiter);
      }
    }
  }
}

TableFile::~TableFile() = default;

void TableFile::describe() {
  handles_->each_chunk("SELECT column_name, column_type FROM (DESCRIBE t)", path_,
                       [&](duckdb_data_chunk chunk) {
                         for (idx_t r = 0; r < duckdb_data_chunk_get_size(chunk); ++r) {
                           const auto type = text_of(chunk, 1, r);
                           columns_.push_back({text_of(chunk, 0, r), type, kind_of(type)});
                         }
                       });
  handles_->each_chunk("SELECT count(*) FROM t", path_, [&](duckdb_data_chunk chunk) {
    rows_ = static_cast<std::size_t>(*static_cast<std::int64_t*>(
        duckdb_vector_get_data(duckdb_data_chunk_get_vector(chunk, 0))));
  });
}

void TableFile::refuse_ragged(char delimiter) const {
  const auto& header = columns_[0].name;
  const auto cells = std::count(header.begin(), header.end(), delimiter) + 1;
  const auto mark = sql_text(std::string(1, delimiter));
  // One column with a comma in its quoted name has no row with one.
  const auto sql = fmt::format(
      "SELECT r, n FROM (SELECT r, n, max(n) OVER () AS longest FROM (SELECT row_number() OVER () "
      "AS r, length(c) - length(replace(c, {1}, '')) + 1 AS n FROM (SELECT CAST({0} AS VARCHAR) AS "
      "c FROM t))) WHERE n <> {2} AND longest > 1 ORDER BY r LIMIT 1",
      sql_name(header), mark, cells);
  handles_->each_chunk(sql, path_, [&](duckdb_data_chunk chunk) {
    const auto number = [&](idx_t column) {
      return *static_cast<std::int64_t*>(
          duckdb_vector_get_data(duckdb_data_chunk_get_vector(chunk, column)));
    };
    if (duckdb_data_chunk_get_size(chunk) > 0) {
      fail(ErrorCode::kInvalid,
           fmt::format("row {} has another number of cells ({}) than the header ({}): {}",
                       number(0), number(1), cells, path_.string()));
    }
  });
}

std::optional<FileCell> TableFile::first_unlike(const std::string& column,
                                                const FileColumn& like) const {
  const auto sql = fmt::format(
      "SELECT r, c FROM (SELECT row_number() OVER () AS r, CAST({} AS VARCHAR) AS c FROM t) "
      "WHERE c IS NOT NULL AND TRY_CAST(c AS {}) IS NULL LIMIT 1",
      sql_name(column), like.kind == ColumnKind::kNumber ? "DOUBLE" : like.type);
  std::optional<FileCell> cell;
  handles_->each_chunk(sql, path_, [&](duckdb_data_chunk chunk) {
    if (duckdb_data_chunk_get_size(chunk) > 0) {
      const auto* rows = static_cast<const std::int64_t*>(
          duckdb_vector_get_data(duckdb_data_chunk_get_vector(chunk, 0)));
      cell = {static_cast<std::size_t>(rows[0]), text_of(chunk, 1, 0)};
    }
  });
  return cell;
}

bool TableFile::is_empty(const std::string& column) const {
  bool empty = true;
  handles_->each_chunk(
      fmt::format("SELECT 1 FROM t WHERE {} IS NOT NULL LIMIT 1", sql_name(column)), path_,
      [&](duckdb_data_chunk chunk) { empty = empty && duckdb_data_chunk_get_size(chunk) == 0; });
  return empty;
}

std::vector<double> TableFile::numbers(const std::string& column) const {
  std::vector<double> values;
  values.reserve(rows_);
  const auto at = std::find_if(columns_.begin(), columns_.end(),
                               [&](const FileColumn& c) { return c.name == column; });
  const bool typed = at != columns_.end() && at->kind == ColumnKind::kNumber;
  const auto cell = typed
                        ? fmt::format("CAST({} AS DOUBLE)", sql_name(column))
                        : fmt::format("TRY_CAST(CAST({} AS VARCHAR) AS DOUBLE)", sql_name(column));
  handles_->each_chunk(fmt::format("SELECT {} FROM t", cell), path_, [&](duckdb_data_chunk chunk) {
    duckdb_vector vector = duckdb_data_chunk_get_vector(chunk, 0);
    const auto* cells = static_cast<const double*>(duckdb_vector_get_data(vector));
    const std::size_t begin = values.size();
    const idx_t count = duckdb_data_chunk_get_size(chunk);
    values.insert(values.end(), cells, cells + count);
    auto* validity = duckdb_vector_get_validity(vector);
    for (idx_t r = 0; validity != nullptr && r < count; ++r) {
      if (is_null(validity, r)) {
        values[begin + r] = std::numeric_limits<double>::quiet_NaN();
      }
    }
  });
  return values;
}

Categories TableFile::categories(const std::string& column) const {
  Categories result;
  result.codes.reserve(rows_);
  std::unordered_map<std::string, std::int32_t> known;
  std::string name;
  handles_->each_chunk(
      fmt::format("SELECT CAST({} AS VARCHAR) FROM t", sql_name(column)), path_,
      [&](duckdb_data_chunk chunk) {
        duckdb_vector vector = duckdb_data_chunk_get_vector(chunk, 0);
        auto* cells = static_cast<duckdb_string_t*>(duckdb_vector_get_data(vector));
        auto* validity = duckdb_vector_get_validity(vector);
        for (idx_t r = 0; r < duckdb_data_chunk_get_size(chunk); ++r) {
          if (is_null(validity, r)) {
            result.codes.push_back(-1);
            continue;
          }
          name.assign(duckdb_string_t_data(&cells[r]), duckdb_string_t_length(cells[r]));
          const auto next = static_cast<std::int32_t>(known.size());
          const auto [it, added] = known.try_emplace(name, next);
          if (added) {
            result.names.push_back(name);
          }
          result.codes.push_back(it->second);
        }
      });
  return result;
}

}  // namespace spotter::lake
