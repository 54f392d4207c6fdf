// One DuckDB in this process, with one connection: statements with `$n` parameters, results by
// rows, bulk appends. Only the lake uses it; DuckDB's own header is included in duck.cc alone.
#pragma once
#include <chrono>
#include <filesystem>
#include <initializer_list>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "store/lake/lake.h"

namespace spotter::lake {

enum class Allow { kEverything, kSelect };

struct QueryRules {
  Allow allow = Allow::kEverything;
  std::chrono::seconds limit{0};  // 0 = as long as it takes
};

// Checking an extension's signature hashes the whole file: 0.1 s of processor time each. The files
// lie beside the program, as DuckDB itself does, so they are checked where it is asked for
// (`spotter doctor`), not at every start.
enum class Signatures { kTrusted, kChecked };

class Duck {
 public:
  // Opens an instance in memory. Extensions are taken only from the folder `lib/extensions` beside
  // the program, never fetched. Throws kInternal when the library's version is not the one that was
  // tested.
  explicit Duck(Signatures signatures = Signatures::kTrusted);
  ~Duck();
  Duck(const Duck&) = delete;
  Duck& operator=(const Duck&) = delete;

  void load_extension(std::string_view name);
  // Several statements without parameters or results. Throws kInternal, kUnavailable for locks,
  // full disks and transaction conflicts, kCorrupt for a data file that is not there.
  void execute(const std::string& sql);
  // One statement. Decimals come as doubles; dates, times, UUIDs, structs and lists of anything but
  // numbers as text, for which the statement is asked a second time. Throws like execute, and
  // kInvalid for SQL that does not parse or bind or that takes longer than the limit.
  Table query(std::string_view sql, std::span<const Value> parameters,
              const QueryRules& rules = {});
  Table query(std::string_view sql, std::initializer_list<Value> parameters = {}) {
    return query(sql, std::span<const Value>(parameters.begin(), parameters.size()));
  }
  // Appends rows to a table of the in-memory database.
  void append(const std::string& table, std::span<const std::vector<Value>> rows);

 private:
  struct Handles;
  struct Answer;
  void answer(std::string_view sql, std::span<const Value> parameters, const QueryRules& rules,
              Answer& answer);
  std::unique_ptr<Handles> handles_;
};

// 'text' with quotes doubled, for the few places that take no parameter (ATTACH, COPY).
[[nodiscard]] std::string sql_text(std::string_view text);
// The same for a name, between double quotes.
[[nodiscard]] std::string sql_name(std::string_view name);

}  // namespace spotter::lake
