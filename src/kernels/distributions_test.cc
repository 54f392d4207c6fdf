#include "kernels/distributions.h"

#include <gtest/gtest.h>

namespace spotter::kernels {
namespace {

TEST(Distributions, Normal) {
  EXPECT_NEAR(normal_cdf(1.959963984540054), 0.975, 1e-12);
  EXPECT_NEAR(normal_quantile(0.975), 1.959963984540054, 1e-10);
  EXPECT_NEAR(normal_quantile(0.5), 0, 1e-12);
  EXPECT_NEAR(normal_quantile(1e-12), -7.034483825301131, 1e-8);
}

// Values of the usual tables.
TEST(Distributions, Student) {
  EXPECT_NEAR(student_quantile(0.975, 1), 12.706204736, 1e-6);
  EXPECT_NEAR(student_quantile(0.975, 4), 2.776445105, 1e-7);
  EXPECT_NEAR(student_quantile(0.05, 9), -1.833112933, 1e-7);
  EXPECT_NEAR(student_quantile(0.975, 1000), 1.962339081, 1e-7);
  EXPECT_NEAR(student_cdf(1, 1), 0.75, 1e-12);
  EXPECT_NEAR(student_cdf(0, 7), 0.5, 1e-12);
  EXPECT_NEAR(student_cdf(2, 1e7), normal_cdf(2), 1e-9);
}

TEST(Distributions, QuantilesUndoTheDistribution) {
  for (const double freedom : {2.0, 3.0, 10.0, 87.5, 5000.0}) {
    for (const double p : {0.0005, 0.02, 0.4, 0.77, 0.999}) {
      EXPECT_NEAR(student_cdf(student_quantile(p, freedom), freedom), p, 1e-9) << freedom;
    }
  }
}

}  // namespace
}  // namespace spotter::kernels
