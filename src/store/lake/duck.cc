#include "store/lake/duck.h"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <mutex>
#include <stop_token>
#include <thread>

#include <duckdb.h>
#include <fmt/format.h>

#include "base/error.h"
#include "base/files.h"
#include "base/text.h"
#include "store/lake/care.h"

namespace spotter::lake {
namespace {

constexpr std::string_view kTestedVersion = "v1.5.5";

ErrorCode code_of(std::string_view message) {
  const std::string lower = to_lower(message);
  for (const char* word :
       {"locked", "conflict", "no space", "disk i/o error", "disk full", "could not write",
        "read-only", "permission denied", "read only", "attempt to write a readonly"}) {
    if (lower.find(word) != std::string::npos) {
      return ErrorCode::kUnavailable;
    }
  }
  for (const char* word :
       {"no files found", "cannot open file", "no magic bytes", "invalid input error: file"}) {
    if (lower.find(word) != std::string::npos) {
      return ErrorCode::kCorrupt;
    }
  }
  for (const char* word : {"parser error", "binder error", "catalog error", "conversion error"}) {
    if (lower.find(word) != std::string::npos) {
      return ErrorCode::kInvalid;
    }
  }
  return ErrorCode::kInternal;
}

[[noreturn]] void fail_duck(std::string_view doing, const char* message) {
  const std::string_view why = message == nullptr ? "unknown reason" : message;
  fail(code_of(why), fmt::format("{}: {}", doing, why));
}

struct Result {
  duckdb_result value{};
  ~Result() { duckdb_destroy_result(&value); }
  Result() = default;
  Result(const Result&) = delete;
  Result& operator=(const Result&) = delete;
};

struct Statement {
  duckdb_prepared_statement value = nullptr;
  ~Statement() { duckdb_destroy_prepare(&value); }
  Statement() = default;
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;
};

// The value as DuckDB's own; the caller destroys it.
duckdb_value to_duck(const Value& value) {
  struct Visitor {
    duckdb_value operator()(std::monostate) const { return duckdb_create_null_value(); }
    duckdb_value operator()(bool v) const { return duckdb_create_bool(v); }
    duckdb_value operator()(std::int64_t v) const { return duckdb_create_int64(v); }
    duckdb_value operator()(double v) const { return duckdb_create_double(v); }
    duckdb_value operator()(const std::string& v) const {
      return duckdb_create_varchar_length(v.data(), v.size());
    }
    duckdb_value operator()(const std::vector<double>& v) const {
      std::vector<duckdb_value> items;
      items.reserve(v.size());
      for (const double x : v) {
        items.push_back(duckdb_create_double(x));
      }
      duckdb_logical_type type = duckdb_create_logical_type(DUCKDB_TYPE_DOUBLE);
      duckdb_value list = duckdb_create_list_value(type, items.data(), items.size());
      duckdb_destroy_logical_type(&type);
      for (auto& item : items) {
        duckdb_destroy_value(&item);
      }
      return list;
    }
  };
  return std::visit(Visitor{}, value);
}

template <typename T>
T cell(duckdb_vector vector, idx_t row) {
  return static_cast<const T*>(duckdb_vector_get_data(vector))[row];
}

bool is_null(duckdb_vector vector, idx_t row) {
  auto* validity = duckdb_vector_get_validity(vector);
  return validity != nullptr && !duckdb_validity_row_is_valid(validity, row);
}

std::string text_of(duckdb_vector vector, idx_t row) {
  auto* strings = static_cast<duckdb_string_t*>(duckdb_vector_get_data(vector));
  return {duckdb_string_t_data(&strings[row]), duckdb_string_t_length(strings[row])};
}

std::vector<double> list_of(duckdb_vector vector, idx_t row) {
  const auto entry = cell<duckdb_list_entry>(vector, row);
  duckdb_vector child = duckdb_list_vector_get_child(vector);
  const auto* data = static_cast<const double*>(duckdb_vector_get_data(child));
  return {data + entry.offset, data + entry.offset + entry.length};
}

// How a column comes: decimals have a type underneath.
struct ColumnType {
  duckdb_type type = DUCKDB_TYPE_INVALID;
  duckdb_type inner = DUCKDB_TYPE_INVALID;  // of a decimal's digits or a list's items
  std::uint8_t width = 0;                   // of a decimal: digits, and those after the point
  std::uint8_t scale = 0;
};

double decimal_of(duckdb_vector vector, const ColumnType& type, idx_t row) {
  duckdb_decimal decimal{.width = type.width, .scale = type.scale, .value = {}};
  const auto small = [&](std::int64_t digits) {
    decimal.value = {.lower = static_cast<std::uint64_t>(digits), .upper = digits < 0 ? -1 : 0};
  };
  switch (type.inner) {
    case DUCKDB_TYPE_SMALLINT:
      small(cell<std::int16_t>(vector, row));
      break;
    case DUCKDB_TYPE_INTEGER:
      small(cell<std::int32_t>(vector, row));
      break;
    case DUCKDB_TYPE_BIGINT:
      small(cell<std::int64_t>(vector, row));
      break;
    default:
      decimal.value = cell<duckdb_hugeint>(vector, row);
  }
  return duckdb_decimal_to_double(decimal);
}

Value value_of(duckdb_vector vector, const ColumnType& type, idx_t row) {
  if (is_null(vector, row)) {
    return std::monostate{};
  }
  switch (type.type) {
    case DUCKDB_TYPE_BOOLEAN:
      return cell<bool>(vector, row);
    case DUCKDB_TYPE_TINYINT:
      return std::int64_t{cell<std::int8_t>(vector, row)};
    case DUCKDB_TYPE_UTINYINT:
      return std::int64_t{cell<std::uint8_t>(vector, row)};
    case DUCKDB_TYPE_SMALLINT:
      return std::int64_t{cell<std::int16_t>(vector, row)};
    case DUCKDB_TYPE_USMALLINT:
      return std::int64_t{cell<std::uint16_t>(vector, row)};
    case DUCKDB_TYPE_INTEGER:
      return std::int64_t{cell<std::int32_t>(vector, row)};
    case DUCKDB_TYPE_UINTEGER:
      return std::int64_t{cell<std::uint32_t>(vector, row)};
    case DUCKDB_TYPE_BIGINT:
      return cell<std::int64_t>(vector, row);
    case DUCKDB_TYPE_UBIGINT:
      return static_cast<std::int64_t>(cell<std::uint64_t>(vector, row));
    case DUCKDB_TYPE_HUGEINT:
      return duckdb_hugeint_to_double(cell<duckdb_hugeint>(vector, row));
    case DUCKDB_TYPE_FLOAT:
      return double{cell<float>(vector, row)};
    case DUCKDB_TYPE_DOUBLE:
      return cell<double>(vector, row);
    case DUCKDB_TYPE_DECIMAL:
      return decimal_of(vector, type, row);
    case DUCKDB_TYPE_VARCHAR:
      return text_of(vector, row);
    case DUCKDB_TYPE_LIST:
      return list_of(vector, row);
    default:
      fail(ErrorCode::kInvalid,
           fmt::format("column type {} cannot be shown; cast it with ::VARCHAR",
                       static_cast<int>(type.type)));
  }
}

// HUGEINT sums of integers come back as integers when they fit.
Value tidy(Value value, duckdb_type type) {
  if (type == DUCKDB_TYPE_HUGEINT && std::holds_alternative<double>(value)) {
    const double v = std::get<double>(value);
    if (v > -9e18 && v < 9e18) {
      return static_cast<std::int64_t>(v);
    }
  }
  return value;
}

// `text` between two marks; a mark in it is doubled.
std::string quoted(std::string_view text, char mark) {
  std::string out(1, mark);
  for (const char c : text) {
    out += c;
    if (c == mark) {
      out += c;
    }
  }
  return out + mark;
}

ColumnType type_of(duckdb_result& result, idx_t column) {
  duckdb_logical_type logical = duckdb_column_logical_type(&result, column);
  ColumnType type{.type = duckdb_get_type_id(logical)};
  if (type.type == DUCKDB_TYPE_DECIMAL) {
    type.inner = duckdb_decimal_internal_type(logical);
    type.width = duckdb_decimal_width(logical);
    type.scale = duckdb_decimal_scale(logical);
  } else if (type.type == DUCKDB_TYPE_LIST) {
    duckdb_logical_type child = duckdb_list_type_child_type(logical);
    type.inner = duckdb_get_type_id(child);
    duckdb_destroy_logical_type(&child);
  }
  duckdb_destroy_logical_type(&logical);
  return type;
}

// Whether value_of gives it; other columns are asked for again, as with_readable_columns.
bool is_readable(const ColumnType& type) {
  switch (type.type) {
    case DUCKDB_TYPE_BOOLEAN:
    case DUCKDB_TYPE_TINYINT:
    case DUCKDB_TYPE_UTINYINT:
    case DUCKDB_TYPE_SMALLINT:
    case DUCKDB_TYPE_USMALLINT:
    case DUCKDB_TYPE_INTEGER:
    case DUCKDB_TYPE_UINTEGER:
    case DUCKDB_TYPE_BIGINT:
    case DUCKDB_TYPE_UBIGINT:
    case DUCKDB_TYPE_HUGEINT:
    case DUCKDB_TYPE_FLOAT:
    case DUCKDB_TYPE_DOUBLE:
    case DUCKDB_TYPE_DECIMAL:
    case DUCKDB_TYPE_VARCHAR:
    case DUCKDB_TYPE_SQLNULL:
      return true;
    case DUCKDB_TYPE_LIST:
      return type.inner == DUCKDB_TYPE_DOUBLE;
    default:
      return false;
  }
}

void take_chunk(duckdb_data_chunk chunk, const std::vector<ColumnType>& types, Table& table) {
  const idx_t count = duckdb_data_chunk_get_size(chunk);
  const std::size_t first = table.rows.size();
  table.rows.resize(first + count, std::vector<Value>(types.size()));
  for (std::size_t c = 0; c < types.size(); ++c) {
    duckdb_vector vector = duckdb_data_chunk_get_vector(chunk, c);
    for (idx_t r = 0; r < count; ++r) {
      table.rows[first + r][c] = tidy(value_of(vector, types[c], r), types[c].type);
    }
  }
}

// The same SELECT with columns that have no value of ours (dates, times, UUIDs, lists, structs) as
// text, and lists of numbers as lists of doubles. Names that stand twice stay as they are.
std::string with_readable_columns(std::string_view sql, duckdb_result& result,
                                  const std::vector<ColumnType>& types) {
  sql = trim(sql);
  while (sql.ends_with(';')) {
    sql = trim(sql.substr(0, sql.size() - 1));
  }
  std::string names;
  std::string columns;
  for (std::size_t c = 0; c < types.size(); ++c) {
    const bool numbers = types[c].type == DUCKDB_TYPE_LIST &&
                         is_readable({.type = types[c].inner}) &&
                         types[c].inner != DUCKDB_TYPE_VARCHAR;
    const std::string_view cast = is_readable(types[c]) ? "" : numbers ? "::DOUBLE[]" : "::VARCHAR";
    const std::string_view comma = c == 0 ? "" : ", ";
    names += fmt::format("{}c{}", comma, c);
    columns +=
        fmt::format("{}c{}{} AS {}", comma, c, cast, sql_name(duckdb_column_name(&result, c)));
  }
  return fmt::format("SELECT {} FROM (\n{}\n) AS readable({})", columns, sql, names);
}

// Interrupts the connection once the time is over, again and again until it stands still.
class TimeLimit {
 public:
  TimeLimit(duckdb_connection connection, std::chrono::seconds limit) {
    if (limit.count() > 0) {
      watch_ = std::jthread([this, connection, limit](const std::stop_token& stop) {
        std::unique_lock lock(mutex_);
        auto patience = std::chrono::milliseconds(limit);
        while (!stopped_.wait_for(lock, stop, patience, [&] { return stop.stop_requested(); })) {
          over_ = true;
          duckdb_interrupt(connection);
          patience = std::chrono::milliseconds(20);
        }
      });
    }
  }
  [[nodiscard]] bool over() const { return over_; }

