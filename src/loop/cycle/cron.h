// Cron expressions: "minute hour day month weekday" in UTC, with * , - / and names (jan, mon), and
// @hourly,
// @daily, @weekly, @monthly, @yearly. When both day and weekday are given, either is enough, as in
// cron.
#pragma once
#include <bitset>
#include <optional>
#include <string_view>

#include "base/time.h"

namespace spotter::cycle {

class Cron {
 public:
  // Throws kInvalid naming the field and what is allowed there.
  static Cron parse(std::string_view text);
  // The first planned minute after `time`; nothing when there is none within five years (30
  // February).
  [[nodiscard]] std::optional<TimeMs> next_after(TimeMs time) const;

 private:
  std::bitset<60> minutes_;
  std::bitset<24> hours_;
  std::bitset<32> days_;     // of the month, from 1
  std::bitset<13> months_;   // from 1
  std::bitset<7> weekdays_;  // from Sunday
  bool any_day_ = false;     // the field was *
  bool any_weekday_ = false;
  [[nodiscard]] bool matches_date(int year, unsigned month, unsigned day) const;
};

}  // namespace spotter::cycle
