// What the embeddings of pictures say about the data set: pictures that are there twice, pictures
// of one split that another has too, production that no longer looks like training, and failures
// that look alike. (Single pictures unlike all training data: embedding_distance.)
#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <numeric>
#include <string>

#include "base/random.h"
#include "kernels/knn.h"
#include "kernels/two_sample.h"
#include "loop/checks/check.h"
#include "loop/checks/failure_clusters.h"

namespace spotter::checks {
namespace {

constexpr std::size_t kShiftRowsMax = 1500;  // a side
constexpr std::size_t kShiftScenesMin = 10;  // a side
constexpr std::size_t kPermutations = 500;
constexpr std::size_t kExemplarsMax = 10;

// The embeddings of the examined samples and of the training samples, one row each.
struct Row {
  std::string key;
  std::string split;
  std::uint32_t scene = 0;
  std::size_t sample = 0;  // index of an examined sample
  bool examined = false;
};
struct Rows {
  std::vector<Row> rows;
  std::vector<float> values;
  std::size_t dimensions = 0;
  [[nodiscard]] std::span<const float> values_of(std::size_t row) const {
    return std::span(values).subspan(row * dimensions, dimensions);
  }
  void add(Row row, std::span<const float> vector) {
    rows.push_back(std::move(row));
    values.insert(values.end(), vector.begin(), vector.end());
  }
};

Rows rows_of(const CheckInput& input) {
  Rows result{.dimensions =
                  std::max(input.embeddings.dimensions, input.training_embeddings.dimensions)};
  std::map<std::string, std::uint32_t> scenes;
  const auto scene_of = [&](const std::string& scene) {
    return scenes.try_emplace(scene, static_cast<std::uint32_t>(scenes.size())).first->second;
  };
  std::map<std::string_view, std::size_t> index;
  for (std::size_t s = 0; s < input.samples.size(); ++s) {
    index.emplace(input.samples[s].key, s);
  }
  std::map<std::string_view, bool> seen;
  const auto& current = input.embeddings;
  for (std::size_t i = 0; i < current.keys.size(); ++i) {
    const std::size_t s = index.at(current.keys[i]);
    seen[current.keys[i]] = true;
    result.add({.key = current.keys[i],
                .split = input.splits.empty() ? "" : input.splits[s],
                .scene = scene_of(input.samples[s].scene()),
                .sample = s,
                .examined = true},
               std::span(current.values).subspan(i * current.dimensions, current.dimensions));
  }
  const auto& training = input.training_embeddings;
  for (std::size_t i = 0; i < training.keys.size(); ++i) {
    if (!seen.contains(training.keys[i])) {
      result.add(
          {.key = training.keys[i], .split = "train", .scene = scene_of(input.training_scenes[i])},
          std::span(training.values).subspan(i * training.dimensions, training.dimensions));
    }
  }
  return result;
}

// Nearest rows of another group for each row.
kernels::Neighbours nearest(const Rows& rows, std::span<const std::uint32_t> group) {
  const kernels::Vectors vectors{rows.values, rows.dimensions};
  return kernels::nearest_neighbours(vectors, vectors, 1, group, group);
}

double median_of(std::vector<float> values) {
  std::erase_if(values, [](float v) { return !std::isfinite(v); });
  if (values.empty()) {
    return 0;
  }
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return static_cast<double>(*middle);
}

Finding pair_finding(const Row& row, const Row& other, const char* error, double distance,
                     double limit) {
  const Json evidence = {
      {"distance", distance},         {"limit", limit},
      {"nearest", other.key},         {"split", row.split},
      {"nearest_split", other.split}, {"model_error", 0}};  // it is about the data
  return {.sample = row.key,
          .error = error,
          .score = limit > 0 ? 1 - 0.5 * distance / limit : 1,
          .evidence = evidence.dump()};
}

// Pictures nearly equal to one of another scene: frames of one scene are alike by nature. Of each
// pair the one that comes later is reported, the first is kept.
double find_near_duplicates(const Rows& rows, double share, CheckOutput& output) {
  std::vector<std::uint32_t> scene;
  for (const auto& row : rows.rows) {
    scene.push_back(row.scene);
  }
  const auto found = nearest(rows, scene);
  const double limit = share * median_of(found.distances);
  for (std::size_t r = 0; r < rows.rows.size(); ++r) {
    const auto distance = static_cast<double>(found.distances[r]);
    const auto other = found.rows[r];
    if (rows.rows[r].examined && other != kernels::kNoNeighbour && distance <= limit &&
        (other < r || !rows.rows[other].examined)) {
      output.findings.push_back(
          pair_finding(rows.rows[r], rows.rows[other], "near_duplicate", distance, limit));
    }
  }
  return limit;
}

// Pictures of val or test that train has too, of whichever scene.
void find_leaks(const Rows& rows, double limit, CheckOutput& output) {
  std::vector<float> train_values;
  std::vector<std::size_t> train;
  std::vector<std::size_t> held_out;
  std::vector<float> held_out_values;
  for (std::size_t r = 0; r < rows.rows.size(); ++r) {
    const auto values = rows.values_of(r);
    const bool in_train = rows.rows[r].split == "train";
    if (in_train || (rows.rows[r].examined && !rows.rows[r].split.empty())) {
      (in_train ? train : held_out).push_back(r);
      auto& to = in_train ? train_values : held_out_values;
      to.insert(to.end(), values.begin(), values.end());
    }
  }
  if (train.empty() || held_out.empty()) {
    return;
  }
  const auto found = kernels::nearest_neighbours({held_out_values, rows.dimensions},
                                                 {train_values, rows.dimensions}, 1);
  for (std::size_t i = 0; i < held_out.size(); ++i) {
    const auto distance = static_cast<double>(found.distances[i]);
    if (distance <= limit) {
      output.findings.push_back(pair_finding(
          rows.rows[held_out[i]], rows.rows[train[found.rows[i]]], "leak", distance, limit));
    }
  }
}

// At most kShiftRowsMax rows of whole scenes, in an order that a seed gives.
std::vector<std::size_t> whole_scenes(const Rows& rows, std::vector<std::size_t> chosen) {
  std::map<std::uint32_t, std::vector<std::size_t>> by_scene;
  for (const auto row : chosen) {
    by_scene[rows.rows[row].scene].push_back(row);
  }
  std::vector<std::uint32_t> scenes;
  for (const auto& [scene, members] : by_scene) {
    scenes.push_back(scene);
  }
  Rng(1, "shift").shuffle(std::span(scenes));
  chosen.clear();
  for (const auto scene : scenes) {
    const auto& members = by_scene[scene];
    if (chosen.empty() || chosen.size() + members.size() <= kShiftRowsMax) {
      chosen.insert(chosen.end(), members.begin(), members.end());
    }
  }
  return chosen;
}

// Does production (samples in no split) still look like training? Whole scenes are exchanged to get
// p, for frames of one scene are alike. The pictures farthest from training stand for the shift.
void find_shift(const Rows& rows, double level, double floor, CheckOutput& output) {
  std::vector<std::size_t> sides[2];
  for (std::size_t r = 0; r < rows.rows.size(); ++r) {
    if (rows.rows[r].split == "train" || rows.rows[r].split.empty()) {
      sides[rows.rows[r].split.empty() ? 1 : 0].push_back(r);
    }
  }
  std::vector<std::uint32_t> scenes[2];
  std::vector<float> values[2];
  for (std::size_t side = 0; side < 2; ++side) {
    sides[side] = whole_scenes(rows, std::move(sides[side]));
    for (const auto r : sides[side]) {
      scenes[side].push_back(rows.rows[r].scene);
      const auto vector = rows.values_of(r);
      values[side].insert(values[side].end(), vector.begin(), vector.end());
    }
  }
  const auto pooled = kernels::pool_groups(scenes[0], scenes[1]);
  const auto current = static_cast<std::size_t>(
      std::accumulate(pooled.is_current.begin(), pooled.is_current.end(), 0));
  if (current < kShiftScenesMin || pooled.is_current.size() - current < kShiftScenesMin) {
    return;
  }
  auto pooled_values = values[0];
  pooled_values.insert(pooled_values.end(), values[1].begin(), values[1].end());
  const auto test = kernels::energy_test({pooled_values, rows.dimensions}, pooled,
                                         {.permutations = kPermutations});
  if (test.p > level || test.statistic < floor) {
    return;
  }
  const auto found =
      kernels::nearest_neighbours({values[1], rows.dimensions}, {values[0], rows.dimensions}, 1);
  std::vector<std::size_t> order(sides[1].size());
  std::iota(order.begin(), order.end(), 0U);
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return found.distances[a] > found.distances[b];
  });
  order.resize(std::min(order.size(), kExemplarsMax));
  for (const auto i : order) {
    const Json evidence = {
        {"statistic", test.statistic},   {"p", test.p},
        {"detectable", test.detectable}, {"scenes_training", pooled.is_current.size() - current},
        {"scenes_current", current},     {"distance", found.distances[i]}};
    const double score = std::min(1.0, 0.5 + 0.5 * test.statistic / std::max(1e-12, 4 * floor));
    output.findings.push_back({.sample = rows.rows[sides[1][i]].key,
                               .error = "shift",
                               .score = score,
                               .evidence = evidence.dump()});
  }
}

