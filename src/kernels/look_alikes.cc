#include "kernels/look_alikes.h"

#include <algorithm>
#include <utility>

#include "base/random.h"
#include "kernels/false_discovery.h"
#include "kernels/mixture.h"

namespace spotter::kernels {
namespace {

constexpr std::size_t kDimensions = 16;  // of the embedding that the mixture sees
constexpr std::size_t kExamples = 5;
constexpr std::size_t kRowsMin = 20;
constexpr double kSameOverlap = 0.5;   // groups that share so much are one
constexpr double kNamedOverlap = 0.5;  // a condition that shares so much names the group
constexpr double kRatioMin = 1.5;      // failing rate inside over outside, as for slices

Counts counts_of(const RowSet& rows, const RowSet& failing) {
  return {rows.count(), rows.count_with(failing)};
}

double overlap(const RowSet& a, const RowSet& b) {
  const auto both = static_cast<double>(a.count_with(b));
  return both / std::max(static_cast<double>(a.count() + b.count()) - both, 1.0);
}

class Groups {
 public:
  explicit Groups(const LookAlikeInput& input)
      : input_(input),
        vectors_(principal_components(input.pictures, kDimensions).apply(input.pictures)),
        dimensions_(std::min({kDimensions, input.pictures.dimensions, input.pictures.count()})),
        first_(input.picture_of.size()) {
    for (std::size_t row = 0; row < input.picture_of.size(); ++row) {
      if ((mix_bits(input.scene_of[row]) & 1) != 0) {
        first_.add(row);
      }
    }
  }

  // Groups of a mixture that learns from one half's failures, tested on the other half's.
  std::vector<LookAlikes> learned_on(bool first, double level) const {
    RowSet learn = first_;
    RowSet test(first_.row_count(), true);
    test.remove(first_);
    if (!first) {
      std::swap(learn, test);
    }
    const auto mixture = fit(learn);
    if (mixture.weight.empty()) {
      return {};
    }
    const auto group = mixture.assign(all());
    const double effect = design_effect(test, input_.failing, input_.scene_of);
    const Counts whole{test.count(), test.count_with(input_.failing)};
    std::vector<LookAlikes> groups(mixture.weight.size());
    std::vector<double> p_values;
    for (std::size_t k = 0; k < groups.size(); ++k) {
      groups[k].rows = rows_in(group, static_cast<std::uint32_t>(k));
      const RowSet seen = groups[k].rows & test;
      const Counts part = counts_of(seen, input_.failing);
      const double outside = (whole - part).rate();
      const bool worse = part.rows >= kRowsMin && part.rate() >= kRatioMin * outside;
      p_values.push_back(worse ? clustered_p(whole, part, effect) : 1);
      groups[k].nearest = nearest(mixture, k, group);
    }
    const auto adjusted = benjamini_hochberg(p_values);
    std::vector<LookAlikes> standing;
    for (std::size_t k = 0; k < groups.size(); ++k) {
      if (adjusted[k] <= level && p_values[k] < 1) {
        groups[k].p = adjusted[k];
        standing.push_back(finish(std::move(groups[k])));
      }
    }
    return standing;
  }

 private:
  [[nodiscard]] Vectors all() const { return {vectors_, dimensions_}; }

  Mixture fit(const RowSet& learn) const {
    std::vector<double> objects(input_.pictures.count());
    std::vector<double> failing(objects.size());
    learn.each([&](std::size_t row) {
      objects[input_.picture_of[row]] += 1;
      failing[input_.picture_of[row]] += input_.failing.has(row) ? 1 : 0;
    });
    std::vector<float> values;
    std::vector<double> error;
    for (std::size_t i = 0; i < objects.size(); ++i) {
      if (objects[i] > 0) {
        const auto row = all().row(i);
        values.insert(values.end(), row.begin(), row.end());
        error.push_back(failing[i] / objects[i]);
      }
    }
    return fit_mixture({values, dimensions_}, error, {});
  }

  RowSet rows_in(const std::vector<std::uint32_t>& group, std::uint32_t k) const {
    RowSet rows(input_.picture_of.size());
    for (std::size_t row = 0; row < input_.picture_of.size(); ++row) {
      if (group[input_.picture_of[row]] == k) {
        rows.add(row);
      }
    }
    return rows;
  }

  // Pictures of the group that lie nearest to its middle.
  std::vector<std::size_t> nearest(const Mixture& mixture, std::size_t k,
                                   const std::vector<std::uint32_t>& group) const {
    std::vector<std::pair<double, std::size_t>> order;
    for (std::size_t i = 0; i < group.size(); ++i) {
      if (group[i] != k) {
        continue;
      }
      double sum = 0;
      for (std::size_t d = 0; d < dimensions_; ++d) {
        const double difference =
            static_cast<double>(all().row(i)[d]) - mixture.mean[k * dimensions_ + d];
        sum += difference * difference / mixture.variance[k * dimensions_ + d];
      }
      order.emplace_back(sum, i);
    }
    std::sort(order.begin(), order.end());
    std::vector<std::size_t> result;
    for (std::size_t i = 0; i < std::min(kExamples, order.size()); ++i) {
      result.push_back(order[i].second);
    }
    return result;
  }

  LookAlikes finish(LookAlikes found) const {
    const Counts whole{input_.failing.row_count(), input_.failing.count()};
    found.counts = counts_of(found.rows, input_.failing);
    found.rate_outside = (whole - found.counts).rate();
    double best = kNamedOverlap;
    for (std::size_t c = 0; c < input_.conditions.size(); ++c) {
      const double shared = overlap(found.rows, *input_.conditions[c]);
      if (shared > best) {
        best = shared;
        found.condition = static_cast<int>(c);
      }
    }
    return found;
  }

  const LookAlikeInput& input_;
  std::vector<float> vectors_;  // pictures × dimensions_
  std::size_t dimensions_;
  RowSet first_;
};

}  // namespace

std::vector<LookAlikes> find_look_alikes(const LookAlikeInput& input, double level) {
  if (input.pictures.count() == 0 || input.failing.count() == 0) {
    return {};
  }
  const Groups groups(input);
  auto found = groups.learned_on(true, level / 2);
  auto more = groups.learned_on(false, level / 2);
  std::move(more.begin(), more.end(), std::back_inserter(found));
  const auto excess = [](const LookAlikes& g) {
    return (g.counts.rate() - g.rate_outside) * static_cast<double>(g.counts.rows);
  };
  std::stable_sort(found.begin(), found.end(),
                   [&](const LookAlikes& a, const LookAlikes& b) { return excess(a) > excess(b); });
  std::vector<LookAlikes> kept;
  for (auto& group : found) {
    if (std::none_of(kept.begin(), kept.end(), [&](const LookAlikes& k) {
          return overlap(k.rows, group.rows) >= kSameOverlap;
        })) {
      kept.push_back(std::move(group));
    }
  }
  return kept;
}

}  // namespace spotter::kernels
