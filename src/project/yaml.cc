#include "project/yaml.h"

#include <charconv>

#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include "base/error.h"

namespace spotter {
namespace {

constexpr int kDepthMax = 50;

Json scalar(const YAML::Node& node) {
  const std::string& text = node.Scalar();
  if (node.Tag() == "!") {
    return text;  // quoted
  }
  if (text == "true" || text == "false") {
    return text == "true";
  }
  if (text.empty() || text == "null" || text == "~") {
    return nullptr;
  }
  std::int64_t whole = 0;
  const char* end = text.data() + text.size();
  if (const auto r = std::from_chars(text.data(), end, whole);
      r.ec == std::errc{} && r.ptr == end) {
    return whole;
  }
  double real = 0;
  if (const auto r = std::from_chars(text.data(), end, real); r.ec == std::errc{} && r.ptr == end) {
    return real;
  }
  return text;
}

Json convert(const YAML::Node& node, const std::string& name, int depth, YamlDocument& document,
             std::string_view origin) {
  document.lines[name] = node.Mark().line + 1;
  if (depth > kDepthMax) {
    fail(ErrorCode::kInvalid, fmt::format("line {} is nested more than {} levels deep: {}",
                                          node.Mark().line + 1, kDepthMax, origin));
  }
  if (node.IsMap()) {
    Json object = Json::object();
    for (const auto& item : node) {
      const auto key = item.first.Scalar();
      if (object.contains(key)) {
        fail(ErrorCode::kInvalid, fmt::format("\"{}\" stands twice, the second time in line {}: {}",
                                              key, item.first.Mark().line + 1, origin));
      }
      const auto full = name.empty() ? key : name + "." + key;
      object[key] = convert(item.second, full, depth + 1, document, origin);
      document.lines[full] = item.first.Mark().line + 1;
    }
    return object;
  }
  if (node.IsSequence()) {
    Json array = Json::array();
    for (std::size_t i = 0; i < node.size(); ++i) {
      array.push_back(
          convert(node[i], fmt::format("{}[{}]", name, i), depth + 1, document, origin));
    }
    return array;
  }
  return node.IsScalar() ? scalar(node) : Json(nullptr);
}

}  // namespace

YamlDocument parse_yaml(std::string_view text, std::string_view origin) {
  constexpr std::size_t kBytesMax = 4 << 20;
  if (text.size() > kBytesMax) {
    fail(ErrorCode::kInvalid, fmt::format("this is too large to be a configuration: {}", origin));
  }
  YamlDocument document;
  try {
    const auto root = YAML::Load(std::string(text));
    if (root.IsNull()) {
      return document;
    }
    if (!root.IsMap()) {
      fail(ErrorCode::kInvalid,
           fmt::format("a configuration is a list of `key: value` lines: {}", origin));
    }
    document.value = convert(root, "", 0, document, origin);
  } catch (const YAML::Exception& e) {
    fail(ErrorCode::kInvalid,
         fmt::format("the YAML is broken in line {}: {}: {}", e.mark.line + 1, e.msg, origin));
  }
  return document;
}

}  // namespace spotter
