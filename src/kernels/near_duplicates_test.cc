#include "kernels/near_duplicates.h"

#include <algorithm>
#include <bit>
#include <cmath>

#include <gtest/gtest.h>

#include "base/random.h"
#include "kernels/distance.h"
#include "kernels/union_find.h"

namespace spotter::kernels {
namespace {

// Rows in clusters, with copies and jittered copies among them.
std::vector<float> rows_with_copies(std::size_t count, std::size_t dimensions) {
  Rng rng(dimensions);
  std::vector<float> values;
  for (std::size_t row = 0; row < count; ++row) {
    const bool copy = row > 10 && rng.chance(0.3);
    const float jitter = rng.chance(0.5) ? 0.0F : 0.02F;
    const std::size_t source = copy ? rng.index(row) : 0;
    for (std::size_t i = 0; i < dimensions; ++i) {
      values.push_back(copy ? values[source * dimensions + i] +
                                  jitter * static_cast<float>(rng.normal())
                            : 5.0F + static_cast<float>(rng.normal()));
    }
  }
  return values;
}

ReadRows reader_of(const std::vector<float>& values, std::size_t dimensions) {
  return [&values, dimensions](std::size_t first, std::span<float> out) {
    std::copy_n(values.begin() + static_cast<std::ptrdiff_t>(first * dimensions), out.size(),
                out.begin());
  };
}

TEST(NearDuplicates, AreThoseOfAllPairs) {
  for (const std::size_t dimensions : {1U, 3U, 40U, 100U}) {
    constexpr std::size_t kRows = 1500;
    const auto values = rows_with_copies(kRows, dimensions);
    for (const float threshold : {0.0F, 0.05F, 0.5F}) {
      UnionFind groups(kRows);
      UnionFind equal(kRows);
      for (std::uint32_t i = 0; i < kRows; ++i) {
        for (std::uint32_t j = i + 1; j < kRows; ++j) {
          const float squared =
              squared_distance(std::span(values).subspan(i * dimensions, dimensions),
                               std::span(values).subspan(j * dimensions, dimensions));
          if (squared <= threshold * threshold) {
            groups.join(i, j);
          }
          if (squared == 0) {
            equal.join(i, j);
          }
        }
      }
      const auto found =
          near_duplicates(kRows, dimensions, reader_of(values, dimensions), threshold);
      for (std::uint32_t i = 0; i < kRows; ++i) {
        ASSERT_EQ(found.group[i], groups.find(i)) << dimensions << " " << threshold;
        ASSERT_EQ(found.exact[i], equal.find(i)) << dimensions << " " << threshold;
      }
    }
  }
}

TEST(NearDuplicates, EqualRowsAndEmptyOnes) {
  const std::vector<float> values(3000 * 4, 1.5F);
  const auto found = near_duplicates(3000, 4, reader_of(values, 4), 0.1F);
  EXPECT_TRUE(std::all_of(found.group.begin(), found.group.end(), [](auto g) { return g == 0; }));
  EXPECT_TRUE(near_duplicates(0, 4, reader_of(values, 4), 1).group.empty());
}

TEST(NearDuplicates, UsualThresholdIsAShareOfTheNearestDistance) {
  std::vector<float> values;
  for (int i = 0; i < 400; ++i) {
    values.push_back(static_cast<float>(i) * 10);
  }
  EXPECT_NEAR(usual_threshold(400, 1, reader_of(values, 1)), 1.3, 1e-5);
}

TEST(NearHashes, AreThoseOfAllPairs) {
  Rng rng(4);
  std::vector<std::uint64_t> hashes;
  for (int i = 0; i < 1200; ++i) {
    std::uint64_t hash = i > 10 && rng.chance(0.6) ? hashes[rng.index(hashes.size())] : rng.next();
    for (auto flips = rng.index(9); flips > 0; --flips) {
      hash ^= std::uint64_t{1} << rng.index(64);
    }
    hashes.push_back(hash);
  }
  for (const int bits_max : {0, 1, 6, 15}) {
    UnionFind groups(hashes.size());
    for (std::uint32_t i = 0; i < hashes.size(); ++i) {
      for (std::uint32_t j = i + 1; j < hashes.size(); ++j) {
        if (std::popcount(hashes[i] ^ hashes[j]) <= bits_max) {
          groups.join(i, j);
        }
      }
    }
    const auto found = near_hashes(hashes, bits_max);
    for (std::uint32_t i = 0; i < hashes.size(); ++i) {
      ASSERT_EQ(found.group[i], groups.find(i)) << bits_max;
    }
  }
}

}  // namespace
}  // namespace spotter::kernels
