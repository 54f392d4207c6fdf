// Time: milliseconds since the Unix epoch everywhere, ISO 8601 in UTC at the surface. Code asks a
// Clock, so that tests turn the hands.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

namespace spotter {

using TimeMs = std::int64_t;  // since 1970-01-01T00:00:00Z

class Clock {
 public:
  virtual ~Clock() = default;
  [[nodiscard]] virtual TimeMs now_ms() const = 0;
};

class SystemClock final : public Clock {
 public:
  [[nodiscard]] TimeMs now_ms() const override;
};

class FakeClock final : public Clock {
 public:
  [[nodiscard]] TimeMs now_ms() const override { return now_ms_; }
  void advance_ms(TimeMs by) { now_ms_ += by; }

 private:
  TimeMs now_ms_ = 1'700'000'000'000;
};

// "2026-11-24T05:30:00.123Z" (milliseconds only when not zero).
[[nodiscard]] std::string iso_time(TimeMs time);
// Accepts what iso_time writes, also without seconds' fraction or with a space for T; throws
// kInvalid.
[[nodiscard]] TimeMs parse_time(std::string_view text);
// "3 s", "4 min 10 s", "2 h 5 min": for people.
[[nodiscard]] std::string duration_text(double seconds);

}  // namespace spotter
