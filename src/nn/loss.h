// Losses of the detector. Equations in docs/internals/network.md.
#pragma once
#include <torch/torch.h>

#include "nn/batch.h"
#include "nn/net.h"

namespace spotter::nn {

struct Geometry {
  int cell_px = 8;
  double prior_px = 24;  // typical side of a box in the training data, input pixels
};

// Boxes (cells × 4, input pixels) from rows of the box map (cells × 8) at the given cells
// (row-major in a map of `map_width` cells).
[[nodiscard]] torch::Tensor decode_boxes(const torch::Tensor& rows, const torch::Tensor& cells,
                                         std::int64_t map_width, const Geometry& geometry);

// The loss of a batch: penalty-reduced focal loss over the heat maps and, at the positives, Laplace
// negative log-likelihood and generalised IoU of the boxes; each picture by its count of objects
// and its weight. `class_weight` adds that much cross entropy over the classes at the positives.
[[nodiscard]] torch::Tensor training_loss(const Maps& maps, const Batch& batch,
                                          const Geometry& geometry, double class_weight = 0);

// What is reported for each picture, never negative: the focal loss and, at the centres, 1 −
// generalised IoU, both over the picture's count of objects. It has no likelihood in it, for that
// falls below 0 as a net grows sure.
[[nodiscard]] torch::Tensor reported_losses(const Maps& maps, const Batch& batch,
                                            const Geometry& geometry);

}  // namespace spotter::nn
