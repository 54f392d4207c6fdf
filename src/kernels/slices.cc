#include "kernels/slices.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>

#include "base/error.h"
#include "base/parallel.h"
#include "kernels/false_discovery.h"

namespace spotter::kernels {
namespace {

// log(n!)
double log_factorial(double n) {
  return std::lgamma(n + 1);
}

struct Counts {
  std::size_t rows = 0;
  std::size_t failing = 0;
  [[nodiscard]] double rate() const {
    return rows == 0 ? 0 : static_cast<double>(failing) / static_cast<double>(rows);
  }
};

Counts operator-(const Counts& a, const Counts& b) {
  return {a.rows - b.rows, a.failing - b.failing};
}

// Shrinks counts by the design effect, rounding against the slice.
double clustered_p(const Counts& all, const Counts& slice, double effect) {
  const auto down = [&](std::size_t n) {
    return static_cast<std::size_t>(std::floor(static_cast<double>(n) / effect + 1e-9));
  };
  const auto up = [&](std::size_t n) {
    return static_cast<std::size_t>(std::ceil(static_cast<double>(n) / effect - 1e-9));
  };
  const std::size_t hits = down(slice.failing);
  const std::size_t drawn = std::max(up(slice.rows), hits);
  const std::size_t total = std::max(up(all.rows), drawn);
  const std::size_t marked = std::clamp(up(all.failing), hits, total);
  return hypergeometric_tail(total, marked, drawn, hits);
}

struct Candidate {
  std::vector<std::size_t> predicates;
  Counts counts;
  double ratio = 0;
  double score = 0;
  double p = 1;
};

// One round of the search over the rows that no earlier slice explains.
class Round {
 public:
  Round(std::span<const SlicePredicate> predicates, const RowSet& left, const RowSet& failing,
        std::span<const std::uint32_t> group, const SliceOptions& options)
      : predicates_(predicates),
        left_(left),
        failing_(failing & left),
        group_(group),
        options_(options),
        all_{left.count(), failing_.count()},
        effect_(design_effect(left, failing_, group)) {
    for (const auto& predicate : predicates) {
      singles_.push_back({predicate.rows.count_with(left_), predicate.rows.count_with(failing_)});
    }
  }

  // The best slice whose excess is beyond chance and which no simpler slice explains as well.
  std::optional<Candidate> best() const {
    auto candidates = collect();
    std::vector<double> p_values;
    for (const auto& candidate : candidates) {
      p_values.push_back(candidate.p);
    }
    const auto adjusted = benjamini_hochberg(p_values);
    std::vector<std::size_t> order;
    for (std::size_t i = 0; i < candidates.size(); ++i) {
      candidates[i].p = adjusted[i];
      const bool matters = worse(candidates[i].counts.rate(), (all_ - candidates[i].counts).rate());
      if (adjusted[i] <= options_.false_discovery && matters) {
        order.push_back(i);
      }
    }
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
      const auto& x = candidates[a];
      const auto& y = candidates[b];
      return std::pair(-x.score, x.predicates.size()) < std::pair(-y.score, y.predicates.size());
    });
    std::erase_if(order, [&](std::size_t i) {
      return !refines(candidates[i]) || groups_of(candidates[i]) < options_.groups_min;
    });
    if (order.empty()) {
      return std::nullopt;
    }
    return simplest_like(candidates[order.front()], candidates, order);
  }

  [[nodiscard]] double rate_outside(const Candidate& candidate) const {
    return (all_ - candidate.counts).rate();
  }

 private:
  std::vector<Candidate> collect() const {
    std::vector<std::size_t> usable;
    for (std::size_t i = 0; i < predicates_.size(); ++i) {
      if (singles_[i].rows >= options_.rows_min && singles_[i].failing >= options_.failing_min) {
        usable.push_back(i);
      }
    }
    std::vector<std::vector<Candidate>> by_first(usable.size());
    parallel_for(usable.size(), 1, [&](std::size_t begin, std::size_t end) {
      for (std::size_t i = begin; i < end; ++i) {
        by_first[i] = with_first(usable, i);
      }
    });
    std::vector<Candidate> candidates;
    for (auto& some : by_first) {
      std::move(some.begin(), some.end(), std::back_inserter(candidates));
    }
    return candidates;
  }

