#include "kernels/slice_search.h"

#include <algorithm>
#include <functional>
#include <iterator>
#include <limits>
#include <utility>

#include "base/parallel.h"

namespace spotter::kernels {
namespace {

// SliceLine's k: a conjunction whose score cannot be among so many is not counted in this round.
constexpr std::size_t kBestKept = 16;

PartCounts part_counts(const Counts& all, const Counts& first) {
  return {all, first, all - first};
}

Counts least(const Counts& a, const Counts& b) {
  return {std::min(a.rows, b.rows), std::min(a.failing, b.failing)};
}

}  // namespace

SliceSearch::SliceSearch(std::span<const SlicePredicate> predicates, const RowSet& left,
                         const RowSet& failing, std::span<const std::uint32_t> group,
                         const RowSet& first_half, const SliceOptions& options)
    : predicates_(predicates),
      options_(options),
      left_(left),
      failing_(failing & left),
      left_first_(left & first_half),
      failing_first_(failing_ & first_half),
      all_(part_counts({left_.count(), failing_.count()},
                       {left_first_.count(), failing_first_.count()})),
      bar_(-std::numeric_limits<double>::infinity()) {
  effect_[kAll] = design_effect(left_, failing_, group);
  if (options_.replicate) {
    RowSet second = left_;
    second.remove(left_first_);
    effect_[kFirstHalf] = design_effect(left_first_, failing_, group);
    effect_[kSecondHalf] = design_effect(second, failing_, group);
  }
}

std::vector<SliceCandidate> SliceSearch::run(std::size_t& tested) {
  count_singles();
  Level level = level_one();
  tested = level.tested;
  std::vector<SliceCandidate> found = std::move(level.candidates);
  const auto take = [&](Level more) {
    tested += more.tested;
    std::move(more.candidates.begin(), more.candidates.end(), std::back_inserter(found));
  };
  if (options_.conditions_max >= 2) {
    take(gather([&](std::size_t i) { return pairs_with(i); }));
  }
  if (options_.conditions_max >= 3) {
    take(gather([&](std::size_t i) { return triples_with(i); }));
  }
  return found;
}

void SliceSearch::count_singles() {
  singles_.resize(predicates_.size());
  place_.resize(predicates_.size());
  for (std::size_t i = 0; i < predicates_.size(); ++i) {
    const RowSet& rows = predicates_[i].rows;
    singles_[i] = part_counts({rows.count_with(left_), rows.count_with(failing_)},
                              {rows.count_with(left_first_), rows.count_with(failing_first_)});
    if (singles_[i][kAll].rows >= options_.rows_min &&
        singles_[i][kAll].failing >= options_.failing_min) {
      place_[i] = usable_.size();
      usable_.push_back(i);
    }
  }
  pairs_.resize(usable_.size() * usable_.size());
}

SliceSearch::Level SliceSearch::level_one() {
  Level level;
  for (const std::size_t i : usable_) {
    judge(level, {i}, singles_[i]);
  }
  raise_bar(level);
  return level;
}

// One level, by its first condition on all cores.
template <typename Work>
SliceSearch::Level SliceSearch::gather(const Work& work) {
  std::vector<Level> parts(usable_.size());
  parallel_for(usable_.size(), 1, [&](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i) {
      parts[i] = work(i);
    }
  });
  Level level;
  for (auto& part : parts) {
    level.tested += part.tested;
    std::move(part.candidates.begin(), part.candidates.end(), std::back_inserter(level.candidates));
  }
  raise_bar(level);
  return level;
}

SliceSearch::Level SliceSearch::pairs_with(std::size_t first) {
  Level level;
  const std::size_t a = usable_[first];
  const RowSet rows = predicates_[a].rows & left_;
  const RowSet failing = predicates_[a].rows & failing_;
  const RowSet rows_first = rows & left_first_;
  const RowSet failing_first = failing & left_first_;
  for (std::size_t second = first + 1; second < usable_.size(); ++second) {
    const std::size_t b = usable_[second];
    if (predicates_[a].column == predicates_[b].column ||
        !promising(least(singles_[a][kAll], singles_[b][kAll]))) {
      continue;
    }
    const RowSet& other = predicates_[b].rows;
    const Counts all{rows.count_with(other), failing.count_with(other)};
    if (all.rows < options_.rows_min || all.failing < options_.failing_min) {
      continue;
    }
    pair(first, second) =
        part_counts(all, {rows_first.count_with(other), failing_first.count_with(other)});
    judge(level, {a, b}, pair(first, second));
  }
  return level;
}

