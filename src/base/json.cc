#include "base/json.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/error.h"
#include "base/files.h"

namespace spotter {
namespace {

constexpr int kDepthMax = 200;

// The deepest nesting of brackets outside strings: checked before parsing so that hostile text
// cannot exhaust the stack of any later visitor.
int nesting_depth(std::string_view text) {
  int depth = 0;
  int deepest = 0;
  bool in_string = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (in_string) {
      if (c == '\\') {
        ++i;
      } else if (c == '"') {
        in_string = false;
      }
    } else if (c == '"') {
      in_string = true;
    } else if (c == '[' || c == '{') {
      deepest = std::max(deepest, ++depth);
    } else if (c == ']' || c == '}') {
      --depth;
    }
  }
  return deepest;
}

std::string line_and_column(std::string_view text, std::size_t position) {
  position = std::min(position, text.size());
  const std::string_view before = text.substr(0, position);
  const auto line = 1 + std::count(before.begin(), before.end(), '\n');
  const auto start = before.rfind('\n');
  const auto column = start == std::string_view::npos ? position + 1 : position - start;
  return fmt::format("line {}, column {}", line, column);
}

}  // namespace

Json parse_json(std::string_view text, std::string_view origin) {
  if (const int depth = nesting_depth(text); depth > kDepthMax) {
    fail(ErrorCode::kInvalid, fmt::format("JSON is nested {} levels deep, at most {} are read: {}",
                                          depth, kDepthMax, origin));
  }
  try {
    return Json::parse(text);
  } catch (const nlohmann::json::parse_error& e) {
    const auto at = line_and_column(text, e.byte == 0 ? 0 : e.byte - 1);
    fail(ErrorCode::kInvalid, fmt::format("not valid JSON at {}: {}", at, origin));
  } catch (const nlohmann::json::exception& e) {
    fail(ErrorCode::kInvalid, fmt::format("not valid JSON ({}): {}", e.what(), origin));
  }
}

Json read_json(const std::filesystem::path& path) {
  return parse_json(read_file(path), path.string());
}

void write_json(const std::filesystem::path& path, const Json& value) {
  write_file_atomic(path, value.dump(2, ' ', false, Json::error_handler_t::replace) + "\n");
}

void fail_json_member(std::string_view key, std::string_view origin, std::string_view why) {
  fail(ErrorCode::kInvalid, fmt::format("\"{}\" {}: {}", key, why, origin));
}

}  // namespace spotter