  // The single slice of usable[first] and its pairs with later ones.
  std::vector<Candidate> with_first(const std::vector<std::size_t>& usable,
                                    std::size_t first) const {
    const std::size_t a = usable[first];
    std::vector<Candidate> found;
    add(found, {a}, singles_[a]);
    const RowSet rows = predicates_[a].rows & left_;
    const RowSet fails = predicates_[a].rows & failing_;
    for (std::size_t j = first + 1; j < usable.size(); ++j) {
      const std::size_t b = usable[j];
      if (predicates_[a].column == predicates_[b].column) {
        continue;
      }
      const std::size_t failing = fails.count_with(predicates_[b].rows);
      if (failing >= options_.failing_min) {
        add(found, {a, b}, {rows.count_with(predicates_[b].rows), failing});
      }
    }
    return found;
  }

  void add(std::vector<Candidate>& found, std::vector<std::size_t> predicates,
           const Counts& counts) const {
    const bool whole = counts.rows == all_.rows;
    if (whole || counts.rows < options_.rows_min) {
      return;
    }
    const double outside = (all_ - counts).rate();
    const double share = static_cast<double>(counts.rows) / static_cast<double>(all_.rows);
    Candidate candidate{std::move(predicates), counts, 0, 0, 1};
    candidate.ratio = outside > 0 ? counts.rate() / outside : 1e9;
    candidate.score = (1 - options_.size_weight) * (counts.rate() / all_.rate() - 1) -
                      options_.size_weight * (1 / share - 1);
    // Most candidates fail less often than the rest; their p is above one half and needs no sum.
    candidate.p = candidate.ratio <= 1 ? 1 : clustered_p(all_, counts, effect_);
    found.push_back(std::move(candidate));
  }

  // The candidate that says nearly the same as `best` in the simplest way; `order` is by falling
  // score.
  Candidate simplest_like(const Candidate& best, const std::vector<Candidate>& candidates,
                          const std::vector<std::size_t>& order) const {
    const RowSet rows = rows_of(best);
    const Candidate* chosen = &best;
    for (const std::size_t i : order) {
      const Candidate& other = candidates[i];
      if (complexity(other) >= complexity(*chosen)) {
        continue;
      }
      const auto both = static_cast<double>(rows_of(other).count_with(rows));
      const double either = static_cast<double>(best.counts.rows + other.counts.rows) - both;
      if (both >= options_.same_overlap * either) {
        chosen = &other;
      }
    }
    return *chosen;
  }

  [[nodiscard]] int complexity(const Candidate& candidate) const {
    int sum = 0;
    for (const std::size_t i : candidate.predicates) {
      sum += predicates_[i].complexity;
    }
    return sum;
  }

  [[nodiscard]] RowSet rows_of(const Candidate& candidate) const {
    RowSet rows = left_;
    for (const std::size_t i : candidate.predicates) {
      rows &= predicates_[i].rows;
    }
    return rows;
  }

  // Whether the difference is large enough to be worth a name.
  [[nodiscard]] bool worse(double inside, double outside) const {
    return inside >= options_.ratio_min * outside || inside - outside >= options_.excess_min;
  }

  bool refines(const Candidate& candidate) const {
    if (candidate.predicates.size() < 2) {
      return true;
    }
    return std::all_of(
        candidate.predicates.begin(), candidate.predicates.end(), [&](std::size_t i) {
          const Counts& parent = singles_[i];
          if (parent.rows == candidate.counts.rows) {
            return false;  // the other half changes nothing
          }
          const double rest = (parent - candidate.counts).rate();
          return worse(candidate.counts.rate(), rest) &&
                 clustered_p(parent, candidate.counts, effect_) <= options_.refine_level;
        });
  }

  std::size_t groups_of(const Candidate& candidate) const {
    const RowSet rows = rows_of(candidate) & failing_;
    std::vector<std::uint32_t> groups;
    rows.each([&](std::size_t row) { groups.push_back(group_[row]); });
    std::sort(groups.begin(), groups.end());
    return static_cast<std::size_t>(std::unique(groups.begin(), groups.end()) - groups.begin());
  }

