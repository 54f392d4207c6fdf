#include "base/time.h"

#include <chrono>
#include <cmath>
#include <cstdio>

#include <fmt/chrono.h>
#include <fmt/format.h>

#include "base/error.h"

namespace spotter {

TimeMs SystemClock::now_ms() const {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
}

std::string iso_time(TimeMs time) {
  const std::int64_t seconds = time >= 0 ? time / 1000 : (time - 999) / 1000;
  const auto ms = time - seconds * 1000;
  const std::string head = fmt::format("{:%Y-%m-%dT%H:%M:%S}", fmt::gmtime(seconds));
  return ms == 0 ? head + "Z" : fmt::format("{}.{:03}Z", head, ms);
}

TimeMs parse_time(std::string_view text) {
  int year = 0;
  unsigned month = 0;
  unsigned day = 0;
  int hour = 0;
  int minute = 0;
  double second = 0;
  const std::string copy(text);
  const int read = std::sscanf(copy.c_str(), "%d-%u-%u%*1[T ]%d:%d:%lf", &year, &month, &day, &hour,
                               &minute, &second);
  const std::chrono::year_month_day date{std::chrono::year(year), std::chrono::month(month),
                                         std::chrono::day(day)};
  if (read < 3 || !date.ok() || hour < 0 || hour > 23 || minute < 0 || minute > 59 ||
      !(second >= 0 && second < 61)) {
    fail(ErrorCode::kInvalid,
         fmt::format("not a time; write it as 2026-11-24T05:30:00Z: \"{}\"", text));
  }
  const auto days = std::chrono::sys_days(date).time_since_epoch().count();
  return ((static_cast<TimeMs>(days) * 24 + hour) * 60 + minute) * 60'000 +
         std::llround(second * 1000);
}

std::string duration_text(double seconds) {
  if (seconds < 10) {
    return fmt::format("{:.1f} s", seconds);
  }
  const auto total = std::llround(seconds);
  if (total < 60) {
    return fmt::format("{} s", total);
  }
  if (total < 3600) {
    return fmt::format("{} min {} s", total / 60, total % 60);
  }
  return fmt::format("{} h {} min", total / 3600, total % 3600 / 60);
}

}  // namespace spotter