CheckOutput run(const CheckInput& input) {
  CheckOutput output;
  output.examined.assign(input.samples.size(), 0);
  const Rows rows = rows_of(input);
  for (const auto& row : rows.rows) {
    if (row.examined) {
      output.examined[row.sample] = 1;
    }
  }
  if (rows.rows.size() > 1) {
    if (input.task != "trajectory") {  // agents that stand are all alike
      const double limit = find_near_duplicates(rows, input.number("share"), output);
      find_leaks(rows, limit, output);
    }
    find_shift(rows, input.number("level"), input.number("shift_floor"), output);
    find_failure_clusters(input, input.number("cluster_level"), output);
  }
  return output;
}

constexpr std::array kParams = {
    Param{.name = "share",
          .number = 0.13,
          .high = 1,
          .summary = "nearer than this share of the median distance to the nearest picture of "
                     "another scene is nearly equal"},
    Param{.name = "level",
          .number = 0.01,
          .high = 1,
          .summary = "the p-value below which production is called shifted"},
    Param{.name = "shift_floor",
          .number = 0.02,
          .high = 1,
          .summary = "smaller shifts (energy distance, as a share) are not reported"},
    Param{.name = "cluster_level",
          .number = 0.05,
          .high = 1,
          .summary = "the expected share of false ones among clusters of failures"},
};

}  // namespace

