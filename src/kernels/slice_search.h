// The inner part of slice discovery: which conjunctions of up to three conditions are worth testing
// in one round, with their counts in each half of the groups. Only slices.cc includes this.
#pragma once
#include <array>
#include <cstddef>
#include <span>
#include <vector>

#include "kernels/slices.h"

namespace spotter::kernels {

// Where rows are counted.
enum Part : std::size_t { kAll = 0, kFirstHalf = 1, kSecondHalf = 2 };
using PartCounts = std::array<Counts, 3>;

struct SliceCandidate {
  std::vector<std::size_t> predicates;
  PartCounts counts;
  double score = 0;           // SliceLine's, over all rows
  std::array<double, 3> p{};  // one-sided, of each part
  double p_adjusted = 1;      // where it was found
  double p_replicated = 1;    // in the other half
  bool refines = true;        // beats what leaves one condition out, over all rows
};

class SliceSearch {
 public:
  // Looks at the rows of `left`; `first_half` says which of them are in the first half (used only
  // when the options ask for replication). Keeps references.
  SliceSearch(std::span<const SlicePredicate> predicates, const RowSet& left, const RowSet& failing,
              std::span<const std::uint32_t> group, const RowSet& first_half,
              const SliceOptions& options);

  // Candidates that no bound excludes and whose excess matters and is beyond chance by itself, in
  // some part that counts; `tested` is how many were looked at.
  [[nodiscard]] std::vector<SliceCandidate> run(std::size_t& tested);

  // Whether the candidate beats, in `part`, each slice that leaves one of its conditions out: by a
  // test at `level`, and in size when `in_size`.
  [[nodiscard]] bool refines(const SliceCandidate& candidate, Part part, double level,
                             bool in_size) const;
  [[nodiscard]] const PartCounts& all() const { return all_; }
  // Whether the difference is large enough to be worth a name.
  [[nodiscard]] bool worse(double inside, double outside) const;

 private:
  struct Level {
    std::vector<SliceCandidate> candidates;
    std::size_t tested = 0;
  };
  void count_singles();
  [[nodiscard]] Level level_one();
  [[nodiscard]] Level pairs_with(std::size_t first);
  [[nodiscard]] Level triples_with(std::size_t first) const;
  template <typename Work>
  Level gather(const Work& work);
  void judge(Level& level, std::vector<std::size_t> predicates, const PartCounts& counts) const;
  [[nodiscard]] double score_of(double rows, double failing) const;
  [[nodiscard]] bool promising(const Counts& most) const;
  void raise_bar(const Level& level);
  [[nodiscard]] PartCounts& pair(std::size_t a, std::size_t b) {
    return pairs_[a * usable_.size() + b];
  }
  [[nodiscard]] const PartCounts& pair(std::size_t a, std::size_t b) const {
    return pairs_[a * usable_.size() + b];
  }
  [[nodiscard]] const PartCounts& without(const SliceCandidate& candidate,
                                          std::size_t left_out) const;

  std::span<const SlicePredicate> predicates_;
  const SliceOptions& options_;
  RowSet left_;
  RowSet failing_;
  RowSet left_first_;  // of the first half
  RowSet failing_first_;
  PartCounts all_;
  std::array<double, 3> effect_{1, 1, 1};
  std::vector<PartCounts> singles_;  // of every predicate
  std::vector<std::size_t> usable_;  // predicates with enough support
  std::vector<std::size_t> place_;   // of a predicate in usable_
  std::vector<PartCounts> pairs_;    // usable × usable, first < second; no rows = not counted
  std::vector<double> best_scores_;  // falling, of slices that stand
  double bar_ = 0;                   // only a better score is worth counting
};

}  // namespace spotter::kernels
