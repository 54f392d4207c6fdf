// The one error type of Spotter. Code that cannot go on calls `fail`; only main, the HTTP router,
// the job runner and thread boundaries catch. Outcomes that are expected are values, not errors.
#pragma once
#include <source_location>
#include <stdexcept>
#include <string>
#include <string_view>

namespace spotter {

enum class ErrorCode {
  kInvalid,      // wrong usage or bad input: exit 2, HTTP 400
  kNotFound,     // a named thing does not exist: exit 2, HTTP 404
  kConflict,     // somebody else changed it, or it is already there: exit 1, HTTP 409
  kUnavailable,  // try again later: exit 75, HTTP 503
  kCorrupt,      // stored bytes are not what they should be: exit 1, HTTP 500
  kInternal,     // a fault of ours: exit 1, HTTP 500
};

class Error : public std::runtime_error {
 public:
  Error(ErrorCode code_in, const std::string& message, std::source_location where_in)
      : std::runtime_error(message), code(code_in), where(where_in) {}
  ErrorCode code;
  std::source_location where;  // the line that failed, for the log; never shown as the message
};

// Throws Error. The message says what failed, why and what to do, names in quotes, the path last.
[[noreturn]] void fail(ErrorCode code, const std::string& message,
                       std::source_location where = std::source_location::current());

// For programmer errors only: throws kInternal. Never reachable from user input.
void require(bool condition, std::string_view what,
             std::source_location where = std::source_location::current());

// The process exit code and the HTTP status of an error, from one table.
[[nodiscard]] int exit_code(ErrorCode code);
[[nodiscard]] int http_status(ErrorCode code);
[[nodiscard]] std::string_view name(ErrorCode code);

}  // namespace spotter
