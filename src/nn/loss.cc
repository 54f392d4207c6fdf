#include "nn/loss.h"

namespace spotter::nn {
namespace {

constexpr double kLogScaleMin = -4;
constexpr double kLogScaleMax = 3;
constexpr double kLikelihoodWeight = 0.5;
constexpr double kOverlapWeight = 2;
constexpr double kLogSideMax = 4;  // of the prior: boxes from 1/55 to 55 times it

// Zhou et al. 2019, equation 1, with α = 2 and β = 4.
torch::Tensor focal(const torch::Tensor& logits, const torch::Tensor& heat,
                    const torch::Tensor& mask) {
  const auto p = torch::sigmoid(logits);
  const auto log_p = torch::log_sigmoid(logits);
  const auto log_q = log_p - logits;
  const auto hit = heat.ge(0.9999).to(torch::kFloat);
  const auto positive = -(1 - p).square() * log_p * hit;
  const auto negative = -(1 - heat).pow(4) * p.square() * log_q * (1 - hit);
  return ((positive + negative) * mask).sum({1, 2, 3});
}

torch::Tensor centres_of(const torch::Tensor& cells, std::int64_t map_width) {
  const auto x = torch::remainder(cells, map_width).to(torch::kFloat);
  const auto y = torch::floor_divide(cells, map_width).to(torch::kFloat);
  return torch::stack({x, y}, 1) + 0.5;
}

// Rezatofighi et al. 2019.
torch::Tensor generalised_iou(const torch::Tensor& a, const torch::Tensor& b) {
  const auto area = [](const torch::Tensor& t) {
    return (t.select(1, 2) - t.select(1, 0)) * (t.select(1, 3) - t.select(1, 1));
  };
  const auto low = torch::max(a.slice(1, 0, 2), b.slice(1, 0, 2));
  const auto high = torch::min(a.slice(1, 2, 4), b.slice(1, 2, 4));
  const auto common = (high - low).clamp_min(0).prod(1);
  const auto all = area(a) + area(b) - common;
  const auto hull = (torch::max(a.slice(1, 2, 4), b.slice(1, 2, 4)) -
                     torch::min(a.slice(1, 0, 2), b.slice(1, 0, 2)))
                        .prod(1);
  return common / all.clamp_min(1e-6) - (hull - all) / hull.clamp_min(1e-6);
}

}  // namespace

torch::Tensor decode_boxes(const torch::Tensor& rows, const torch::Tensor& cells,
                           std::int64_t map_width, const Geometry& geometry) {
  const auto centre = (centres_of(cells, map_width) + rows.slice(1, 0, 2)) * geometry.cell_px;
  const auto half =
      rows.slice(1, 2, 4).clamp(-kLogSideMax, kLogSideMax).exp() * (geometry.prior_px / 2);
  return torch::cat({centre - half, centre + half}, 1);
}

namespace {

// Of each positive: Kendall and Gal 2017 in the L1 form, |error| exp(−s) + s, and 1 − generalised
// IoU.
torch::Tensor box_losses(const Maps& maps, const Batch& batch, const Geometry& geometry) {
  const auto map_width = maps.box.size(3);
  const auto rows =
      maps.box.flatten(2).permute({0, 2, 1}).index({batch.image_index, batch.cell_index});
  const auto truth_size = batch.boxes.slice(1, 2, 4) - batch.boxes.slice(1, 0, 2);
  const auto truth_centre = (batch.boxes.slice(1, 0, 2) + batch.boxes.slice(1, 2, 4)) / 2;
  const auto target =
      torch::cat({truth_centre / geometry.cell_px - centres_of(batch.cell_index, map_width),
                  (truth_size.clamp_min(0.5) / geometry.prior_px).log()},
                 1);
  const auto scale = rows.slice(1, 4, 8).clamp(kLogScaleMin, kLogScaleMax);
  const auto likelihood = ((rows.slice(1, 0, 4) - target).abs() * (-scale).exp() + scale).sum(1);
  const auto boxes = decode_boxes(rows, batch.cell_index, map_width, geometry);
  return kLikelihoodWeight * likelihood +
         kOverlapWeight * (1 - generalised_iou(boxes, batch.boxes));
}

// Of each positive: cross entropy of the softmax over the classes. The focal loss hardly minds a
// wrong class at 0.3, as its weight p² is small there.
torch::Tensor class_losses(const Maps& maps, const Batch& batch) {
  const auto rows =
      maps.heat.flatten(2).permute({0, 2, 1}).index({batch.image_index, batch.cell_index});
  return -torch::log_softmax(rows, 1).gather(1, batch.class_index.unsqueeze(1)).squeeze(1);
}

}  // namespace

torch::Tensor training_loss(const Maps& maps, const Batch& batch, const Geometry& geometry,
                            double class_weight) {
  const auto count = batch.counts.clamp_min(1);
  auto losses = focal(maps.heat, batch.heat, batch.mask) / count;
  if (batch.image_index.numel() > 0) {
    auto per_cell = box_losses(maps, batch, geometry);
    if (class_weight > 0) {
      per_cell = per_cell + class_weight * class_losses(maps, batch);
    }
    per_cell = per_cell * batch.positive_weight;
    losses =
        losses.index_add(0, batch.image_index, per_cell / count.index_select(0, batch.image_index));
  }
  return (losses * batch.weight).sum() / batch.weight.sum().clamp_min(1e-6);
}

torch::Tensor reported_losses(const Maps& maps, const Batch& batch, const Geometry& geometry) {
  const auto count = batch.counts.clamp_min(1);
  const auto loss = focal(maps.heat, batch.heat, batch.mask) / count;
  if (batch.image_index.numel() == 0) {
    return loss;
  }
  const auto rows =
      maps.box.flatten(2).permute({0, 2, 1}).index({batch.image_index, batch.cell_index});
  const auto boxes = decode_boxes(rows, batch.cell_index, maps.box.size(3), geometry);
  const auto centre = batch.positive_weight.ge(0.999).to(torch::kFloat);
  const auto per_cell = (1 - generalised_iou(boxes, batch.boxes)) * centre;
  return loss.index_add(0, batch.image_index, per_cell / count.index_select(0, batch.image_index));
}

}  // namespace spotter::nn