  std::span<const SlicePredicate> predicates_;
  const RowSet& left_;
  RowSet failing_;
  std::span<const std::uint32_t> group_;
  const SliceOptions& options_;
  Counts all_;
  double effect_;
  std::vector<Counts> singles_;
};

RowSet rows_of(std::span<const SlicePredicate> predicates, const std::vector<std::size_t>& chosen) {
  RowSet rows = predicates[chosen.front()].rows;
  for (std::size_t i = 1; i < chosen.size(); ++i) {
    rows &= predicates[chosen[i]].rows;
  }
  return rows;
}

}  // namespace

std::vector<FoundSlice> find_slices(std::span<const SlicePredicate> predicates,
                                    const RowSet& failing, std::span<const std::uint32_t> group,
                                    const SliceOptions& options) {
  require(group.size() == failing.row_count(), "find_slices: one group a row");
  RowSet left(failing.row_count(), true);
  std::vector<FoundSlice> found;
  while (found.size() < options.slices_max && failing.count_with(left) >= options.failing_min) {
    const Round round(predicates, left, failing, group, options);
    const auto best = round.best();
    if (!best) {
      break;
    }
    const RowSet rows = rows_of(predicates, best->predicates);
    found.push_back({.predicates = best->predicates,
                     .rows = rows.count(),
                     .failing = rows.count_with(failing),
                     .rows_left = best->counts.rows,
                     .failing_left = best->counts.failing,
                     .rate_inside = best->counts.rate(),
                     .rate_outside = round.rate_outside(*best),
                     .score = best->score,
                     .p_adjusted = best->p});
    left.remove(rows);
  }
  return found;
}

double design_effect(const RowSet& within, const RowSet& failing,
                     std::span<const std::uint32_t> group) {
  if (group.empty()) {
    return 1;
  }
  std::vector<Counts> by_group(std::size_t{*std::max_element(group.begin(), group.end())} + 1);
  Counts all;
  within.each([&](std::size_t row) {
    auto& counts = by_group[group[row]];
    const std::size_t fails = failing.has(row) ? 1 : 0;
    counts.rows += 1;
    counts.failing += fails;
    all.rows += 1;
    all.failing += fails;
  });
  const double rate = all.rate();
  const auto used = std::count_if(by_group.begin(), by_group.end(),
                                  [](const Counts& counts) { return counts.rows > 0; });
  if (used < 2 || rate <= 0 || rate >= 1) {
    return 1;
  }
  double squares = 0;
  for (const auto& counts : by_group) {
    const double residual =
        static_cast<double>(counts.failing) - rate * static_cast<double>(counts.rows);
    squares += residual * residual;
  }
  const double groups = static_cast<double>(used);
  const double rows = static_cast<double>(all.rows);
  const double clustered = groups / (groups - 1) * squares / (rows * rows);
  return std::max(1.0, clustered / (rate * (1 - rate) / rows));
}

double hypergeometric_tail(std::size_t total, std::size_t marked, std::size_t drawn,
                           std::size_t hits) {
  const std::size_t most = std::min(marked, drawn);
  const std::size_t least = marked + drawn > total ? marked + drawn - total : 0;
  if (hits <= least) {
    return 1;
  }
  const auto n = static_cast<double>(total);
  const auto k = static_cast<double>(marked);
  const auto d = static_cast<double>(drawn);
  auto x = static_cast<double>(hits);
  double term =
      std::exp(log_factorial(k) - log_factorial(x) - log_factorial(k - x) + log_factorial(n - k) -
               log_factorial(d - x) - log_factorial(n - k - d + x) - log_factorial(n) +
               log_factorial(d) + log_factorial(n - d));
  double sum = 0;
  for (std::size_t i = hits; i <= most; ++i) {
    sum += term;
    if (term < sum * 1e-17) {
      break;
    }
    term *= (k - x) * (d - x) / ((x + 1) * (n - k - d + x + 1));
    x += 1;
  }
  return std::min(1.0, sum);
}

}  // namespace spotter::kernels
