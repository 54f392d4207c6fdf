#include <algorithm>

#include <fmt/format.h>

#include "loop/gate/gate.h"

namespace spotter::gate {
namespace {

constexpr double kUsefulMin = 0.05;  // AP50 over everything; less is no detector, whatever it beats

}  // namespace

std::string weakness(const Json& report) {
  const auto slices = report.value("slices", Json::array());
  const auto all = std::find_if(slices.begin(), slices.end(),
                                [](const Json& s) { return s.value("name", "") == "all"; });
  if (all == slices.end()) {
    return "";
  }
  const double after = all->value("after", -1.0);
  if (after < 0) {
    return "";
  }
  if (const double trivial = all->value("baseline", -1.0); trivial >= 0) {
    const bool better = report.value("lower_is_better", false) ? after < trivial : after > trivial;
    return better
               ? ""
               : fmt::format(
                     "its {} is {:.3f}, no better than {} ({:.3f}): too little to be of "
                     "use",
                     report.value("metric", ""), after, report.value("baseline_name", ""), trivial);
  }
  if (after >= kUsefulMin) {
    return "";
  }
  const auto truths = all->value("truths", std::int64_t{0});
  const auto found = all->value("found", std::int64_t{-1});
  if (found < 0) {
    return fmt::format("its AP50 is {:.3f}: too little to be of use", after);
  }
  return 2 * found < truths
             ? fmt::format("it finds {} of {} objects (AP50 {:.3f}): too little to be of use",
                           found, truths, after)
             : fmt::format(
                   "it finds {} of {} objects, but among too many false alarms to be of "
                   "use (AP50 {:.3f})",
                   found, truths, after);
}

}  // namespace spotter::gate
