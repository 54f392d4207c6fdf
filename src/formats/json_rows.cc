#include "formats/json_rows.h"

#include <array>
#include <cmath>

#include <fmt/format.h>
#include <simdjson.h>

#include "base/error.h"
#include "base/json.h"

namespace spotter::formats {
namespace {

using simdjson::dom::element;
using simdjson::dom::object;

constexpr std::size_t kDepthMax = 200;

// The text with NaN, Infinity and -Infinity outside strings as null; nothing if there are none.
std::optional<std::string> without_not_finite(std::string_view text) {
  constexpr std::array<std::string_view, 3> kWords = {"NaN", "-Infinity", "Infinity"};
  std::string out;
  std::size_t copied = 0;
  bool in_string = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (in_string) {
      if (text[i] == '\\') {
        ++i;
      } else if (text[i] == '"') {
        in_string = false;
      }
      continue;
    }
    in_string = text[i] == '"';
    for (const auto word : kWords) {
      if (text.substr(i, word.size()) == word) {
        out.append(text.substr(copied, i - copied)).append("null");
        i += word.size() - 1;
        copied = i + 1;
        break;
      }
    }
  }
  if (copied == 0) {
    return std::nullopt;
  }
  return out.append(text.substr(copied));
}

std::optional<element> find(const object& row, std::string_view key) {
  element value;
  if (row.at_key(key).get(value) != simdjson::SUCCESS || value.is_null()) {
    return std::nullopt;
  }
  return value;
}

}  // namespace

element parse_document(simdjson::dom::parser& parser, std::string bytes, std::string_view origin) {
  element root;
  if (parser.allocate(bytes.size(), kDepthMax) == simdjson::SUCCESS &&
      parser.parse(bytes).get(root) == simdjson::SUCCESS) {
    return root;
  }
  if (auto finite = without_not_finite(bytes)) {
    if (parser.allocate(finite->size(), kDepthMax) == simdjson::SUCCESS &&
        parser.parse(*finite).get(root) == simdjson::SUCCESS) {
      return root;
    }
    bytes = std::move(*finite);
  }
  // The slow parser knows the place.
  (void)parse_json(bytes, origin);
  fail(ErrorCode::kInvalid, fmt::format("not JSON that can be read (a number or a text in it is "
                                        "out of range): {}",
                                        origin));
}

std::optional<std::string> text_member(const object& row, std::string_view key) {
  std::string_view text;
  const auto value = find(row, key);
  if (!value || value->get(text) != simdjson::SUCCESS) {
    return std::nullopt;
  }
  return std::string(text);
}

std::optional<double> number_member(const object& row, std::string_view key) {
  double number = 0;
  const auto value = find(row, key);
  if (!value || !value->is_number() || value->get(number) != simdjson::SUCCESS) {
    return std::nullopt;
  }
  return number;
}

std::optional<std::string> id_member(const object& row, std::string_view key) {
  if (const auto text = text_member(row, key)) {
    return text->empty() ? std::nullopt : text;
  }
  const auto number = number_member(row, key);
  if (!number || std::trunc(*number) != *number || std::abs(*number) > 9e15) {
    return std::nullopt;
  }
  return fmt::format("{}", static_cast<std::int64_t>(*number));
}

bool flag_member(const object& row, std::string_view key) {
  const auto value = find(row, key);
  bool yes = false;
  if (value && value->get(yes) == simdjson::SUCCESS) {
    return yes;
  }
  return number_member(row, key).value_or(0) != 0;
}

std::optional<std::vector<double>> numbers_member(const object& row, std::string_view key) {
  const auto value = find(row, key);
  simdjson::dom::array list;
  if (!value || value->get(list) != simdjson::SUCCESS) {
    return std::nullopt;
  }
  std::vector<double> numbers;
  for (const element item : list) {
    double number = 0;
    if (!item.is_number() || item.get(number) != simdjson::SUCCESS) {
      return std::nullopt;
    }
    numbers.push_back(number);
  }
  return numbers;
}

std::string object_member(const object& row, std::string_view key) {
  const auto value = find(row, key);
  object members;
  if (!value || value->get(members) != simdjson::SUCCESS || members.size() == 0) {
    return {};
  }
  return simdjson::minify(members);
}

bool has_member(const object& row, std::string_view key) {
  return find(row, key).has_value();
}

int pixels_member(const object& row, std::string_view key) {
  const double number = number_member(row, key).value_or(0);
  return number >= 1 && number <= 1e6 && std::trunc(number) == number ? static_cast<int>(number)
                                                                      : 0;
}

std::string json_text(std::string_view text) {
  return Json(text).dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace spotter::formats
