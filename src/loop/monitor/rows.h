// What monitors of numbers have in common: one value a row with its sample and scene on both sides.
#pragma once
#include <string>
#include <vector>

#include "loop/monitor/monitors.h"

namespace spotter::monitor {

struct Values {
  std::vector<double> value;
  std::vector<std::size_t> sample;  // index into the side's keys
};

// Which statistic compares the values.
enum class Compare { kMean, kKolmogorovSmirnov, kStability };

// Fills a result for `name`; "not enough data" below the minima. Exemplars are the window's samples
// whose mean value is farthest in the direction of the shift.
[[nodiscard]] MonitorResult compare_values(const Monitor& self, const std::string& name,
                                           Compare how, const Side& reference_side,
                                           const Values& reference, const Side& current_side,
                                           const Values& current, const MonitorOptions& options);

// Whether both sides have the minima of rows and scenes; fills the counts of `result`.
[[nodiscard]] bool enough(MonitorResult& result, const std::vector<std::uint32_t>& reference_scenes,
                          const std::vector<std::uint32_t>& current_scenes,
                          const MonitorOptions& options);

// The first samples of `order` (indices), at most one a scene.
[[nodiscard]] std::vector<std::string> one_a_scene(const Side& side,
                                                   const std::vector<std::size_t>& order,
                                                   std::size_t count_max);

}  // namespace spotter::monitor
