#include "formats/row_pieces.h"

namespace spotter::formats {
namespace {

bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && is_blank(text.front())) {
    text.remove_prefix(1);
  }
  while (!text.empty() && is_blank(text.back())) {
    text.remove_suffix(1);
  }
  return text;
}

std::size_t skip_blanks(std::string_view text, std::size_t at) {
  while (at < text.size() && is_blank(text[at])) {
    ++at;
  }
  return at;
}

}  // namespace

std::size_t next_row_border(std::string_view text, std::size_t from) {
  for (std::size_t at = text.find('}', from); at != std::string_view::npos;
       at = text.find('}', at + 1)) {
    const std::size_t comma = skip_blanks(text, at + 1);
    const std::size_t next = skip_blanks(text, comma + 1);
    if (next < text.size() && text[comma] == ',' && text[next] == '{') {
      return comma;
    }
  }
  return std::string_view::npos;
}

std::vector<std::string_view> cut_list(std::string_view text, std::size_t bytes) {
  std::vector<std::string_view> pieces;
  text = trimmed(text);
  if (text.size() < 2 || text.front() != '[' || text.back() != ']') {
    return pieces;
  }
  text = text.substr(1, text.size() - 2);
  while (true) {
    const std::size_t border =
        text.size() <= bytes ? std::string_view::npos : next_row_border(text, bytes);
    pieces.push_back(text.substr(0, border));
    if (border == std::string_view::npos) {
      return pieces;
    }
    text.remove_prefix(border + 1);
  }
}

}  // namespace spotter::formats
