#include "base/error.h"

#include <array>

namespace spotter {
namespace {

struct Row {
  ErrorCode code;
  std::string_view name;
  int exit_code;
  int http_status;
};

constexpr std::array kTable = {
    Row{ErrorCode::kInvalid, "invalid", 2, 400},
    Row{ErrorCode::kNotFound, "not_found", 2, 404},
    Row{ErrorCode::kConflict, "conflict", 1, 409},
    Row{ErrorCode::kUnavailable, "unavailable", 75, 503},
    Row{ErrorCode::kCorrupt, "corrupt", 1, 500},
    Row{ErrorCode::kInternal, "internal", 1, 500},
};

const Row& row(ErrorCode code) {
  return kTable.at(static_cast<std::size_t>(code));
}

}  // namespace

void fail(ErrorCode code, const std::string& message, std::source_location where) {
  throw Error(code, message, where);
}

void require(bool condition, std::string_view what, std::source_location where) {
  if (!condition) {
    fail(ErrorCode::kInternal, "internal fault: " + std::string(what), where);
  }
}

int exit_code(ErrorCode code) {
  return row(code).exit_code;
}
int http_status(ErrorCode code) {
  return row(code).http_status;
}
std::string_view name(ErrorCode code) {
  return row(code).name;
}

}  // namespace spotter
