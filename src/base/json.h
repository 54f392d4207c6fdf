// JSON values for configuration, API and job files. Bulk data (COCO files) goes through simdjson
// instead. Use json_fwd.h in headers.
#pragma once
#include <filesystem>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

namespace spotter {

// Object keys keep the order in which they were written, so that output reads as intended.
using Json = nlohmann::ordered_json;

// Parses UTF-8 text. `origin` names the source in messages (a path, "the request body").
// Throws kInvalid with line and column on broken text, on more than 200 levels and on bad UTF-8.
[[nodiscard]] Json parse_json(std::string_view text, std::string_view origin);

// Reads and parses one file; throws kNotFound or kInvalid.
[[nodiscard]] Json read_json(const std::filesystem::path& path);

// Writes by temporary file, fsync and rename: readers see the old bytes or the new, never half.
void write_json(const std::filesystem::path& path, const Json& value);

// The member `key` as T; throws kInvalid naming `origin` and the key if missing or of another type.
template <typename T>
[[nodiscard]] T json_get(const Json& object, std::string_view key, std::string_view origin);

// The member `key` as T, or `fallback` when it is absent or null.
template <typename T>
[[nodiscard]] T json_get_or(const Json& object, std::string_view key, T fallback);

[[noreturn]] void fail_json_member(std::string_view key, std::string_view origin,
                                   std::string_view why);

template <typename T>
T json_get(const Json& object, std::string_view key, std::string_view origin) {
  auto it = object.is_object() ? object.find(std::string(key)) : object.end();
  if (it == object.end()) {
    fail_json_member(key, origin, "is missing");
  }
  try {
    return it->template get<T>();
  } catch (const nlohmann::json::exception&) {
    fail_json_member(key, origin, "has the wrong type");
  }
}

template <typename T>
T json_get_or(const Json& object, std::string_view key, T fallback) {
  auto it = object.is_object() ? object.find(std::string(key)) : object.end();
  if (it == object.end() || it->is_null()) {
    return fallback;
  }
  return json_get<T>(object, key, "JSON");
}

}  // namespace spotter
