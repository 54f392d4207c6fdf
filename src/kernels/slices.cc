#include "kernels/slices.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "base/error.h"
#include "base/random.h"
#include "kernels/false_discovery.h"
#include "kernels/slice_search.h"

namespace spotter::kernels {
namespace {

// A condition may fail to show in the smaller half by chance: there it must beat the others at the
// usual level only.
constexpr double kRefineAgain = 0.05;

RowSet rows_of(std::span<const SlicePredicate> predicates, const std::vector<std::size_t>& chosen,
               RowSet rows) {
  for (const std::size_t i : chosen) {
    rows &= predicates[i].rows;
  }
  return rows;
}

// One round of the search over the rows that no earlier slice explains.
class Round {
 public:
  Round(std::span<const SlicePredicate> predicates, const RowSet& left, const RowSet& failing,
        std::span<const std::uint32_t> group, const RowSet& first_half, const SliceOptions& options)
      : predicates_(predicates),
        left_(left),
        failing_(failing & left),
        group_(group),
        options_(options),
        search_(predicates, left, failing, group, first_half, options),
        candidates_(search_.run(tested_)) {}

  // The best slice whose excess is beyond chance and which no simpler slice explains as well.
  std::optional<SliceCandidate> best() {
    std::vector<std::size_t> standing;
    if (options_.replicate) {
      standing = replicated(kFirstHalf, kSecondHalf);
      const auto other_way = replicated(kSecondHalf, kFirstHalf);
      standing.insert(standing.end(), other_way.begin(), other_way.end());
      std::sort(standing.begin(), standing.end());
      standing.erase(std::unique(standing.begin(), standing.end()), standing.end());
    } else {
      standing = discovered(kAll, options_.false_discovery);
    }
    std::erase_if(standing, [&](std::size_t i) {
      return !candidates_[i].refines || groups_of(candidates_[i]) < options_.groups_min;
    });
    std::stable_sort(standing.begin(), standing.end(), [&](std::size_t a, std::size_t b) {
      const auto& x = candidates_[a];
      const auto& y = candidates_[b];
      return std::pair(-x.score, x.predicates.size()) < std::pair(-y.score, y.predicates.size());
    });
    return standing.empty() ? std::nullopt : std::optional(simplest_like_first(standing));
  }

  [[nodiscard]] double rate_outside(const SliceCandidate& candidate) const {
    return (search_.all()[kAll] - candidate.counts[kAll]).rate();
  }

 private:
  // Candidates beyond chance in `part`, at `level` over all that were tested.
  std::vector<std::size_t> discovered(Part part, double level) {
    std::vector<double> p_values;
    for (const auto& candidate : candidates_) {
      p_values.push_back(candidate.p[part]);
    }
    const auto adjusted = benjamini_hochberg(p_values, tested_);
    std::vector<std::size_t> found;
    for (std::size_t i = 0; i < candidates_.size(); ++i) {
      if (adjusted[i] <= level) {
        candidates_[i].p_adjusted = std::min(candidates_[i].p_adjusted, adjusted[i]);
        found.push_back(i);
      }
    }
    return found;
  }

  // Those found in one half that hold in the other, which the search did not look at.
  std::vector<std::size_t> replicated(Part where, Part other) {
    auto found = discovered(where, options_.discovery);
    std::erase_if(found, [&](std::size_t i) {
      return !search_.refines(candidates_[i], where, kRefineAgain, false);
    });
    std::vector<double> p_values;
    for (const std::size_t i : found) {
      p_values.push_back(candidates_[i].p[other]);
    }
    const auto adjusted = benjamini_hochberg(p_values);
    std::vector<std::size_t> confirmed;
    for (std::size_t i = 0; i < found.size(); ++i) {
      auto& candidate = candidates_[found[i]];
      if (adjusted[i] <= options_.false_discovery &&
          search_.refines(candidate, other, kRefineAgain, false)) {
        candidate.p_replicated = std::min(candidate.p_replicated, adjusted[i]);
        confirmed.push_back(found[i]);
      }
    }
    return confirmed;
  }

  // The candidate that says nearly the same as the first in the simplest way; `standing` is by
  // falling score.
  SliceCandidate simplest_like_first(const std::vector<std::size_t>& standing) const {
    const SliceCandidate& best = candidates_[standing.front()];
    const RowSet rows = rows_of(predicates_, best.predicates, left_);
    const SliceCandidate* chosen = &best;
    for (const std::size_t i : standing) {
      const SliceCandidate& other = candidates_[i];
      if (complexity(other) >= complexity(*chosen)) {
        continue;
      }
      const auto both =
          static_cast<double>(rows_of(predicates_, other.predicates, left_).count_with(rows));
      const double either =
          static_cast<double>(best.counts[kAll].rows + other.counts[kAll].rows) - both;
      if (both >= options_.same_overlap * either) {
        chosen = &other;
      }
    }
    return *chosen;
  }

  [[nodiscard]] int complexity(const SliceCandidate& candidate) const {
    int sum = 0;
    for (const std::size_t i : candidate.predicates) {
      sum += predicates_[i].complexity;
    }
    return sum;
  }

  // Distinct groups among the failing rows.
  [[nodiscard]] std::size_t groups_of(const SliceCandidate& candidate) const {
    std::vector<std::uint32_t> groups;
    rows_of(predicates_, candidate.predicates, failing_).each([&](std::size_t row) {
      groups.push_back(group_[row]);
    });
    std::sort(groups.begin(), groups.end());
    return static_cast<std::size_t>(std::unique(groups.begin(), groups.end()) - groups.begin());
  }

  std::span<const SlicePredicate> predicates_;
  const RowSet& left_;
  RowSet failing_;
  std::span<const std::uint32_t> group_;
  const SliceOptions& options_;
  SliceSearch search_;
  std::size_t tested_ = 0;
  std::vector<SliceCandidate> candidates_;
};

// Half of the groups, by their number.
RowSet half_of(std::span<const std::uint32_t> group) {
  RowSet rows(group.size());
  for (std::size_t row = 0; row < group.size(); ++row) {
    if ((mix_bits(group[row]) & 1) != 0) {
      rows.add(row);
    }
  }
  return rows;
}

}  // namespace

std::vector<FoundSlice> find_slices(std::span<const SlicePredicate> predicates,
                                    const RowSet& failing, std::span<const std::uint32_t> group,
                                    const SliceOptions& options) {
  require(group.size() == failing.row_count(), "find_slices: one group a row");
  const RowSet first_half = options.replicate ? half_of(group) : RowSet(group.size());
  RowSet left(failing.row_count(), true);
  std::vector<FoundSlice> found;
  while (found.size() < options.slices_max && failing.count_with(left) >= options.failing_min) {
    Round round(predicates, left, failing, group, first_half, options);
    const auto best = round.best();
    if (!best) {
      break;
    }
    const RowSet rows = rows_of(predicates, best->predicates, RowSet(failing.row_count(), true));
    found.push_back({.predicates = best->predicates,
                     .rows = rows.count(),
                     .failing = rows.count_with(failing),
                     .rows_left = best->counts[kAll].rows,
                     .failing_left = best->counts[kAll].failing,
                     .rate_inside = best->counts[kAll].rate(),
                     .rate_outside = round.rate_outside(*best),
                     .score = best->score,
                     .p_adjusted = best->p_adjusted,
                     .p_replicated = best->p_replicated});
    left.remove(rows);
  }
  return found;
}

}  // namespace spotter::kernels
