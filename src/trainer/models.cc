#include "trainer/models.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <filesystem>

#include <fmt/format.h>

#include "base/error.h"
#include "base/files.h"
#include "base/hash.h"
#include "base/text.h"

namespace spotter::trainer {
namespace {

namespace fs = std::filesystem;

constexpr const char* kColumns =
    "id, name, run, dataset_version, parent, definition, files, created_at";

Model row_model(const catalog::Row& row) {
  return {.id = row.text(0),
          .name = row.text(1),
          .run = row.text(2),
          .dataset_version = row.text(3),
          .parent = row.text(4),
          .definition = parse_json(row.text(5), "the model's definition"),
          .files = parse_json(row.text(6), "the model's files"),
          .created_at = row.integer(7)};
}

// Names, relative to the folder, of the files that make the model.
std::vector<std::string> file_names(const fs::path& folder, const Json& definition) {
  std::vector<std::string> names;
  if (definition.contains("files")) {
    for (const auto& name : json_get<std::vector<std::string>>(definition, "files", "model.json")) {
      const auto safe = safe_relative_path(name);
      if (!safe) {
        fail(ErrorCode::kInvalid,
             fmt::format("model.json names a file outside its folder, \"{}\": {}", name,
                         folder.string()));
      }
      names.push_back(*safe);
    }
  } else {
    constexpr std::array kOthers = {"model.json", "metrics.jsonl", "done.json"};
    for (const auto& entry : fs::recursive_directory_iterator(folder)) {
      const std::string name = entry.path().lexically_relative(folder).generic_string();
      if (entry.is_regular_file() &&
          std::find(kOthers.begin(), kOthers.end(), name) == kOthers.end()) {
        names.push_back(name);
      }
    }
  }
  std::sort(names.begin(), names.end());
  return names;
}

// The next free "m<number>"; call it in the transaction that takes it.
std::string next_name(Project& project) {
  int newest = 0;
  for (const auto& row : project.catalog->query("SELECT name FROM models WHERE name LIKE 'm%'")) {
    const auto& name = row.text(0);
    int number = 0;
    const auto [end, error] = std::from_chars(name.data() + 1, name.data() + name.size(), number);
    if (error == std::errc() && end == name.data() + name.size()) {
      newest = std::max(newest, number);
    }
  }
  return fmt::format("m{}", newest + 1);
}

std::vector<catalog::Row> rows_of(Project& project, std::string_view name) {
  return project.catalog->query(
      fmt::format("SELECT {} FROM models WHERE id = $1 OR name = $1 OR id IN "
                  "(SELECT model FROM aliases WHERE alias = $1)",
                  kColumns),
      {std::string(name)});
}

}  // namespace

Model find_model(Project& project, std::string_view name) {
  const auto rows = rows_of(project, name);
  if (!rows.empty()) {
    return row_model(rows.front());
  }
  std::vector<std::string> known;
  for (const auto& row : project.catalog->query(
           "SELECT name FROM models UNION SELECT alias FROM aliases ORDER BY 1")) {
    known.push_back(row.text(0));
  }
  fail(ErrorCode::kNotFound,
       known.empty()
           ? fmt::format("no model \"{}\": there is none yet; `spotter train` makes one", name)
           : fmt::format("no model \"{}\"{}; `spotter models` lists them", name,
                         did_you_mean(name, known)));
}

Model add_model(Project& project, const fs::path& folder, const ModelOrigin& origin) {
  const Json definition = read_json(folder / "model.json");
  const auto runtime =
      json_get<std::string>(definition, "runtime", (folder / "model.json").string());
  constexpr std::array kRuntimes = {"builtin", "torchscript", "onnx", "command", "http"};
  if (std::find(kRuntimes.begin(), kRuntimes.end(), runtime) == kRuntimes.end()) {
    fail(ErrorCode::kInvalid, fmt::format("model.json says runtime \"{}\", which is none of {}: {}",
                                          runtime, "builtin, torchscript, onnx, command, http",
                                          (folder / "model.json").string()));
  }
  Json files = Json::object();
  for (const auto& name : file_names(folder, definition)) {
    files[name] = project.blobs->put_file(folder / name);
  }
  // Of equal bytes from another version or parent it is another model: its lineage is part of it.
  const std::string digest =
      sha256_hex(Json{definition, files, origin.dataset_version, origin.parent}.dump());
  const std::string id = "model_" + digest.substr(0, 12);
  project.catalog->transaction([&] {
    if (!project.catalog->query("SELECT id FROM models WHERE id = $1", {id}).empty()) {
      return;
    }
    const std::string name = origin.name.empty() ? next_name(project) : origin.name;
    if (!rows_of(project, name).empty()) {
      fail(ErrorCode::kConflict,
           fmt::format("a model or alias \"{}\" is already there; choose another name", name));
    }
    project.catalog->execute(
        "INSERT INTO models (id, name, run, dataset_version, parent, definition, files, "
        "created_at) "
        "VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        {id, name, origin.run, origin.dataset_version, origin.parent, definition.dump(),
         files.dump(), project.now()});
    project.audit("model.register", id, {{"name", name}, {"run", origin.run}});
  });
  return find_model(project, id);
}

Model register_model(Project& project, const fs::path& folder, std::string_view name) {
  return add_model(project, folder, {.name = std::string(name)});
}

void checkout_model(Project& project, const Model& model, const fs::path& folder) {
  make_folders(folder);
  for (const auto& [name, hash] : model.files.items()) {
    const auto safe = safe_relative_path(name);
    require(safe.has_value(), "registered names of model files are safe");
    const fs::path target = folder / *safe;
    const auto wanted = hash.get<std::string>();
    if (!fs::exists(target)) {
      make_folders(target.parent_path());
      fs::path part = target;
      part += ".part";
      fs::copy_file(project.blobs->local_path(wanted), part, fs::copy_options::overwrite_existing);
      fs::permissions(part, fs::perms::owner_write, fs::perm_options::add);
      fs::rename(part, target);
    }
    if (sha256_file(target) != wanted) {
      fail(ErrorCode::kCorrupt,
           fmt::format("a file of model \"{}\" has changed; `spotter verify` says "
                       "more: {}",
                       model.name, target.string()));
    }
  }
  write_json(folder / "model.json", model.definition);
}

}  // namespace spotter::trainer
