#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"
#include "world/world.h"

namespace spotter::world {
namespace {

void check_range(std::string_view option, std::int64_t value, std::int64_t low, std::int64_t high) {
  if (value < low || value > high) {
    fail(ErrorCode::kInvalid,
         fmt::format("{} is {}, but must be from {} to {}", option, value, low, high));
  }
}

void check_share(std::string_view option, double value) {
  if (!(value >= 0 && value <= 1)) {
    fail(ErrorCode::kInvalid, fmt::format("{} is {}, but must be from 0 to 1", option, value));
  }
}

void check_word(std::string_view option, const std::string& word,
                const std::vector<std::string>& known) {
  if (!word.empty() && std::find(known.begin(), known.end(), word) == known.end()) {
    fail(ErrorCode::kInvalid, fmt::format("{} cannot be \"{}\"{}; choose one of {}", option, word,
                                          did_you_mean(word, known), fmt::join(known, ", ")));
  }
}

void check_name(std::string_view option, const std::string& word) {
  const bool good = word.size() <= 40 && std::all_of(word.begin(), word.end(), [](char c) {
                      return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                             (c >= '0' && c <= '9') || c == '-' || c == '_';
                    });
  if (!good) {
    fail(ErrorCode::kInvalid,
         fmt::format("{} is \"{}\", but may hold only letters, digits, - and _ (at most 40)",
                     option, word));
  }
}

}  // namespace

void check_options(const Options& options) {
  check_range("--scenes", options.scenes, 1, 1'000'000);
  check_range("--frames", options.frames_per_scene, 1, 100);
  check_range("--weeks", options.week_first, 1, 520);
  check_range("--weeks", options.week_last, options.week_first, 520);
  check_range("--size (width)", options.width, 64, 1920);
  check_range("--size (height)", options.height, 48, 1200);
  check_range("--rain-week", options.rain_week, 1, 1000);
  check_range("--green-week", options.green_week, 1, 1000);
  check_share("--night-share", options.night_share);
  check_share("--rain-share", options.rain_share);
  check_share("--harbour-share", options.harbour_share);
  check_word("--only-weather", options.only_weather, {"clear", "rain", "fog"});
  check_word("--only-time", options.only_time, {"day", "night"});
  check_word("--only-district", options.only_district, {"old_town", "suburb", "centre", "harbour"});
  check_name("--prefix", options.prefix);
  check_name("--split", options.split);
}

std::vector<SceneId> plan(const Options& options) {
  check_options(options);
  const int weeks = options.week_last - options.week_first + 1;
  std::vector<SceneId> out;
  for (int i = 0; i < weeks; ++i) {
    const int scenes = options.scenes / weeks + (i < options.scenes % weeks ? 1 : 0);
    for (int number = 1; number <= scenes; ++number) {
      out.push_back({.week = options.week_first + i, .number = number});
    }
  }
  return out;
}

}  // namespace spotter::world
