#include "loop/curate/select.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <numeric>

#include "base/error.h"
#include "base/parallel.h"

namespace spotter::curate {
namespace {

constexpr double kInfinite = std::numeric_limits<double>::infinity();
constexpr std::size_t kSampledMax = 2000;

double distance(std::span<const float> a, std::span<const float> b) {
  return std::sqrt(static_cast<double>(kernels::squared_distance(a, b)));
}

// Shares of the budget as whole numbers that sum to it (largest remainder).
std::vector<std::size_t> whole_quotas(std::size_t budget, const std::vector<double>& shares) {
  const double total = std::accumulate(shares.begin(), shares.end(), 0.0);
  std::vector<std::size_t> quotas(shares.size());
  std::vector<std::pair<double, std::size_t>> remainders;
  std::size_t given = 0;
  for (std::size_t i = 0; i < shares.size(); ++i) {
    const double exact = total > 0 ? static_cast<double>(budget) * shares[i] / total : 0;
    quotas[i] = static_cast<std::size_t>(exact);
    given += quotas[i];
    remainders.emplace_back(static_cast<double>(quotas[i]) - exact, i);
  }
  std::sort(remainders.begin(), remainders.end());
  for (std::size_t i = 0; given < budget && i < remainders.size(); ++i, ++given) {
    ++quotas[remainders[i].second];
  }
  return quotas;
}

class Selector {
 public:
  Selector(std::span<const Candidate> candidates, const kernels::Vectors& vectors,
           const SelectOptions& options)
      : candidates_(candidates),
        vectors_(vectors),
        options_(options),
        nearest_(candidates.size(), kInfinite),
        nearest_centre_(candidates.size(), 0),
        taken_(candidates.size(), false) {
    number_scenes();
    selection_.usual_distance = usual_distance();
  }

  Selection run() {
    auto quotas = whole_quotas(options_.budget, options_.quota_shares);
    for (const double relevance_min : {options_.relevance_first, 0.0}) {
      for (std::size_t frames = std::min(options_.scene_first, options_.scene_max);
           frames <= options_.scene_max; ++frames) {
        for (std::size_t q = 0; q < quotas.size(); ++q) {
          fill(q, quotas[q], {relevance_min, frames});
        }
      }
    }
    // What one quota could not fill goes to the others, in their order.
    for (const double relevance_min : {options_.relevance_first, 0.0}) {
      for (std::size_t q = 0; q < quotas.size(); ++q) {
        std::size_t rest = options_.budget - selection_.picked.size();
        fill(q, rest, {relevance_min, options_.scene_max});
      }
    }
    count_left_out();
    return std::move(selection_);
  }

 private:
  void number_scenes() {
    std::map<std::string_view, std::uint32_t> numbers;
    for (const auto& candidate : candidates_) {
      const auto next = static_cast<std::uint32_t>(numbers.size());
      scene_.push_back(numbers.try_emplace(candidate.scene, next).first->second);
    }
    in_scene_.assign(numbers.size(), 0);
  }

  // Median distance to the nearest candidate of another scene, over an even sample.
  double usual_distance() const {
    std::vector<float> rows;
    std::vector<std::uint32_t> groups;
    const std::size_t stride = std::max<std::size_t>(1, candidates_.size() / kSampledMax);
    for (std::size_t i = 0; i < candidates_.size(); i += stride) {
      if (candidates_[i].has_vector) {
        const auto row = vectors_.row(i);
        rows.insert(rows.end(), row.begin(), row.end());
        groups.push_back(scene_[i]);
      }
    }
    const kernels::Vectors sample{rows, vectors_.dimensions};
    const auto found = kernels::nearest_neighbours(sample, sample, 1, groups, groups);
    std::vector<float> finite;
    std::copy_if(found.distances.begin(), found.distances.end(), std::back_inserter(finite),
                 [](float d) { return std::isfinite(d); });
    if (finite.empty()) {
      return 0;
    }
    const auto middle = finite.begin() + static_cast<std::ptrdiff_t>(finite.size() / 2);
    std::nth_element(finite.begin(), middle, finite.end());
    return static_cast<double>(*middle);
  }

  struct Round {
    double relevance_min = 0;
    std::size_t frames_max = 0;  // of a scene
  };

  void fill(std::size_t quota, std::size_t& open, const Round& round) {
    while (open > 0 && selection_.picked.size() < options_.budget) {
      const auto best = best_candidate(quota, round);
      if (best == candidates_.size()) {
        return;
      }
      take(best, quota);
      --open;
    }
  }