 private:
  std::mutex mutex_;
  std::condition_variable_any stopped_;
  std::atomic<bool> over_ = false;
  std::jthread watch_;  // last: it ends before the others go
};

}  // namespace

struct Duck::Handles {
  duckdb_database database = nullptr;
  duckdb_connection connection = nullptr;
  std::mutex mutex;
  ~Handles() {
    duckdb_disconnect(&connection);
    duckdb_close(&database);
  }
};

struct Duck::Answer {
  Result result;
  std::vector<ColumnType> types;
};

Duck::Duck(Signatures signatures) : handles_(std::make_unique<Handles>()) {
  if (duckdb_library_version() != kTestedVersion) {
    fail(ErrorCode::kInternal, fmt::format("DuckDB is {}, but this program was tested with {}: run "
                                           "`./run setup` again",
                                           duckdb_library_version(), kTestedVersion));
  }
  duckdb_config config = nullptr;
  duckdb_create_config(&config);
  duckdb_set_config(config, "autoinstall_known_extensions", "false");
  duckdb_set_config(config, "autoload_known_extensions", "false");
  duckdb_set_config(config, "allow_unsigned_extensions",
                    signatures == Signatures::kTrusted ? "true" : "false");
  char* error = nullptr;
  const auto state = duckdb_open_ext(nullptr, &handles_->database, config, &error);
  duckdb_destroy_config(&config);
  if (state != DuckDBSuccess) {
    const std::string why = error == nullptr ? "unknown reason" : error;
    duckdb_free(error);
    fail_duck("the lake could not be opened", why.c_str());
  }
  duckdb_connect(handles_->database, &handles_->connection);
}

Duck::~Duck() = default;

void Duck::load_extension(std::string_view name) {
  const auto file =
      program_folder() / "lib" / "extensions" / fmt::format("{}.duckdb_extension", name);
  execute(fmt::format("LOAD {}", sql_text(file.string())));
}

void Duck::execute(const std::string& sql) {
  const std::scoped_lock lock(handles_->mutex);
  Result result;
  if (duckdb_query(handles_->connection, sql.c_str(), &result.value) != DuckDBSuccess) {
    fail_duck("the lake refused a statement", duckdb_result_error(&result.value));
  }
}

void Duck::answer(std::string_view sql, std::span<const Value> parameters, const QueryRules& rules,
                  Answer& answer) {
  Statement statement;
  if (duckdb_prepare(handles_->connection, std::string(sql).c_str(), &statement.value) !=
      DuckDBSuccess) {
    fail_duck("the query was not understood", duckdb_prepare_error(statement.value));
  }
  if (rules.allow == Allow::kSelect &&
      duckdb_prepared_statement_type(statement.value) != DUCKDB_STATEMENT_TYPE_SELECT) {
    fail(ErrorCode::kInvalid, "only SELECT is allowed here");
  }
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    duckdb_value value = to_duck(parameters[i]);
    const auto state = duckdb_bind_value(statement.value, i + 1, value);
    duckdb_destroy_value(&value);
    if (state != DuckDBSuccess) {
      fail_duck(fmt::format("parameter ${} was refused", i + 1),
                duckdb_prepare_error(statement.value));
    }
  }
  bool late = false;
  auto state = DuckDBSuccess;
  {
    const TimeLimit limit(handles_->connection, rules.limit);
    state = duckdb_execute_prepared(statement.value, &answer.result.value);
    late = limit.over();
  }
  if (state != DuckDBSuccess && late) {
    fail(ErrorCode::kInvalid,
         fmt::format("the query ran for more than {} s and was ended", rules.limit.count()));
  }
  if (state != DuckDBSuccess) {
    fail_duck("the query failed", duckdb_result_error(&answer.result.value));
  }
  for (idx_t c = 0; c < duckdb_column_count(&answer.result.value); ++c) {
    answer.types.push_back(type_of(answer.result.value, c));
  }
}

