#include "base/log.h"

#include <atomic>
#include <cstdio>

#include <fmt/format.h>

namespace spotter {
namespace {

std::atomic<LogLevel>& level() {
  static std::atomic<LogLevel> value{LogLevel::kInfo};
  return value;
}

void print(LogLevel wanted, std::string_view prefix, std::string_view message) {
  if (level() >= wanted) {
    // One call, so that lines of several threads do not mix.
    const std::string line = fmt::format("{}{}\n", prefix, message);
    std::fwrite(line.data(), 1, line.size(), stderr);
  }
}

}  // namespace

void set_log_level(LogLevel wanted) {
  level() = wanted;
}
LogLevel log_level() {
  return level();
}
void log_debug(std::string_view message) {
  print(LogLevel::kDebug, "debug: ", message);
}
void log_info(std::string_view message) {
  print(LogLevel::kInfo, "", message);
}
void log_warning(std::string_view message) {
  print(LogLevel::kWarning, "warning: ", message);
}

}  // namespace spotter
