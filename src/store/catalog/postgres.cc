// The team driver: PostgreSQL by libpq, the same SQL text and `$n` parameters.
#include <charconv>
#include <utility>

#include <fmt/format.h>
#include <libpq-fe.h>

#include "base/error.h"
#include "store/catalog/driver.h"

namespace spotter::catalog {
namespace {

// Types of pg_type.dat that the schema uses.
constexpr Oid kBool = 16;
constexpr Oid kInt8 = 20;
constexpr Oid kInt2 = 21;
constexpr Oid kInt4 = 23;
constexpr Oid kFloat4 = 700;
constexpr Oid kFloat8 = 701;
constexpr Oid kNumeric = 1700;

struct Result {
  PGresult* value;
  explicit Result(PGresult* taken) : value(taken) {}
  ~Result() { PQclear(value); }
  Result(const Result&) = delete;
  Result& operator=(const Result&) = delete;
};

Value cell(const PGresult* result, int row, int column) {
  if (PQgetisnull(result, row, column) == 1) {
    return std::monostate{};
  }
  const std::string text(PQgetvalue(result, row, column),
                         static_cast<std::size_t>(PQgetlength(result, row, column)));
  switch (PQftype(result, column)) {
    case kBool:
      return std::int64_t{text == "t" ? 1 : 0};
    case kInt2:
    case kInt4:
    case kInt8: {
      std::int64_t value = 0;
      std::from_chars(text.data(), text.data() + text.size(), value);
      return value;
    }
    case kFloat4:
    case kFloat8:
    case kNumeric: {
      double value = 0;
      std::from_chars(text.data(), text.data() + text.size(), value);
      return value;
    }
    default:
      return text;
  }
}

class Postgres final : public Database {
 public:
  explicit Postgres(const std::string& url) : connection_(PQconnectdb(url.c_str())) {
    if (PQstatus(connection_) != CONNECTION_OK) {
      const std::string why = PQerrorMessage(connection_);
      PQfinish(connection_);
      fail(ErrorCode::kUnavailable,
           fmt::format("the catalog's PostgreSQL server cannot be reached: {}", why));
    }
    PQsetNoticeProcessor(connection_, [](void*, const char*) {}, nullptr);
  }
  ~Postgres() override { PQfinish(connection_); }
  Postgres(const Postgres&) = delete;
  Postgres& operator=(const Postgres&) = delete;

  using Database::execute;
  using Database::query;

  std::vector<Row> query(std::string_view sql, std::span<const Value> parameters) override {
    const Result result = send(sql, parameters);
    std::vector<Row> rows;
    for (int r = 0; r < PQntuples(result.value); ++r) {
      std::vector<Value> values;
      for (int c = 0; c < PQnfields(result.value); ++c) {
        values.push_back(cell(result.value, r, c));
      }
      rows.emplace_back(std::move(values));
    }
    return rows;
  }

  std::int64_t execute(std::string_view sql, std::span<const Value> parameters) override {
    const Result result = send(sql, parameters);
    const std::string_view count = PQcmdTuples(result.value);
    std::int64_t changed = 0;
    std::from_chars(count.data(), count.data() + count.size(), changed);
    return changed;
  }

  void transaction(const std::function<void()>& body) override {
    if (depth_ > 0) {
      body();
      return;
    }
    (void)query("BEGIN");
    ++depth_;
    try {
      // Writers of a project take turns, as SQLite's do: what a transaction has read stays so.
      (void)query("SELECT pg_advisory_xact_lock(hashtext(current_schema()))");
      body();
      (void)query("COMMIT");
      --depth_;
    } catch (...) {
      --depth_;
      PQclear(PQexec(connection_, "ROLLBACK"));
      throw;
    }
  }

  [[nodiscard]] std::string_view driver() const override { return "postgres"; }

 private:
  Result send(std::string_view sql, std::span<const Value> parameters) {
    std::vector<std::string> texts;
    std::vector<Oid> types;
    texts.reserve(parameters.size());
    for (const auto& value : parameters) {
      if (const auto* n = std::get_if<std::int64_t>(&value)) {
        texts.push_back(fmt::format("{}", *n));
        types.push_back(kInt8);
      } else if (const auto* d = std::get_if<double>(&value)) {
        texts.push_back(fmt::format("{}", *d));
        types.push_back(kFloat8);
      } else {
        const auto* s = std::get_if<std::string>(&value);
        texts.push_back(s == nullptr ? "" : *s);
        types.push_back(0);
      }
    }
    std::vector<const char*> values;
    for (std::size_t i = 0; i < parameters.size(); ++i) {
      values.push_back(std::holds_alternative<std::monostate>(parameters[i]) ? nullptr
                                                                             : texts[i].c_str());
    }
    Result result(PQexecParams(connection_, std::string(sql).c_str(),
                               static_cast<int>(values.size()), types.data(), values.data(),
                               nullptr, nullptr, 0));
    const auto status = PQresultStatus(result.value);
    if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK) {
      fail_postgres(result.value, sql);
    }
    return Result(std::exchange(result.value, nullptr));
  }

  [[noreturn]] void fail_postgres(const PGresult* result, std::string_view sql) {
    const char* state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    const std::string_view code = state == nullptr ? "" : state;
    const std::string why = PQerrorMessage(connection_);
    if (code.starts_with("23")) {
      fail(ErrorCode::kConflict, fmt::format("the catalog refused a row: {}", why));
    }
    if (code.empty() || code.starts_with("08") || code.starts_with("40") ||
        code.starts_with("53") || code.starts_with("55") || code.starts_with("57")) {
      fail(ErrorCode::kUnavailable,
           fmt::format("the catalog's server could not do it now; try again: {}", why));
    }
    fail(ErrorCode::kInternal, fmt::format("{} in `{}`", why, sql));
  }

  PGconn* connection_;
  int depth_ = 0;
};

}  // namespace

std::unique_ptr<Database> open_postgres(const std::string& url) {
  return std::make_unique<Postgres>(url);
}

}  // namespace spotter::catalog
