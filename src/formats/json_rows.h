// JSON of other tools, in bulk: parsing with limits, and members of one row with strict types. The
// parser keeps the document in about three times its size; rows are views of it.
#pragma once
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "domain/geometry.h"

namespace simdjson::dom {
class element;
class object;
class parser;
}  // namespace simdjson::dom

namespace spotter::formats {

// Parses the text. Throws kInvalid with line and column for broken text, bad UTF-8 and deep
// nesting. NaN and Infinity, which Python writes, are read as null, so that only their rows are
// refused.
[[nodiscard]] simdjson::dom::element parse_document(simdjson::dom::parser& parser,
                                                    std::string bytes, std::string_view origin);

// The member as text, number or id; nothing when it is absent, null or of another type.
[[nodiscard]] std::optional<std::string> text_member(const simdjson::dom::object& row,
                                                     std::string_view key);
[[nodiscard]] std::optional<double> number_member(const simdjson::dom::object& row,
                                                  std::string_view key);
// A whole number or a text that is not empty, as text.
[[nodiscard]] std::optional<std::string> id_member(const simdjson::dom::object& row,
                                                   std::string_view key);
// true, or a number that is not 0.
[[nodiscard]] bool flag_member(const simdjson::dom::object& row, std::string_view key);
// A list of numbers only.
[[nodiscard]] std::optional<std::vector<double>> numbers_member(const simdjson::dom::object& row,
                                                                std::string_view key);
// An object as compact JSON; empty when it is absent, null or has no members.
[[nodiscard]] std::string object_member(const simdjson::dom::object& row, std::string_view key);
// Whether the member is there and not null.
[[nodiscard]] bool has_member(const simdjson::dom::object& row, std::string_view key);
// A pixel count: a whole number from 1 to a million, else 0.
[[nodiscard]] int pixels_member(const simdjson::dom::object& row, std::string_view key);

// JSON text of a string, with quotes.
[[nodiscard]] std::string json_text(std::string_view text);

}  // namespace spotter::formats
