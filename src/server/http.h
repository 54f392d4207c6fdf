// Requests and responses as plain values, so that routes, guards and their tests know nothing of
// the library that speaks HTTP. Not for reading sockets: that is listener.cc.
#pragma once
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/json_fwd.h"

namespace spotter::server {

struct Request {
  std::string method;                          // upper case
  std::string path;                            // as sent, still percent-encoded, without the query
  std::map<std::string, std::string> query;    // decoded
  std::map<std::string, std::string> headers;  // names in lower case
  std::string body;

  [[nodiscard]] std::string_view header(const std::string& lower_case_name) const;
};

struct Response {
  int status = 200;
  std::string media_type = "application/json";
  std::string body;
  std::vector<std::pair<std::string, std::string>> headers = {};
};

// Splits "/path?a=b&c" into `request`. Throws kInvalid for a broken percent-encoding or bytes that
// are not UTF-8.
void set_target(Request& request, std::string_view target);

// "%20" to " "; "+" stays. Nothing when the encoding is broken, holds NUL or is not UTF-8.
[[nodiscard]] std::optional<std::string> percent_decoded(std::string_view text);

// The segments of a path that starts with "/", each still encoded: "/a/b%2Fc" is {"a", "b%2Fc"}.
[[nodiscard]] std::vector<std::string_view> path_segments(std::string_view path);

[[nodiscard]] Response json_response(const Json& value, int status = 200);
// {"error": {"code", "message"}}, as the commands print it.
[[nodiscard]] Response error_response(int status, std::string_view code, std::string_view message);

// Whether If-None-Match of the request names this tag.
[[nodiscard]] bool etag_matches(const Request& request, std::string_view etag);

}  // namespace spotter::server
