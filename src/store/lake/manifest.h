// Which Parquet files make up each table at the newest snapshot: all that a reader has to know, so
// that it reads them directly, without the SQLite catalogue and without DuckDB's extensions. A copy
// lies beside the catalogue in current.json with a signature of the catalogue's files; it is
// trusted only while they agree.
#pragma once
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "store/lake/duck.h"

namespace spotter::lake {

struct DataFile {
  std::string path;     // relative to the lake's folder
  std::string deletes;  // Parquet file of row positions that are gone, or empty
};

struct Manifest {
  std::string signature;  // of the catalogue when it said this; empty = cannot be trusted later
  std::int64_t snapshot = 0;
  std::map<std::string, std::vector<DataFile>, std::less<>> tables;
};

// What tells one state of the catalogue from every other: size, time and head of the SQLite file
// and of its write-ahead log, and the log's index with its commit counter. Opens no database; costs
// microseconds.
[[nodiscard]] std::string catalogue_signature(const std::filesystem::path& folder);

// The copy in current.json; nothing when it is absent or unreadable.
[[nodiscard]] std::optional<Manifest> load_manifest(const std::filesystem::path& folder);
// Keeps the copy. Where that fails (full disk, read-only folder) readers are slower, not wrong.
void save_manifest(const std::filesystem::path& folder, const Manifest& manifest);

// Asks the catalogue through an instance that has it attached as `lake`. One statement, so one
// snapshot.
[[nodiscard]] Manifest list_manifest(Duck& catalogue, const std::filesystem::path& folder);

// A file name as a pattern that matches only itself, which is how DuckDB takes names of files.
[[nodiscard]] std::string literal_pattern(std::string_view path);

// Statements that make a view of each table of the lake in a plain DuckDB.
[[nodiscard]] std::string table_views(const Manifest& manifest,
                                      const std::filesystem::path& folder);

}  // namespace spotter::lake
