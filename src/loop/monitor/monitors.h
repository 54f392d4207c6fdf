// A monitor as a value: one number a sample (or a vector), compared between the reference and the
// window. Pure. To add one, write it in this folder and add a line in registry.cc.
#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "domain/annotation.h"
#include "kernels/knn.h"
#include "kernels/two_sample.h"

namespace spotter::monitor {

// One side of the comparison, row by row.
struct Side {
  std::vector<std::string> keys;
  std::vector<std::uint32_t> scene;
  std::vector<const PredictionSet*> predictions;  // null = the model has not seen it
  std::vector<float> embeddings;                  // keys × dimensions
  std::vector<std::uint8_t> has_embedding;
  std::size_t dimensions = 0;
};

struct MonitorResult {
  std::string name;
  std::string summary;
  std::string state;  // "ok", "alarm", "not enough data"
  std::size_t n_reference = 0;
  std::size_t n_current = 0;
  std::size_t scenes_reference = 0;
  std::size_t scenes_current = 0;
  double statistic = 0;     // the effect
  double effect_floor = 0;  // smaller effects do not alarm
  double detectable = 0;    // effects below this could not have been seen
  double p = 1;
  double p_adjusted = 1;
  double reference = 0;  // the usual value, for people; NaN where there is none
  double current = 0;
  std::vector<std::string> exemplars;  // of the window, at most one a scene
};

struct MonitorOptions {
  std::size_t permutations = 500;
  std::uint64_t seed = 1;
  double false_discovery = 0.05;  // over all monitors of the window
  std::size_t scenes_min = 10;    // on each side, else "not enough data"
  std::size_t rows_min = 30;
  std::size_t embedding_rows_max = 2000;  // a side; whole scenes are drawn
  std::size_t exemplars_max = 8;
};

struct Monitor {
  std::string_view name;
  std::string_view summary;
  double effect_floor = 0;
  std::vector<MonitorResult> (*run)(const Monitor& self, const Side& reference, const Side& current,
                                    const MonitorOptions& options) = nullptr;
};

[[nodiscard]] std::span<const Monitor* const> all_monitors();

// Every monitor, then Benjamini and Hochberg over those that had enough data; an alarm needs both
// an adjusted p below the level and an effect above its floor.
[[nodiscard]] std::vector<MonitorResult> compare(const Side& reference, const Side& current,
                                                 const MonitorOptions& options);

}  // namespace spotter::monitor
