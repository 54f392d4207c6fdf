// How many labels of each class are wrong, from the confident joint. Only confident_learning.cc
// includes this.
#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace spotter::kernels {

// joint: K × K confident counts, given × guessed, diagonal at least 1. first: K + 1, where the rows
// of each class begin when rows are sorted by class. Scales the joint so that rows add up to the
// labels of each class and leaves at least one correct label a class. Gives K × K whole numbers,
// guessed × given: entry [j, k] is how many labels k should have been j.
[[nodiscard]] std::vector<std::int64_t> prune_counts(std::span<const std::int64_t> joint,
                                                     std::span<const std::size_t> first);

}  // namespace spotter::kernels
