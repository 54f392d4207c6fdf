#include "formats/xml_rows.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "base/error.h"
#include "base/files.h"
#include "base/text.h"
#include "formats/json_rows.h"
#include "formats/rows.h"

namespace spotter::formats {
namespace {

constexpr std::uintmax_t kBytesMax = std::uintmax_t{1} << 30;
constexpr int kDepthMax = 64;

// The end of the tag that opens at `at`: past the '>' outside quotes, or npos.
std::size_t tag_end(std::string_view bytes, std::size_t at) {
  char quote = 0;
  for (std::size_t i = at + 1; i < bytes.size(); ++i) {
    const char c = bytes[i];
    if (quote != 0) {
      quote = c == quote ? '\0' : quote;
    } else if (c == '"' || c == '\'') {
      quote = c;
    } else if (c == '>') {
      return i + 1;
    }
  }
  return std::string_view::npos;
}

// Past the end of a comment, CDATA section or processing instruction that opens at `at`; `at`
// itself if none does.
std::size_t skip_unparsed(std::string_view bytes, std::size_t at) {
  static constexpr std::string_view kPairs[][2] = {
      {"<!--", "-->"}, {"<![CDATA[", "]]>"}, {"<?", "?>"}};
  for (const auto& [open, close] : kPairs) {
    if (bytes.substr(at, open.size()) == open) {
      const auto end = bytes.find(close, at + open.size());
      return end == std::string_view::npos ? end : end + close.size();
    }
  }
  return at;
}

std::size_t first_bad_utf8(std::string_view bytes) {
  std::size_t low = 0;
  std::size_t high = bytes.size();
  while (low + 1 < high) {  // the longest prefix that is valid, up to a cut character
    const std::size_t middle = low + (high - low) / 2;
    std::size_t cut = middle;
    while (cut > low && cut < bytes.size() &&
           (static_cast<unsigned char>(bytes[cut]) & 0xC0U) == 0x80U) {
      --cut;
    }
    (valid_utf8(bytes.substr(0, cut)) ? low : high) = middle;
  }
  return low;
}

}  // namespace

std::string line_of(std::string_view bytes, std::size_t position) {
  const auto before = bytes.substr(0, position);
  return fmt::format("line {}", 1 + std::count(before.begin(), before.end(), '\n'));
}

std::string xml_problem(std::string_view bytes) {
  if (!valid_utf8(bytes)) {
    return fmt::format("not UTF-8 at {}", line_of(bytes, first_bad_utf8(bytes)));
  }
  int depth = 0;
  for (auto at = bytes.find('<'); at != std::string_view::npos; at = bytes.find('<', at)) {
    const auto past = skip_unparsed(bytes, at);
    if (past != at) {
      if (past == std::string_view::npos) {
        return fmt::format("a comment or section is not closed, from {}", line_of(bytes, at));
      }
      at = past;
      continue;
    }
    if (bytes.substr(at, 2) == "<!") {
      return fmt::format("document types and entities are refused, {}", line_of(bytes, at));
    }
    const auto end = tag_end(bytes, at);
    if (end == std::string_view::npos) {
      return fmt::format("a tag is not closed, {}", line_of(bytes, at));
    }
    const bool closes = bytes.substr(at, 2) == "</";
    const bool empty = bytes[end - 2] == '/';
    depth += closes ? -1 : empty ? 0 : 1;
    if (depth > kDepthMax) {
      return fmt::format("nested more than {} levels deep, {}", kDepthMax, line_of(bytes, at));
    }
    at = end;
  }
  return depth == 0 ? "" : "truncated: an element is not closed";
}

std::string read_xml(const std::filesystem::path& file) {
  std::string bytes = read_file(file, kBytesMax);
  if (const auto problem = xml_problem(bytes); !problem.empty()) {
    fail(ErrorCode::kInvalid,
         fmt::format("not XML that can be read ({}): {}", problem, file.string()));
  }
  return bytes;
}

std::string json_of_text(std::string_view text, bool typed) {
  if (typed && (text == "true" || text == "false")) {
    return std::string(text);
  }
  const auto number = typed ? parse_number(text) : std::nullopt;
  return number && std::isfinite(*number) ? number_text(*number) : json_text(text);
}

}  // namespace spotter::formats
