// Does one model fail more often than another on the same scenes? Rates of failure over units that
// come in scenes, whose frames are alike: differences, intervals and one-sided p-values that count
// scenes and not frames. Pure.
#pragma once
#include <cstddef>
#include <span>

namespace spotter::kernels {

// What happened in one scene: of `units` (objects, samples) so many failed.
struct SceneRates {
  double first_failed = 0;
  double first_units = 0;
  double second_failed = 0;
  double second_units = 0;
};

struct RateDifference {
  double first = 0;  // share that fails with the one model; 0 without units
  double second = 0;
  double low = -1;  // interval of second − first
  double high = 1;
  double p_rise = 1;  // chance of such a draw if the second were no worse
  double p_fall = 1;  // if it were no better
  std::size_t scene_count = 0;
};

// Ratio estimates with a variance between scenes (Cochran 1977, 6.3: linearised, paired by scene),
// Student's t with scenes − 1 degrees of freedom. The variance is at least that of a binomial with
// two added successes and failures over the scenes (Agresti and Coull 1998), because a few scenes
// that all agree prove little. Fewer than two scenes decide nothing: −1 … 1.
[[nodiscard]] RateDifference rate_difference(std::span<const SceneRates> scenes,
                                             double confidence = 0.95);

struct RateInterval {
  double rate = 0;
  double low = 0;
  double high = 1;
};
// The same for one model: `first_*` of the scenes.
[[nodiscard]] RateInterval rate_interval(std::span<const SceneRates> scenes,
                                         double confidence = 0.95);

}  // namespace spotter::kernels
