#include "nn/loss.h"

#include <gtest/gtest.h>

namespace spotter::nn {
namespace {

constexpr Geometry kGeometry{.cell_px = 8, .prior_px = 16};

// One picture of 32×32 with one object in cell (1, 1) of its 4×4 map.
Batch one_object(const std::array<float, 4>& box) {
  Batch batch;
  batch.heat = torch::zeros({1, 2, 4, 4});
  batch.heat[0][0][1][1] = 1;
  batch.mask = torch::ones({1, 1, 4, 4});
  batch.weight = torch::ones({1});
  batch.image_index = torch::zeros({1}, torch::kInt64);
  batch.cell_index = torch::full({1}, 5, torch::kInt64);
  batch.class_index = torch::zeros({1}, torch::kInt64);
  batch.positive_weight = torch::ones({1});
  batch.boxes = torch::tensor({box[0], box[1], box[2], box[3]}).view({1, 4});
  batch.counts = torch::ones({1});
  return batch;
}

Maps silent_maps() {
  return {torch::full({1, 2, 4, 4}, -12.0), torch::zeros({1, 8, 4, 4})};
}

TEST(Loss, BoxesAreDecodedAroundTheirCell) {
  const auto rows =
      torch::tensor({0.25F, -0.5F, 0.0F, std::log(2.0F), 0.0F, 0.0F, 0.0F, 0.0F}).view({1, 8});
  const auto box = decode_boxes(rows, torch::full({1}, 6, torch::kInt64), 4, kGeometry)[0];
  // Cell 6 is column 2, row 1: centre (2.75, 1) cells = (22, 8) pixels; sides 16 and 32.
  EXPECT_NEAR(box[0].item<float>(), 14, 1e-4);
  EXPECT_NEAR(box[1].item<float>(), -8, 1e-4);
  EXPECT_NEAR(box[2].item<float>(), 30, 1e-4);
  EXPECT_NEAR(box[3].item<float>(), 24, 1e-4);
}

TEST(Loss, APerfectAnswerCostsAlmostNothing) {
  auto maps = silent_maps();
  maps.heat[0][0][1][1] = 12;
  EXPECT_LT(reported_losses(maps, one_object({4, 4, 20, 20}), kGeometry)[0].item<float>(), 1e-3);
}

TEST(Loss, AMissAFalseAlarmAndAShiftedBoxEachCost) {
  const auto batch = one_object({4, 4, 20, 20});
  const auto loss = [&](const Maps& maps) {
    return reported_losses(maps, batch, kGeometry)[0].item<float>();
  };
  EXPECT_GT(loss(silent_maps()), 5);
  auto found = silent_maps();
  found.heat[0][0][1][1] = 12;
  auto alarm = silent_maps();
  alarm.heat[0][0][1][1] = 12;
  alarm.heat[0][1][3][3] = 12;
  EXPECT_GT(loss(alarm), loss(found) + 5);
  auto shifted = silent_maps();
  shifted.heat[0][0][1][1] = 12;
  shifted.box[0][0][1][1] = 1;  // half a side: overlap 1/3, hull 24×16
  EXPECT_NEAR(loss(shifted) - loss(found), 1 - 1.0 / 3, 0.02);
}

TEST(Loss, ClassWeightPushesAWrongClassDownHarder) {
  const auto batch = one_object({4, 4, 20, 20});
  const auto push = [&](double class_weight) {
    auto maps = silent_maps();
    maps.heat[0][0][1][1] = -0.85;  // both classes at 0.3
    maps.heat[0][1][1][1] = -0.85;
    maps.heat = maps.heat.detach().requires_grad_();
    training_loss(maps, batch, kGeometry, class_weight).backward();
    return maps.heat.grad()[0][1][1][1].item<float>();
  };
  EXPECT_NEAR(push(1) - push(0), 0.5, 1e-3);  // the softmax of two equals
  EXPECT_GT(push(1), 2 * push(0));
}

TEST(Loss, NoGradientComesFromARegionToIgnore) {
  auto batch = one_object({4, 4, 20, 20});
  batch.mask[0][0][3] = 0;
  auto maps = silent_maps();
  maps.heat = torch::zeros({1, 2, 4, 4}, torch::requires_grad());
  training_loss(maps, batch, kGeometry).backward();
  EXPECT_EQ(maps.heat.grad()[0].slice(1, 3, 4).abs().max().item<float>(), 0);
  EXPECT_GT(maps.heat.grad()[0].slice(1, 2, 3).abs().max().item<float>(), 0);
}

TEST(Loss, TheScaleThatCostsLeastIsTheSizeOfTheError) {
  // |e| exp(−s) + s is least at s = log |e|, where it is log |e| + 1.
  auto batch = one_object({4, 4, 20, 20});
  double least = 1e9;
  double at = 0;
  for (double s = -3; s <= 2; s += 0.05) {
    auto maps = silent_maps();
    maps.box[0][0][1][1] = 0.5;
    maps.box[0][4][1][1] = s;
    const double value = training_loss(maps, batch, kGeometry).item<double>();
    if (value < least) {
      least = value;
      at = s;
    }
  }
  EXPECT_NEAR(at, std::log(0.5), 0.06);
}

TEST(Loss, APictureWithoutObjectsCostsOnlyItsFalseAlarms) {
  auto batch = one_object({4, 4, 20, 20});
  batch.heat.zero_();
  batch.counts.zero_();
  batch.image_index = batch.cell_index = torch::empty({0}, torch::kInt64);
  batch.positive_weight = torch::empty({0});
  batch.boxes = torch::empty({0, 4});
  EXPECT_LT(training_loss(silent_maps(), batch, kGeometry).item<float>(), 1e-3);
  EXPECT_LT(reported_losses(silent_maps(), batch, kGeometry)[0].item<float>(), 1e-3);
}

}  // namespace
}  // namespace spotter::nn
