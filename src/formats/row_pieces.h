// Cuts the text of one long JSON list of small objects into pieces that fit the cache, so that they
// can be parsed side by side. Looks at the text only: whoever parses a piece finds out whether the
// cuts were right.
#pragma once
#include <cstddef>
#include <string_view>
#include <vector>

namespace spotter::formats {

inline constexpr std::size_t kPieceBytes = std::size_t{1} << 20;

// The first place at or after `from` that looks like the comma between two objects, or npos. It may
// be inside of a text or of a nested list: then what is before it is no complete JSON.
[[nodiscard]] std::size_t next_row_border(std::string_view text, std::size_t from);

// The objects between the brackets of the list, in pieces of at least `bytes` (the last may be
// shorter), without the commas between pieces. Empty when the text is no list.
[[nodiscard]] std::vector<std::string_view> cut_list(std::string_view text,
                                                     std::size_t bytes = kPieceBytes);

}  // namespace spotter::formats
