#include "loop/cycle/cron.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace spotter::cycle {
namespace {

std::string next(std::string_view expression, std::string_view after) {
  const auto time = Cron::parse(expression).next_after(parse_time(after));
  return time ? iso_time(*time) : "never";
}

TEST(Cron, FindsTheNextPlannedMinute) {
  struct Case {
    const char* expression;
    const char* after;
    const char* next;
  };
  const std::vector<Case> cases = {
      {"0 2 * * 1", "2026-11-24T05:30:00Z", "2026-11-30T02:00:00Z"},  // Tuesday to Monday
      {"0 2 * * mon", "2026-11-30T01:59:59Z", "2026-11-30T02:00:00Z"},
      {"0 2 * * mon", "2026-11-30T02:00:00Z", "2026-12-07T02:00:00Z"},
      {"*/15 * * * *", "2026-01-01T00:14:00Z", "2026-01-01T00:15:00Z"},
      {"*/15 * * * *", "2026-12-31T23:45:00Z", "2027-01-01T00:00:00Z"},
      {"5,35 8-17/4 * * 1-5", "2026-11-27T12:36:00Z", "2026-11-27T16:05:00Z"},
      {"5,35 8-17/4 * * 1-5", "2026-11-27T16:35:00Z", "2026-11-30T08:05:00Z"},
      {"0 0 31 * *", "2026-04-01T00:00:00Z", "2026-05-31T00:00:00Z"},
      {"0 0 29 feb *", "2026-01-01T00:00:00Z", "2028-02-29T00:00:00Z"},
      {"0 0 13 * fri", "2026-11-24T00:00:00Z", "2026-11-27T00:00:00Z"},  // either is enough
      {"30 4 * * 7", "2026-11-24T00:00:00Z", "2026-11-29T04:30:00Z"},    // Sunday is 0 and 7
      {"@daily", "2026-02-28T23:59:00Z", "2026-03-01T00:00:00Z"},
      {"@weekly", "2026-11-24T00:00:00Z", "2026-11-29T00:00:00Z"},
      {"0 0 30 2 *", "2026-01-01T00:00:00Z", "never"},
  };
  for (const auto& c : cases) {
    EXPECT_EQ(next(c.expression, c.after), c.next) << c.expression << " after " << c.after;
  }
}

TEST(Cron, RefusesWhatIsNotASchedule) {
  for (const char* bad :
       {"", "0 2 * *", "60 * * * *", "* 24 * * *", "* * 0 * *", "* * * 13 *", "* * * * 8",
        "a * * * *", "1- * * * *", "5-1 * * * *", "*/0 * * * *", "* * * * * *", "@never",
        "-1 * * * *", "1,,2 * * * *", "99999999999 * * * *"}) {
    EXPECT_THROW((void)Cron::parse(bad), Error) << bad;
  }
}

}  // namespace
}  // namespace spotter::cycle
