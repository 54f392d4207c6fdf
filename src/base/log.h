// Progress and log lines on standard error; standard output is for results alone.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

namespace spotter {

enum class LogLevel { kQuiet, kWarning, kInfo, kDebug };
void set_log_level(LogLevel level);
[[nodiscard]] LogLevel log_level();

void log_debug(std::string_view message);
void log_info(std::string_view message);
void log_warning(std::string_view message);

}  // namespace spotter
