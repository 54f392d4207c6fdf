// Scores of one tag of a picture (weather, scene): one value a picture, macro means over values.
#pragma once
#include <cstdint>
#include <span>
#include <vector>

namespace spotter::kernels {

struct TagValueScore {
  std::int64_t truths = 0;
  std::int64_t predicted = 0;
  std::int64_t hits = 0;
  [[nodiscard]] double precision() const;  // 0 where nothing was predicted
  [[nodiscard]] double recall() const;     // 0 where nothing is true
  [[nodiscard]] double f1() const;
};

struct TagScore {
  std::int64_t pictures = 0;
  double accuracy = 0;
  // Means over the values that are true or predicted at least once, each value weighing the same.
  double precision = 0;
  double recall = 0;
  double f1 = 0;
  std::vector<TagValueScore> values;  // by value
};

// `truth` and `predicted`: positions of values in 0..values-1, one a picture; -1 in `predicted` =
// nothing was said. All figures are shares, 0 without pictures. Throws kInternal for unequal
// lengths.
[[nodiscard]] TagScore score_tag(std::span<const std::int32_t> truth,
                                 std::span<const std::int32_t> predicted, std::size_t values);

}  // namespace spotter::kernels