Table Duck::query(std::string_view sql, std::span<const Value> parameters,
                  const QueryRules& rules) {
  const std::scoped_lock lock(handles_->mutex);
  auto found = std::make_unique<Answer>();
  answer(sql, parameters, rules, *found);
  if (!std::all_of(found->types.begin(), found->types.end(), is_readable)) {
    const auto again = with_readable_columns(sql, found->result.value, found->types);
    found = std::make_unique<Answer>();
    answer(again, parameters, rules, *found);
  }
  auto& result = found->result.value;
  Table table;
  for (idx_t c = 0; c < found->types.size(); ++c) {
    table.columns.emplace_back(duckdb_column_name(&result, c));
  }
  while (duckdb_data_chunk chunk = duckdb_fetch_chunk(result)) {
    take_chunk(chunk, found->types, table);
    duckdb_destroy_data_chunk(&chunk);
  }
  return table;
}

namespace {

duckdb_state append_value(duckdb_appender appender, const Value& value) {
  struct Visitor {
    duckdb_appender appender;
    duckdb_state operator()(std::monostate) const { return duckdb_append_null(appender); }
    duckdb_state operator()(bool v) const { return duckdb_append_bool(appender, v); }
    duckdb_state operator()(std::int64_t v) const { return duckdb_append_int64(appender, v); }
    duckdb_state operator()(double v) const { return duckdb_append_double(appender, v); }
    duckdb_state operator()(const std::string& v) const {
      return duckdb_append_varchar_length(appender, v.data(), v.size());
    }
    duckdb_state operator()(const std::vector<double>& v) const {
      duckdb_value list = to_duck(v);
      const auto state = duckdb_append_value(appender, list);
      duckdb_destroy_value(&list);
      return state;
    }
  };
  return std::visit(Visitor{appender}, value);
}

}  // namespace

void Duck::append(const std::string& table, std::span<const std::vector<Value>> rows) {
  const std::scoped_lock lock(handles_->mutex);
  duckdb_appender appender = nullptr;
  if (duckdb_appender_create_ext(handles_->connection, "memory", "main", table.c_str(),
                                 &appender) != DuckDBSuccess) {
    const std::string why = duckdb_appender_error(appender);
    duckdb_appender_destroy(&appender);
    fail_duck("rows could not be staged", why.c_str());
  }
  bool good = true;
  for (const auto& row : rows) {
    for (const auto& item : row) {
      good = good && append_value(appender, item) == DuckDBSuccess;
    }
    good = good && duckdb_appender_end_row(appender) == DuckDBSuccess;
  }
  const std::string why = good ? "" : duckdb_appender_error(appender);
  good = duckdb_appender_destroy(&appender) == DuckDBSuccess && good;
  if (!good) {
    fail_duck("rows could not be staged", why.c_str());
  }
}

std::string library_version() {
  return duckdb_library_version();
}

std::string sql_text(std::string_view text) {
  return quoted(text, '\'');
}

std::string sql_name(std::string_view name) {
  return quoted(name, '"');
}

}  // namespace spotter::lake
