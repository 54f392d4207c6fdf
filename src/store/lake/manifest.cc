#include "store/lake/manifest.h"

#include <fstream>

#include <fmt/format.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/files.h"
#include "base/hash.h"
#include "base/json.h"
#include "base/log.h"
#include "base/text.h"
#include "store/lake/schema.h"

namespace spotter::lake {
namespace {

constexpr const char* kCopy = "current.json";
constexpr std::uintmax_t kCopyBytesMax = std::uintmax_t{64} << 20;
constexpr int kFormat = 1;

// Bytes of each file that change with every commit: the header of the database, of the write-ahead
// log (its salts) and both copies of the header of the log's index (its commit counter).
struct Head {
  const char* suffix;
  std::size_t bytes;
};
constexpr Head kHeads[] = {{"", 100}, {"-wal", 32}, {"-shm", 96}};

std::string view_of(const TableSpec& spec, const std::vector<DataFile>& files,
                    const std::filesystem::path& folder) {
  std::string names;
  std::string empty;
  for (const auto& column : split(spec.columns, ',')) {
    const auto text = trim(column);
    const auto space = text.find(' ');
    const auto name = text.substr(0, space);
    names += fmt::format("{}\"{}\"", names.empty() ? "" : ", ", name);
    empty += fmt::format("{}NULL::{} AS \"{}\"", empty.empty() ? "" : ", ", text.substr(space + 1),
                         name);
  }
  if (files.empty()) {
    return fmt::format("CREATE OR REPLACE VIEW {} AS SELECT {} WHERE false;", spec.name, empty);
  }
  std::string paths;
  std::string gone;
  for (const auto& file : files) {
    const auto path = (folder / file.path).string();
    paths += fmt::format("{}{}", paths.empty() ? "" : ", ", sql_text(literal_pattern(path)));
    if (!file.deletes.empty()) {
      gone += fmt::format("{}SELECT {} AS gone_file, pos AS gone_row FROM read_parquet([{}])",
                          gone.empty() ? "" : " UNION ALL ", sql_text(path),
                          sql_text(literal_pattern((folder / file.deletes).string())));
    }
  }
  if (gone.empty()) {
    return fmt::format("CREATE OR REPLACE VIEW {} AS SELECT {} FROM read_parquet([{}]);", spec.name,
                       names, paths);
  }
  return fmt::format(
      "CREATE OR REPLACE VIEW {} AS SELECT {} FROM read_parquet([{}], filename = true, "
      "file_row_number = true) f "
      "ANTI JOIN ({}) g ON g.gone_file = f.filename AND g.gone_row = f.file_row_number;",
      spec.name, names, paths, gone);
}

}  // namespace

std::string literal_pattern(std::string_view path) {
  std::string out;
  for (const char c : path) {
    if (c == '[' || c == '*' || c == '?') {
      out += fmt::format("[{}]", c);
    } else {
      out += c;
    }
  }
  return out;
}

std::string catalogue_signature(const std::filesystem::path& folder) {
  std::string facts;
  for (const auto& head : kHeads) {
    const auto path = (folder / "catalog.sqlite").string() + head.suffix;
    struct stat status{};
    if (::stat(path.c_str(), &status) != 0) {
      facts += "absent\n";
      continue;
    }
    std::string bytes(head.bytes, '\0');
    std::ifstream in(path, std::ios::binary);
    in.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    // Bytes of the index are written through shared memory; its times and size say nothing.
    const bool index = std::string_view(head.suffix) == "-shm";
    facts += fmt::format("{} {}.{:09} ", index ? 0 : status.st_size,
                         index ? 0 : status.st_mtim.tv_sec, index ? 0 : status.st_mtim.tv_nsec);
    facts += bytes.substr(0, static_cast<std::size_t>(in.gcount())) + "\n";
  }
  return sha256_hex(facts);
}

std::optional<Manifest> load_manifest(const std::filesystem::path& folder) {
  std::string text;
  {
    std::ifstream in(folder / kCopy, std::ios::binary);
    if (!in || std::filesystem::file_size(folder / kCopy) > kCopyBytesMax) {
      return std::nullopt;
    }
    text.assign(std::istreambuf_iterator<char>(in), {});
  }
  const Json copy = Json::parse(text, nullptr, false);
  if (!copy.is_object() || copy.value("format", 0) != kFormat) {
    return std::nullopt;
  }
  Manifest manifest{.signature = copy.value("signature", ""),
                    .snapshot = copy.value("snapshot", std::int64_t{0})};
  const Json tables = copy.value("tables", Json::object());
  for (const auto& [table, files] : tables.items()) {
    auto& list = manifest.tables[table];
    for (const auto& file : files) {
      list.push_back({file.value("path", ""), file.value("deletes", "")});
    }
  }
  return manifest;
}

void save_manifest(const std::filesystem::path& folder, const Manifest& manifest) {
  Json tables = Json::object();
  for (const auto& [table, files] : manifest.tables) {
    Json list = Json::array();
    for (const auto& file : files) {
      Json row = {{"path", file.path}};
      if (!file.deletes.empty()) {
        row["deletes"] = file.deletes;
      }
      list.push_back(std::move(row));
    }
    tables[table] = std::move(list);
  }
  try {
    write_json(folder / kCopy, {{"format", kFormat},
                                {"signature", manifest.signature},
                                {"snapshot", manifest.snapshot},
                                {"tables", tables}});
  } catch (const Error& e) {
    log_debug(fmt::format("the lake's list of files was not kept: {}", e.what()));
  }
}

Manifest list_manifest(Duck& catalogue, const std::filesystem::path& folder) {
  std::string sql =
      "SELECT '' AS name, max(snapshot_id)::VARCHAR AS path, NULL AS deletes FROM "
      "__ducklake_metadata_lake.ducklake_snapshot";
  for (const auto& table : all_tables()) {
    sql += fmt::format(
        " UNION ALL SELECT '{0}', data_file, delete_file FROM ducklake_list_files('lake', '{0}')",
        table.name);
  }
  const auto rows = catalogue.query(sql);
  Manifest manifest;
  const auto relative = [&](const std::string& path) {
    return path.empty() ? path : std::filesystem::path(path).lexically_relative(folder).string();
  };
  for (std::size_t r = 0; r < rows.rows.size(); ++r) {
    if (rows.text(r, 0).empty()) {
      manifest.snapshot = std::stoll(rows.text(r, 1));
    } else {
      manifest.tables[rows.text(r, 0)].push_back(
          {relative(rows.text(r, 1)), relative(rows.text(r, 2))});
    }
  }
  return manifest;
}

std::string table_views(const Manifest& manifest, const std::filesystem::path& folder) {
  std::string statements;
  for (const auto& spec : all_tables()) {
    const auto found = manifest.tables.find(spec.name);
    statements += view_of(
        spec, found == manifest.tables.end() ? std::vector<DataFile>{} : found->second, folder);
  }
  return statements;
}

}  // namespace spotter::lake
