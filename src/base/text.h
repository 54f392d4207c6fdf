// Small text helpers: splitting, trimming, UTF-8 checks and "did you mean".
#pragma once
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace spotter {

[[nodiscard]] std::vector<std::string> split(std::string_view text, char separator);
[[nodiscard]] std::string_view trim(std::string_view text);
[[nodiscard]] std::string to_lower(std::string_view text);
[[nodiscard]] bool valid_utf8(std::string_view text);
// Escapes & < > " ' for HTML and XML text and attributes.
[[nodiscard]] std::string escape_markup(std::string_view text);
// ", did you mean \"x\"?" for the closest of `known` within a third of its length, else "".
[[nodiscard]] std::string did_you_mean(std::string_view word, std::span<const std::string> known);

}  // namespace spotter
