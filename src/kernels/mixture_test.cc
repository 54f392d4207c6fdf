#include "kernels/mixture.h"

#include <cmath>
#include <map>
#include <numeric>

#include <gtest/gtest.h>

#include "base/random.h"

namespace spotter::kernels {
namespace {

// Three clouds in a plane of twenty dimensions; rows of the last fail.
struct Clouds {
  std::vector<float> values;
  std::vector<double> error;
  std::vector<int> cloud;
  [[nodiscard]] Vectors rows() const { return {values, 20}; }
};

Clouds make_clouds(std::uint64_t seed, double distance) {
  Rng rng(seed, "clouds");
  Clouds clouds;
  for (int row = 0; row < 600; ++row) {
    const int cloud = row % 3;
    for (int d = 0; d < 20; ++d) {
      const double centre = d == 0 ? distance * cloud : d == 1 && cloud == 1 ? distance : 0;
      clouds.values.push_back(static_cast<float>(centre + (d < 2 ? 1 : 0.1) * rng.normal()));
    }
    clouds.cloud.push_back(cloud);
    clouds.error.push_back(rng.chance(cloud == 2 ? 0.8 : 0.1) ? 1 : 0);
  }
  return clouds;
}

TEST(Mixture, PrincipalComponentsAreTheAxesOfMostVarianceAndOrthonormal) {
  const auto clouds = make_clouds(1, 8);
  const auto projection = principal_components(clouds.rows(), 4);
  ASSERT_EQ(projection.count(), 4U);
  for (std::size_t a = 0; a < 4; ++a) {
    for (std::size_t b = 0; b <= a; ++b) {
      const auto axis = [&](std::size_t i) {
        return std::span(projection.axes).subspan(i * 20, 20);
      };
      EXPECT_NEAR(std::inner_product(axis(a).begin(), axis(a).end(), axis(b).begin(), 0.0),
                  a == b ? 1 : 0, 1e-9);
    }
  }
  EXPECT_GT(std::abs(projection.axes[0]), 0.9) << "the clouds lie along the first dimension";
  const auto low = projection.apply(clouds.rows());
  EXPECT_EQ(low.size(), 4 * clouds.cloud.size());
}

TEST(Mixture, FindsTheCloudsAndTheirShareOfErrors) {
  const auto clouds = make_clouds(2, 8);
  const auto mixture = fit_mixture(clouds.rows(), clouds.error, {.components = 3});
  const auto group = mixture.assign(clouds.rows());
  std::map<int, std::map<std::uint32_t, int>> counts;
  for (std::size_t row = 0; row < group.size(); ++row) {
    ++counts[clouds.cloud[row]][group[row]];
  }
  for (const auto& [cloud, groups] : counts) {
    const auto most = std::max_element(groups.begin(), groups.end(),
                                       [](auto& a, auto& b) { return a.second < b.second; });
    EXPECT_GE(most->second, 195) << "cloud " << cloud;
    EXPECT_NEAR(mixture.error[most->first], cloud == 2 ? 0.8 : 0.1, 0.08);
  }
}

// Where clouds overlap so much that position alone shows one, errors pull the failing one apart.
TEST(Mixture, ErrorsDrawRowsTogether) {
  const auto clouds = make_clouds(3, 1.5);
  const auto spread = [&](double error_weight) {
    const auto m =
        fit_mixture(clouds.rows(), clouds.error, {.components = 2, .error_weight = error_weight});
    return std::abs(m.error[0] - m.error[1]);
  };
  EXPECT_GT(spread(1), spread(0));
}

TEST(Mixture, LikelihoodNeverFallsAndFewRowsAreNoError) {
  const auto clouds = make_clouds(4, 3);
  double before = -1e300;
  for (const int iterations : {1, 2, 4, 8, 16, 32}) {
    const auto m =
        fit_mixture(clouds.rows(), clouds.error, {.components = 5, .iterations = iterations});
    EXPECT_GE(m.log_likelihood, before - 1e-9);
    before = m.log_likelihood;
  }
  EXPECT_TRUE(
      fit_mixture({std::span(clouds.values).first(60), 20}, std::span(clouds.error).first(3), {})
          .weight.empty());
  EXPECT_EQ(principal_components({{}, 20}, 3).count(), 0U);
}

}  // namespace
}  // namespace spotter::kernels
