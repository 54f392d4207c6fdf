#include "loop/demo/person.h"

#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/json.h"

namespace spotter::demo {
namespace {

constexpr double kWorthMin = 0.0005;  // below it a change prints as zero

// Slices whose whole interval is on one side of zero, as "rain +0.210 (+0.120 … +0.301)".
std::vector<std::string> beyond_chance(const Json& report, bool gains) {
  std::vector<std::string> found;
  for (const auto& slice : report["slices"]) {
    if (!slice.contains("delta")) {
      continue;
    }
    const auto low = slice["low"].get<double>();
    const auto high = slice["high"].get<double>();
    if (gains ? low > kWorthMin : high < -kWorthMin) {
      found.push_back(fmt::format("{} {:+.3f} ({:+.3f} … {:+.3f})",
                                  slice["name"].get<std::string>(), slice["delta"].get<double>(),
                                  low, high));
    }
  }
  return found;
}

std::string reasons_of(const Json& report) {
  std::vector<std::string> reasons;
  for (const auto& reason : report["reasons"]) {
    reasons.push_back(reason.get<std::string>());
  }
  return fmt::format("{}", fmt::join(reasons, "; "));
}

}  // namespace

Choice choose(const Json& report, std::size_t shared_scenes) {
  const auto verdict = report["verdict"].get<std::string>();
  if (verdict == "pass") {
    return {.decision = "ship", .note = "demo, by script: the gate passed"};
  }
  const auto reasons = reasons_of(report);
  if (verdict == "fail") {
    return {.decision = "hold", .note = "demo, by script: the gate said no: " + reasons};
  }
  Choice choice{.decision = "hold", .undecided = reasons};
  const auto gains = beyond_chance(report, true);
  const auto losses = beyond_chance(report, false);
  if (gains.empty()) {
    choice.note = "demo, by script: no slice shows a gain beyond chance";
  } else if (!losses.empty()) {
    choice.note = fmt::format("demo, by script: lost beyond chance: {}", fmt::join(losses, ", "));
  } else if (verdict == "hold" && shared_scenes > 0) {
    choice.note = fmt::format(
        "demo, by script: {} scenes are in both the training and the test split", shared_scenes);
  } else {
    choice.decision = "ship";
    choice.note = fmt::format("demo, by script: gained beyond chance: {}; no slice shows a loss{}",
                              fmt::join(gains, ", "),
                              verdict == "hold" ? "; no scene is in both training and test" : "");
  }
  return choice;
}

}  // namespace spotter::demo
