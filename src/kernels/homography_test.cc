#include "kernels/homography.h"

#include <cmath>
#include <vector>

#include <gtest/gtest.h>

#include "base/random.h"

namespace spotter::kernels {
namespace {

using Pair = std::array<double, 2>;

// A camera 1 m above the ground that looks along x, a little down.
Pair seen(const Pair& p) {
  const double depth = p[0] + 0.05;
  return {960 - 1000 * p[1] / depth, 500 + 1000 * 1.0 / depth};
}

struct Pairs {
  std::vector<Pair> from;
  std::vector<Pair> to;
};

Pairs pairs_with(std::size_t wrong, double noise_px) {
  Rng rng(3);
  Pairs pairs;
  for (std::size_t i = 0; i < 120; ++i) {
    pairs.from.push_back({rng.uniform(3, 30), rng.uniform(-8, 8)});
    pairs.to.push_back(i < wrong ? Pair{rng.uniform(0, 1920), rng.uniform(0, 1080)}
                                 : seen(pairs.from.back()));
    pairs.to.back()[0] += noise_px * rng.normal();
    pairs.to.back()[1] += noise_px * rng.normal();
  }
  return pairs;
}

Pair mapped(const std::array<double, 9>& m, const Pair& p) {
  const double w = m[6] * p[0] + m[7] * p[1] + m[8];
  return {(m[0] * p[0] + m[1] * p[1] + m[2]) / w, (m[3] * p[0] + m[4] * p[1] + m[5]) / w};
}

TEST(Homography, RecoversTheMapDespiteWrongPairs) {
  const auto pairs = pairs_with(40, 2);
  const auto fit = fit_homography(pairs.from, pairs.to, 10);
  ASSERT_TRUE(fit);
  EXPECT_GE(fit->inlier_count, 78U);
  for (const Pair& p : {Pair{5, 1}, Pair{12, -4}, Pair{25, 6}}) {
    EXPECT_NEAR(mapped(fit->matrix, p)[0], seen(p)[0], 3);
    EXPECT_NEAR(mapped(fit->matrix, p)[1], seen(p)[1], 3);
    const double w = fit->matrix[6] * p[0] + fit->matrix[7] * p[1] + fit->matrix[8];
    EXPECT_NEAR(w, p[0], 0.15 * p[0]) << "about metres in front of the camera";
  }
}

TEST(Homography, ErrorIsTheMedianOverAllPairs) {
  const auto pairs = pairs_with(0, 4);
  const auto fit = fit_homography(pairs.from, pairs.to, 25);
  ASSERT_TRUE(fit);
  EXPECT_NEAR(fit->error_median, 4 * 1.177, 1) << "the median of a Rayleigh distribution";
}

TEST(Homography, TooFewPairsOrALineGiveNothing) {
  const auto pairs = pairs_with(0, 0);
  EXPECT_FALSE(fit_homography({pairs.from.data(), 7}, {pairs.to.data(), 7}, 10));
  std::vector<Pair> line;
  std::vector<Pair> image;
  for (int i = 0; i < 30; ++i) {
    line.push_back({3.0 + i, 2.0 * i});
    image.push_back(seen(line.back()));
  }
  EXPECT_FALSE(fit_homography(line, image, 10));
  EXPECT_FALSE(fit_homography({}, {}, 10));
}

}  // namespace
}  // namespace spotter::kernels
