#include "kernels/near_duplicates.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <cmath>
#include <limits>
#include <numeric>

#include <gtest/gtest.h>

#include "base/random.h"
#include "kernels/distance.h"
#include "kernels/knn.h"
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

// What near_duplicates promises, by all pairs.
void expect_all_pairs(const std::vector<float>& values, std::size_t dimensions, float threshold) {
  const std::size_t rows = values.size() / dimensions;
  const Vectors vectors{values, dimensions};
  UnionFind groups(rows);
  UnionFind equal(rows);
  for (std::uint32_t i = 0; i < rows; ++i) {
    for (std::uint32_t j = i + 1; j < rows; ++j) {
      const auto a = vectors.row(i);
      const auto b = vectors.row(j);
      if (squared_distance(a, b) <= threshold * threshold) {
        groups.join(i, j);
      }
      if (std::equal(a.begin(), a.end(), b.begin())) {
        equal.join(i, j);
        groups.join(i, j);
      }
    }
  }
  const auto found = near_duplicates(rows, dimensions, reader_of(values, dimensions), threshold);
  for (std::uint32_t i = 0; i < rows; ++i) {
    ASSERT_EQ(found.group[i], groups.find(i)) << "row " << i << ", threshold " << threshold;
    ASSERT_EQ(found.exact[i], equal.find(i)) << "row " << i << ", threshold " << threshold;
  }
}

TEST(NearDuplicates, AreThoseOfAllPairs) {
  for (const std::size_t dimensions : {1U, 3U, 40U, 100U}) {
    const auto values = rows_with_copies(1700, dimensions);
    for (const float threshold : {0.0F, 0.05F, 0.5F, 4.0F}) {
      expect_all_pairs(values, dimensions, threshold);
    }
  }
}

TEST(NearDuplicates, FarFromTheOriginAndBesideWildRows) {
  constexpr std::size_t kDimensions = 12;
  auto values = rows_with_copies(2000, kDimensions);
  for (auto& value : values) {
    value += 3000;  // where a float's steps are 2e-4
  }
  const auto set = [&](std::size_t row, float value) {
    std::fill_n(values.begin() + static_cast<std::ptrdiff_t>(row * kDimensions), 5, value);
  };
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  const std::array wild = {1e6F,      -1e15F,     1e30F,
                           kInfinity, -kInfinity, std::numeric_limits<float>::quiet_NaN()};
  for (std::size_t i = 0; i < 60; ++i) {
    set(20 * i, wild.at(i % wild.size()));
    set(20 * i + 1, wild.at(i / 2 % wild.size()));
  }
  for (std::size_t row = 100; row < 110; ++row) {  // wild ones that are equal, NaN that is not
    std::copy_n(values.begin() + static_cast<std::ptrdiff_t>((row - 100) * 20 * kDimensions),
                kDimensions, values.begin() + static_cast<std::ptrdiff_t>(row * kDimensions));
  }
  for (const float threshold : {0.0F, 0.02F, 0.3F}) {
    expect_all_pairs(values, kDimensions, threshold);
  }
}

TEST(NearDuplicates, NothingFiniteAtAll) {
  const std::vector<float> values(3000 * 4, std::numeric_limits<float>::quiet_NaN());
  const auto found = near_duplicates(3000, 4, reader_of(values, 4), 0.1F);
  for (std::uint32_t row = 0; row < 3000; ++row) {
    ASSERT_EQ(found.group[row], row);
  }
}

// A long curve of rows, each near the next alone, in two pieces and shuffled.
TEST(NearDuplicates, ChainsAreOneGroup) {
  constexpr std::size_t kRows = 20000;
  constexpr std::size_t kDimensions = 6;
  std::vector<std::uint32_t> place(kRows);
  std::iota(place.begin(), place.end(), 0U);
  Rng(7).shuffle(std::span(place));
  std::vector<float> values(kRows * kDimensions);
  for (std::size_t row = 0; row < kRows; ++row) {
    for (std::size_t d = 0; d < kDimensions; ++d) {
      const auto t = static_cast<double>(place[row]) * 1e-3 + (place[row] < kRows / 2 ? 0 : 1);
      values[row * kDimensions + d] =
          static_cast<float>(d == 0 ? t : std::sin(t * static_cast<double>(d)));
    }
  }
  const auto found = near_duplicates(kRows, kDimensions, reader_of(values, kDimensions), 0.01F);
  const auto first = static_cast<std::size_t>(
      std::find_if(place.begin(), place.end(), [&](auto p) { return p < kRows / 2; }) -
      place.begin());
  const auto second = static_cast<std::size_t>(
      std::find_if(place.begin(), place.end(), [&](auto p) { return p >= kRows / 2; }) -
      place.begin());
  for (std::size_t row = 0; row < kRows; ++row) {
    ASSERT_EQ(found.group[row], place[row] < kRows / 2 ? first : second);
  }
}

// Everything within the threshold, or nearly: no pair of rows is worth reading.
TEST(NearDuplicates, OneClusterIsReadAFewTimes) {
  constexpr std::size_t kRows = 20000;
  constexpr std::size_t kDimensions = 64;
  Rng rng(8);
  std::vector<float> values(kRows * kDimensions);
  std::generate(values.begin(), values.end(), [&] { return static_cast<float>(rng.normal()); });
  for (const float threshold : {1e3F, 11.0F}) {  // usual distance: sqrt(2 × 64) = 11.3
    std::atomic<std::size_t> read_rows = 0;
    const auto plain = reader_of(values, kDimensions);
    const auto found = near_duplicates(
        kRows, kDimensions,
        [&](std::size_t first, std::span<float> out) {
          read_rows += out.size() / kDimensions;
          plain(first, out);
        },
        threshold);
    const auto joined = std::count(found.group.begin(), found.group.end(), 0U);
    EXPECT_GT(joined, static_cast<std::ptrdiff_t>(kRows) * 99 / 100);
    EXPECT_LT(read_rows, 60 * kRows) << threshold;
  }
}

TEST(NearDuplicates, EqualRowsAndEmptyOnes) {
  const std::vector<float> values(3000 * 4, 1.5F);
  const auto found = near_duplicates(3000, 4, reader_of(values, 4), 0.1F);
  EXPECT_TRUE(std::all_of(found.group.begin(), found.group.end(), [](auto g) { return g == 0; }));
  EXPECT_TRUE(std::all_of(found.exact.begin(), found.exact.end(), [](auto g) { return g == 0; }));
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
