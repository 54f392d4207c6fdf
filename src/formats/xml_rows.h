// XML of other tools: bytes are looked over before any parser sees them, because documents that
// declare types or entities, nest without end or are not UTF-8 are refused, not interpreted.
#pragma once
#include <filesystem>
#include <string>
#include <string_view>

namespace spotter::formats {

// The file's bytes. Throws kInvalid, with the line, for a DOCTYPE or entity declaration, more than
// 64 levels, bytes that are not UTF-8, an unclosed tag, or more than a GiB.
[[nodiscard]] std::string read_xml(const std::filesystem::path& file);

// What is wrong with these bytes, with its line; empty if nothing.
[[nodiscard]] std::string xml_problem(std::string_view bytes);

// "line 3": the place of a byte.
[[nodiscard]] std::string line_of(std::string_view bytes, std::size_t position);

// A text of an attribute as JSON: true, false and numbers as such when `typed`, else quoted.
[[nodiscard]] std::string json_of_text(std::string_view text, bool typed);

}  // namespace spotter::formats
