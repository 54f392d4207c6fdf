#include <array>
#include <cmath>

#include "kernels/false_discovery.h"
#include "loop/monitor/monitors.h"

// To add a monitor, write it in this folder as `const Monitor <name>` and add a line here.
#define SPOTTER_MONITORS(X) \
  X(detections) \
  X(empty) \
  X(scores_ks) \
  X(scores_psi) \
  X(embeddings)

namespace spotter::monitor {

#define X(name) extern const Monitor name;
SPOTTER_MONITORS(X)
#undef X

std::span<const Monitor* const> all_monitors() {
#define X(name) &name,
  static const std::array monitors = {SPOTTER_MONITORS(X)};
#undef X
  return monitors;
}

std::vector<MonitorResult> compare(const Side& reference, const Side& current,
                                   const MonitorOptions& options) {
  std::vector<MonitorResult> results;
  std::vector<double> p_values;
  for (const Monitor* monitor : all_monitors()) {
    for (auto& result : monitor->run(*monitor, reference, current, options)) {
      p_values.push_back(result.state == "ok" ? result.p : std::nan(""));
      results.push_back(std::move(result));
    }
  }
  const auto adjusted = kernels::benjamini_hochberg(p_values);
  for (std::size_t i = 0; i < results.size(); ++i) {
    auto& result = results[i];
    if (result.state != "ok") {
      continue;
    }
    result.p_adjusted = adjusted[i];
    if (adjusted[i] <= options.false_discovery && result.statistic >= result.effect_floor) {
      result.state = "alarm";
    }
  }
  return results;
}

}  // namespace spotter::monitor
