// Pictures unlike everything that the model was trained on.
#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <string>

#include "kernels/knn.h"
#include "loop/checks/check.h"

namespace spotter::checks {
namespace {

class SceneNumbers {
 public:
  std::uint32_t of(const std::string& scene) {
    return numbers_.try_emplace(scene, static_cast<std::uint32_t>(numbers_.size())).first->second;
  }

 private:
  std::map<std::string, std::uint32_t> numbers_;
};

// Mean distance to the k nearest; infinite when there are none.
std::vector<double> mean_distances(const kernels::Neighbours& found, std::size_t queries) {
  std::vector<double> means(queries);
  for (std::size_t q = 0; q < queries; ++q) {
    double sum = 0;
    std::size_t count = 0;
    for (std::size_t i = 0; i < found.k; ++i) {
      if (found.rows[q * found.k + i] != kernels::kNoNeighbour) {
        sum += static_cast<double>(found.distances[q * found.k + i]);
        ++count;
      }
    }
    means[q] = count == 0 ? INFINITY : sum / static_cast<double>(count);
  }
  return means;
}

// What is usual inside the training set, each sample measured without its own scene.
class Calibration {
 public:
  explicit Calibration(std::vector<double> distances) : sorted_(std::move(distances)) {
    std::erase_if(sorted_, [](double d) { return !std::isfinite(d); });
    std::sort(sorted_.begin(), sorted_.end());
  }
  [[nodiscard]] bool usable() const { return sorted_.size() >= 20; }
  // The share of training samples that are nearer to the rest than `distance`.
  [[nodiscard]] double quantile_of(double distance) const {
    const auto below = std::lower_bound(sorted_.begin(), sorted_.end(), distance) - sorted_.begin();
    return static_cast<double>(below) / static_cast<double>(sorted_.size() + 1);
  }
  [[nodiscard]] double at(double quantile) const {
    return sorted_[static_cast<std::size_t>(quantile * static_cast<double>(sorted_.size() - 1))];
  }

 private:
  std::vector<double> sorted_;
};

CheckOutput run(const CheckInput& input) {
  CheckOutput output;
  output.examined.assign(input.samples.size(), 0);
  const auto& training = input.training_embeddings;
  const auto& current = input.embeddings;
  SceneNumbers scenes;
  std::vector<std::uint32_t> training_scene;
  for (const auto& scene : input.training_scenes) {
    training_scene.push_back(scenes.of(scene));
  }
  std::map<std::string_view, std::size_t> index;
  for (std::size_t s = 0; s < input.samples.size(); ++s) {
    index.emplace(input.samples[s].key, s);
  }
  std::vector<std::uint32_t> current_scene;
  for (const auto& key : current.keys) {
    current_scene.push_back(scenes.of(input.samples[index.at(key)].scene()));
  }
  const auto k = static_cast<std::size_t>(input.number("k"));
  const kernels::Vectors base{training.values, training.dimensions};
  const Calibration usual(mean_distances(
      kernels::nearest_neighbours(base, base, k, training_scene, training_scene), base.count()));
  if (!usual.usable()) {
    return output;
  }
  const kernels::Vectors queries{current.values, current.dimensions};
  const auto found = kernels::nearest_neighbours(queries, base, k, current_scene, training_scene);
  const auto distances = mean_distances(found, queries.count());
  const double limit = usual.at(input.number("quantile"));
  const double spread = std::max(limit - usual.at(0.5), 1e-12);
  for (std::size_t q = 0; q < queries.count(); ++q) {
    const std::size_t s = index.at(current.keys[q]);
    output.examined[s] = 1;
    if (!std::isfinite(distances[q]) || distances[q] <= limit) {
      continue;
    }
    const double excess = (distances[q] - limit) / spread;
    const Json evidence = {{"distance", distances[q]},
                           {"usual", usual.at(0.5)},
                           {"quantile", usual.quantile_of(distances[q])},
                           {"nearest", training.keys[found.rows[q * k]]}};
    output.findings.push_back({.sample = input.samples[s].key,
                               .error = "novel",
                               .score = (0.5 + excess) / (1 + excess),
                               .evidence = evidence.dump()});
  }
  return output;
}

constexpr std::array kParams = {
    Param{.name = "k",
          .number = 5,
          .low = 1,
          .high = 100,
          .summary = "nearest training samples that count"},
    Param{.name = "quantile",
          .number = 0.99,
          .low = 0.5,
          .summary =
              "report what is farther than this share of the training samples is from the rest"},
};

}  // namespace

extern const Check embedding_distance;
const Check embedding_distance = {
    .name = "embedding_distance",
    .summary = "Pictures unlike everything in the training set",
    .method =
        "The mean distance of the image embedding to its k nearest in the training split, against "
        "the "
        "same distance of each training sample to the others (its own scene left out). Beyond the "
        "given "
        "quantile a sample is `novel`; the score is 0.5 at the limit and grows to 1.",
    .needs = kNeedsEmbeddings,
    .population = Population::kUnseen,
    .params = kParams,
    .run = run,
};

}  // namespace spotter::checks