  std::size_t best_candidate(std::size_t quota, const Round& round) const {
    std::size_t best = candidates_.size();
    double best_score = 0;
    for (std::size_t i = 0; i < candidates_.size(); ++i) {
      const auto& candidate = candidates_[i];
      const bool open = !taken_[i] && candidate.quota == quota &&
                        candidate.relevance >= round.relevance_min &&
                        in_scene_[scene_[i]] < round.frames_max && !duplicate(i);
      const double score = open ? candidate.relevance * spread(i) : 0;
      if (score > best_score ||
          (score > 0 && score == best_score && candidate.key < candidates_[best].key)) {
        best = i;
        best_score = score;
      }
    }
    return best;
  }

  [[nodiscard]] bool duplicate(std::size_t i) const {
    return nearest_[i] < options_.duplicate_share * selection_.usual_distance;
  }

  // How far from what is taken, in usual distances; 1 while nothing is known.
  [[nodiscard]] double spread(std::size_t i) const {
    const bool known = std::isfinite(nearest_[i]) && selection_.usual_distance > 0;
    return known ? nearest_[i] / selection_.usual_distance : 1;
  }

  void take(std::size_t chosen, std::size_t quota) {
    const double distance_before = nearest_[chosen];
    const bool known = std::isfinite(distance_before) && selection_.usual_distance > 0;
    selection_.picked.push_back(
        {chosen, quota, known ? distance_before / selection_.usual_distance : -1});
    taken_[chosen] = true;
    ++in_scene_[scene_[chosen]];
    if (!candidates_[chosen].has_vector) {
      return;
    }
    const auto centre = vectors_.row(chosen);
    // Half the distance between two centres: whoever is nearer to the old one is nearer to it than
    // to the new one (triangle inequality) and need not be looked at.
    std::vector<double> half;
    for (const auto old : centres_) {
      half.push_back(distance(vectors_.row(old), centre) / 2);
    }
    const auto number = static_cast<std::uint32_t>(centres_.size());
    centres_.push_back(chosen);
    parallel_for(candidates_.size(), 8192, [&](std::size_t begin, std::size_t end) {
      for (std::size_t i = begin; i < end; ++i) {
        if (!candidates_[i].has_vector || taken_[i] ||
            (number > 0 && nearest_[i] <= half[nearest_centre_[i]])) {
          continue;
        }
        const double d = distance(vectors_.row(i), centre);
        if (d < nearest_[i]) {
          nearest_[i] = d;
          nearest_centre_[i] = number;
        }
      }
    });
  }

  void count_left_out() {
    for (std::size_t i = 0; i < candidates_.size(); ++i) {
      if (!taken_[i] && candidates_[i].relevance > 0) {
        const bool twin = duplicate(i);
        selection_.duplicates += twin ? 1 : 0;
        selection_.scene_full += !twin && in_scene_[scene_[i]] >= options_.scene_max ? 1 : 0;
      }
    }
  }

  std::span<const Candidate> candidates_;
  const kernels::Vectors& vectors_;
  const SelectOptions& options_;
  std::vector<double> nearest_;                // distance to the nearest taken
  std::vector<std::uint32_t> nearest_centre_;  // index into centres_, once there is one
  std::vector<std::size_t> centres_;           // the taken that have a vector
  std::vector<bool> taken_;
  std::vector<std::uint32_t> scene_;
  std::vector<std::size_t> in_scene_;
  Selection selection_;
};

}  // namespace

Selection select(std::span<const Candidate> candidates, const kernels::Vectors& vectors,
                 const SelectOptions& options) {
  require(vectors.dimensions == 0 || vectors.count() == candidates.size(),
          "select: one vector a candidate");
  return Selector(candidates, vectors, options).run();
}

std::vector<double> similarity_to(const kernels::Vectors& rows, const std::vector<bool>& has_vector,
                                  const kernels::Vectors& examples) {
  std::vector<double> similarity(has_vector.size(), 0);
  if (examples.count() == 0 || rows.count() == 0) {
    return similarity;
  }
  const auto found = kernels::nearest_neighbours(rows, examples, 1);
  double sum = 0;
  std::size_t count = 0;
  for (std::size_t i = 0; i < similarity.size(); ++i) {
    if (has_vector[i]) {
      sum += static_cast<double>(found.distances[i]);
      ++count;
    }
  }
  const double sigma = count > 0 ? std::max(sum / static_cast<double>(count), 1e-12) : 1;
  for (std::size_t i = 0; i < similarity.size(); ++i) {
    similarity[i] = has_vector[i] ? std::exp(-static_cast<double>(found.distances[i]) / sigma) : 0;
  }
  return similarity;
}

}  // namespace spotter::curate
