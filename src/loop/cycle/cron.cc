#include "loop/cycle/cron.h"

#include <array>
#include <charconv>
#include <chrono>
#include <span>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"

namespace spotter::cycle {
namespace {

struct Field {
  std::string_view name;
  int low;
  int high;
  std::span<const std::string_view> words;  // names of low, low + 1, …
};

constexpr std::array<std::string_view, 12> kMonths = {"jan", "feb", "mar", "apr", "may", "jun",
                                                      "jul", "aug", "sep", "oct", "nov", "dec"};
constexpr std::array<std::string_view, 7> kWeekdays = {"sun", "mon", "tue", "wed",
                                                       "thu", "fri", "sat"};

[[noreturn]] void refuse(std::string_view text, const Field& field) {
  fail(ErrorCode::kInvalid,
       fmt::format("the schedule's {} must be {}..{}, with * , - and /step, not \"{}\"; example: "
                   "\"0 2 * * mon\" is every Monday at 02:00 UTC",
                   field.name, field.low, field.high, text));
}

int number_of(std::string_view text, const Field& field) {
  for (std::size_t i = 0; i < field.words.size(); ++i) {
    if (to_lower(text) == field.words[i]) {
      return field.low + static_cast<int>(i);
    }
  }
  int value = -1;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < field.low ||
      value > field.high) {
    refuse(text, field);
  }
  return value;
}

// Sets what one field allows: a list of values, ranges and steps.
template <std::size_t N>
void read_field(std::string_view text, const Field& field, std::bitset<N>& set) {
  for (const auto& part : split(text, ',')) {
    const auto slash = part.find('/');
    const std::string range = part.substr(0, slash);
    int step = 1;
    if (slash != std::string::npos) {
      const Field steps{.name = field.name, .low = 1, .high = field.high, .words = {}};
      step = number_of(part.substr(slash + 1), steps);
    }
    int low = field.low;
    int high = field.high;
    if (range != "*") {
      const auto dash = range.find('-');
      low = number_of(range.substr(0, dash), field);
      if (dash != std::string::npos) {
        high = number_of(range.substr(dash + 1), field);
      } else {
        high = slash == std::string::npos ? low : field.high;
      }
    }
    if (low > high) {
      refuse(part, field);
    }
    for (int value = low; value <= high; value += step) {
      set.set(static_cast<std::size_t>(value) % N);  // Sunday is 0 and 7.
    }
  }
}

std::string_view expand(std::string_view text) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 5> kShort = {
      {{"@hourly", "0 * * * *"},
       {"@daily", "0 0 * * *"},
       {"@weekly", "0 0 * * 0"},
       {"@monthly", "0 0 1 * *"},
       {"@yearly", "0 0 1 1 *"}}};
  for (const auto& [word, meaning] : kShort) {
    if (text == word) {
      return meaning;
    }
  }
  return text;
}

}  // namespace

Cron Cron::parse(std::string_view text) {
  std::vector<std::string> fields;
  for (auto& field : split(expand(trim(text)), ' ')) {
    if (!field.empty()) {
      fields.push_back(std::move(field));
    }
  }
  if (fields.size() != 5) {
    fail(ErrorCode::kInvalid,
         fmt::format(
             "a schedule has five fields, minute hour day month weekday (\"0 2 * * mon\"), not "
             "\"{}\"",
             text));
  }
  Cron cron;
  read_field(fields[0], {"minute", 0, 59, {}}, cron.minutes_);
  read_field(fields[1], {"hour", 0, 23, {}}, cron.hours_);
  read_field(fields[2], {"day", 1, 31, {}}, cron.days_);
  read_field(fields[3], {"month", 1, 12, kMonths}, cron.months_);
  read_field(fields[4], {"weekday", 0, 7, kWeekdays}, cron.weekdays_);
  cron.any_day_ = fields[2] == "*";
  cron.any_weekday_ = fields[4] == "*";
  return cron;
}

bool Cron::matches_date(int year, unsigned month, unsigned day) const {
  if (!months_.test(month)) {
    return false;
  }
  const std::chrono::sys_days date =
      std::chrono::year(year) / std::chrono::month(month) / std::chrono::day(day);
  const bool weekday = weekdays_.test(std::chrono::weekday(date).c_encoding());
  const bool in_days = days_.test(day);
  if (any_day_ || any_weekday_) {
    return in_days && weekday;
  }
  return in_days || weekday;
}

std::optional<TimeMs> Cron::next_after(TimeMs time) const {
  using std::chrono::floor;
  constexpr int kDaysMax = 5 * 366;
  const std::chrono::sys_time<std::chrono::milliseconds> start{std::chrono::milliseconds(time)};
  auto minute = floor<std::chrono::minutes>(start) + std::chrono::minutes(1);
  for (int i = 0; i <= kDaysMax; ++i) {
    const auto day = floor<std::chrono::days>(minute);
    const std::chrono::year_month_day date(day);
    if (matches_date(static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                     static_cast<unsigned>(date.day()))) {
      for (; floor<std::chrono::days>(minute) == day; minute += std::chrono::minutes(1)) {
        const auto in_day = static_cast<std::size_t>((minute - day).count());
        if (hours_.test(in_day / 60) && minutes_.test(in_day % 60)) {
          return std::chrono::duration_cast<std::chrono::milliseconds>(minute.time_since_epoch())
              .count();
        }
      }
    } else {
      minute = day + std::chrono::days(1);
    }
  }
  return std::nullopt;
}

}  // namespace spotter::cycle