SliceSearch::Level SliceSearch::triples_with(std::size_t first) const {
  Level level;
  for (std::size_t second = first + 1; second < usable_.size(); ++second) {
    if (pair(first, second)[kAll].rows == 0) {
      continue;
    }
    std::vector<std::size_t> thirds;
    for (std::size_t third = second + 1; third < usable_.size(); ++third) {
      const Counts most = least(least(pair(first, second)[kAll], pair(first, third)[kAll]),
                                pair(second, third)[kAll]);
      if (most.rows >= options_.rows_min && most.failing >= options_.failing_min &&
          promising(most)) {
        thirds.push_back(third);
      }
    }
    if (thirds.empty()) {
      continue;
    }
    const RowSet both = predicates_[usable_[first]].rows & predicates_[usable_[second]].rows;
    const RowSet rows = both & left_;
    const RowSet failing = both & failing_;
    for (const std::size_t third : thirds) {
      const RowSet& other = predicates_[usable_[third]].rows;
      const Counts all{rows.count_with(other), failing.count_with(other)};
      if (all.rows >= options_.rows_min && all.failing >= options_.failing_min) {
        judge(level, {usable_[first], usable_[second], usable_[third]},
              part_counts(all, {rows.count_with(other, left_first_),
                                failing.count_with(other, left_first_)}));
      }
    }
  }
  return level;
}

// Counts the candidate as tested and keeps it when it may stand.
void SliceSearch::judge(Level& level, std::vector<std::size_t> predicates,
                        const PartCounts& counts) const {
  if (counts[kAll].rows == all_[kAll].rows) {
    return;
  }
  ++level.tested;
  if (!worse(counts[kAll].rate(), (all_[kAll] - counts[kAll]).rate())) {
    return;
  }
  SliceCandidate candidate{.predicates = std::move(predicates), .counts = counts};
  for (const Part part : {kAll, kFirstHalf, kSecondHalf}) {
    const bool counted = options_.replicate || part == kAll;
    candidate.p[part] = counted ? clustered_p(all_[part], counts[part], effect_[part]) : 1;
  }
  const double level_max = options_.replicate ? options_.discovery : options_.false_discovery;
  if (*std::min_element(candidate.p.begin(), candidate.p.end()) > level_max) {
    return;
  }
  candidate.score =
      score_of(static_cast<double>(counts[kAll].rows), static_cast<double>(counts[kAll].failing));
  candidate.refines = refines(candidate, kAll, options_.refine_level, true);
  level.candidates.push_back(std::move(candidate));
}

double SliceSearch::score_of(double rows, double failing) const {
  const double share = rows / static_cast<double>(all_[kAll].rows);
  return (1 - options_.size_weight) * (failing / rows / all_[kAll].rate() - 1) -
         options_.size_weight * (1 / share - 1);
}

// Whether a part of `most` can score above the bar: for a number of failing rows the score rises or
// falls with the size throughout, so that it is greatest at one of the ends.
bool SliceSearch::promising(const Counts& most) const {
  const auto failing = static_cast<double>(std::min(most.failing, most.rows));
  const double fewest = std::max(failing, static_cast<double>(options_.rows_min));
  const auto rows = static_cast<double>(most.rows);
  return rows >= fewest && std::max(score_of(fewest, failing), score_of(rows, failing)) > bar_;
}

void SliceSearch::raise_bar(const Level& level) {
  for (const auto& candidate : level.candidates) {
    if (candidate.refines) {
      best_scores_.push_back(candidate.score);
    }
  }
  std::sort(best_scores_.begin(), best_scores_.end(), std::greater<>());
  if (best_scores_.size() >= kBestKept) {
    best_scores_.resize(kBestKept);
    bar_ = best_scores_.back();
  }
}

bool SliceSearch::worse(double inside, double outside) const {
  return inside >= options_.ratio_min * outside || inside - outside >= options_.excess_min;
}

// Counts of the slice without its condition `left_out`.
const PartCounts& SliceSearch::without(const SliceCandidate& candidate,
                                       std::size_t left_out) const {
  std::vector<std::size_t> rest = candidate.predicates;
  rest.erase(rest.begin() + static_cast<std::ptrdiff_t>(left_out));
  return rest.size() == 1 ? singles_[rest[0]] : pair(place_[rest[0]], place_[rest[1]]);
}

bool SliceSearch::refines(const SliceCandidate& candidate, Part part, double level,
                          bool in_size) const {
  for (std::size_t i = 0; i < candidate.predicates.size() && candidate.predicates.size() > 1; ++i) {
    const Counts& parent = without(candidate, i)[part];
    const Counts& own = candidate.counts[part];
    if (parent.rows == own.rows || (in_size && !worse(own.rate(), (parent - own).rate())) ||
        clustered_p(parent, own, effect_[part]) > level) {
      return false;  // the condition changes nothing
    }
  }
  return true;
}

}  // namespace spotter::kernels
