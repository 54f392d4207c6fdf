// Do the pictures of the window look, to the model, like those of its version?
#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

#include "base/random.h"
#include "loop/monitor/rows.h"

namespace spotter::monitor {
namespace {

struct Rows {
  std::vector<float> values;
  std::vector<std::uint32_t> scene;
  std::vector<std::size_t> sample;
};

// Whole scenes in random order until the limit is reached, so that pairs within a scene stay
// together.
Rows draw_scenes(const Side& side, std::size_t rows_max, std::uint64_t seed) {
  std::map<std::uint32_t, std::vector<std::size_t>> scenes;
  for (std::size_t i = 0; i < side.keys.size(); ++i) {
    if (side.has_embedding[i] != 0) {
      scenes[side.scene[i]].push_back(i);
    }
  }
  std::vector<std::uint32_t> order;
  for (const auto& [scene, members] : scenes) {
    order.push_back(scene);
  }
  Rng rng(seed, "monitor scenes");
  rng.shuffle(std::span(order));
  Rows rows;
  for (const auto scene : order) {
    const auto& members = scenes[scene];
    if (!rows.sample.empty() && rows.sample.size() + members.size() > rows_max) {
      continue;
    }
    for (const auto i : members) {
      const auto from = side.embeddings.begin() + static_cast<std::ptrdiff_t>(i * side.dimensions);
      rows.values.insert(rows.values.end(), from,
                         from + static_cast<std::ptrdiff_t>(side.dimensions));
      rows.scene.push_back(scene);
      rows.sample.push_back(i);
    }
  }
  return rows;
}

// Samples of the window, farthest from the reference first.
std::vector<std::size_t> by_distance(const Rows& reference, const Rows& current,
                                     std::size_t dimensions) {
  const auto found =
      kernels::nearest_neighbours({current.values, dimensions}, {reference.values, dimensions}, 1);
  std::vector<std::pair<float, std::size_t>> ranked;
  for (std::size_t i = 0; i < current.sample.size(); ++i) {
    ranked.emplace_back(-found.distances[i], current.sample[i]);
  }
  std::sort(ranked.begin(), ranked.end());
  std::vector<std::size_t> order;
  for (const auto& [distance, sample] : ranked) {
    order.push_back(sample);
  }
  return order;
}

std::vector<MonitorResult> run(const Monitor& self, const Side& reference, const Side& current,
                               const MonitorOptions& options) {
  MonitorResult result;
  result.name = self.name;
  result.summary = self.summary;
  result.effect_floor = self.effect_floor;
  result.reference = std::numeric_limits<double>::quiet_NaN();
  result.current = std::numeric_limits<double>::quiet_NaN();
  const auto a = draw_scenes(reference, options.embedding_rows_max, options.seed);
  const auto b = draw_scenes(current, options.embedding_rows_max, options.seed);
  if (!enough(result, a.scene, b.scene, options)) {
    return {result};
  }
  auto pooled = a.values;
  pooled.insert(pooled.end(), b.values.begin(), b.values.end());
  const auto tested =
      kernels::energy_test({pooled, reference.dimensions}, kernels::pool_groups(a.scene, b.scene),
                           {options.permutations, options.seed});
  result.statistic = tested.statistic;
  result.detectable = tested.detectable;
  result.p = tested.p;
  result.exemplars =
      one_a_scene(current, by_distance(a, b, reference.dimensions), options.exemplars_max);
  return {result};
}

}  // namespace

extern const Monitor embeddings;
const Monitor embeddings = {
    .name = "embeddings",
    .summary = "Image embeddings against the training version: energy distance as a share",
    .effect_floor = 0.02,
    .run = run};

}  // namespace spotter::monitor
