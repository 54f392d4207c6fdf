#include "server/http.h"

#include "base/error.h"
#include "base/json.h"
#include "base/text.h"

namespace spotter::server {
namespace {

int hex_digit(char c) {
  if (c >= '0' && c <= '9') {
    return c - '0';
  }
  if (c >= 'a' && c <= 'f') {
    return c - 'a' + 10;
  }
  return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

std::string decoded_or_fail(std::string_view text) {
  std::string plain(text);
  for (char& c : plain) {
    c = c == '+' ? ' ' : c;  // forms and URLSearchParams write blanks so
  }
  auto decoded = percent_decoded(plain);
  if (!decoded) {
    fail(ErrorCode::kInvalid, "the address has a broken percent-encoding");
  }
  return *decoded;
}

}  // namespace

std::string_view Request::header(const std::string& lower_case_name) const {
  const auto found = headers.find(lower_case_name);
  return found == headers.end() ? std::string_view{} : std::string_view(found->second);
}

std::optional<std::string> percent_decoded(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out.push_back(text[i]);
      continue;
    }
    if (i + 2 >= text.size()) {
      return std::nullopt;
    }
    const int high = hex_digit(text[i + 1]);
    const int low = hex_digit(text[i + 2]);
    if (high < 0 || low < 0 || high + low == 0) {
      return std::nullopt;
    }
    out.push_back(static_cast<char>(high * 16 + low));
    i += 2;
  }
  if (!valid_utf8(out) || out.find('\0') != std::string::npos) {
    return std::nullopt;
  }
  return out;
}

void set_target(Request& request, std::string_view target) {
  const auto question = target.find('?');
  request.path = std::string(target.substr(0, question));
  request.query.clear();
  if (question == std::string_view::npos) {
    return;
  }
  for (const auto& part : split(target.substr(question + 1), '&')) {
    if (part.empty()) {
      continue;
    }
    const auto equals = part.find('=');
    const std::string value = equals == std::string::npos ? "" : part.substr(equals + 1);
    request.query[decoded_or_fail(std::string_view(part).substr(0, equals))] =
        decoded_or_fail(value);
  }
}

std::vector<std::string_view> path_segments(std::string_view path) {
  std::vector<std::string_view> segments;
  std::size_t start = 1;
  while (start <= path.size()) {
    const auto end = std::min(path.find('/', start), path.size());
    segments.push_back(path.substr(start, end - start));
    start = end + 1;
  }
  return segments;
}

Response json_response(const Json& value, int status) {
  return {.status = status, .body = value.dump(-1, ' ', false, Json::error_handler_t::replace)};
}

Response error_response(int status, std::string_view code, std::string_view message) {
  return json_response({{"error", {{"code", code}, {"message", message}}}}, status);
}

bool etag_matches(const Request& request, std::string_view etag) {
  const auto given = request.header("if-none-match");
  return !given.empty() && (given == "*" || given.find(etag) != std::string_view::npos);
}

}  // namespace spotter::server