extern const Check embeddings;
const Check embeddings = {
    .name = "embeddings",
    .summary =
        "Pictures that are there twice or in two splits, production unlike training, and failures "
        "that look alike",
    .method =
        "Four questions to the image embeddings of the model. `near_duplicate`: a picture nearly "
        "equal to one of another scene, nearer than a share of the median distance to the nearest "
        "picture of another scene. `leak`: a picture of val or test as near as that to one of "
        "train, of whichever scene. Neither is asked of tracks, where agents that stand are all "
        "alike. `shift`: an energy test of samples in no split against the "
        "training split, exchanging whole scenes; the ten pictures farthest from training stand "
        "for "
        "it. `failure_cluster`: look-alike pictures in which another check says more often than "
        "elsewhere that the model is wrong (at least 1.5 times as often): groups of a mixture of "
        "Gaussians over the embeddings and the share of failing objects (Domino, Eyuboglu et al. "
        "2022), learned on one half of the scenes and confirmed on the other with "
        "Benjamini-Hochberg over groups and checks; what a person has refuted is left out. Five "
        "pictures with the most failures stand for a group; the evidence has its `name` (and a "
        "`where`, if a condition on samples says it), its size and the shares inside and outside. "
        "It looks at what other checks found last. Single "
        "pictures unlike all of training are `embedding_distance`.",
    .needs = kNeedsEmbeddings | kNeedsSplits | kUsesFailures,
    .population = Population::kAll,
    .params = kParams,
    .run = run,
};

}  // namespace spotter::checks
