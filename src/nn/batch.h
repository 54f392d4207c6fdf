// One training batch: augmented pictures and what the network should say about them.
#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include <torch/torch.h>

#include "base/random.h"
#include "nn/data.h"
#include "nn/params.h"

namespace spotter::nn {

// A cell that is to predict a box.
struct Positive {
  std::int64_t image = 0;
  std::int64_t cell = 0;  // row-major in the map
  std::int64_t class_index = 0;
  float weight = 1;            // 1 at the centre, less beside it
  std::array<float, 4> box{};  // x1 y1 x2 y2 in input pixels
};

struct Batch {
  torch::Tensor input;            // batch × 3 × height × width, float, zero mean
  torch::Tensor heat;             // batch × classes × h × w: 1 at centres, Gaussian around them
  torch::Tensor mask;             // batch × 1 × h × w: 0 in regions to ignore
  torch::Tensor weight;           // batch: weight of each picture
  torch::Tensor image_index;      // positives: which picture, int64
  torch::Tensor cell_index;       // positives: which cell, int64
  torch::Tensor class_index;      // positives: of which class, int64
  torch::Tensor positive_weight;  // positives
  torch::Tensor boxes;            // positives × 4
  torch::Tensor counts;           // batch: objects of each picture
};

struct MapShape {
  int classes = 0;
  int cell_px = 8;
};

// The inputs alone, batch × 3 × height × width: pictures `chosen`, flipped, zoomed and brightened
// by `rng`; and pictures [begin, end) as they are.
[[nodiscard]] torch::Tensor training_input(const Data& data, std::span<const std::size_t> chosen,
                                           const TrainParams& params, Rng& rng);
[[nodiscard]] torch::Tensor plain_input(const Data& data, std::size_t begin, std::size_t end);

// Pictures `chosen` of `data`, flipped, zoomed and brightened by `rng` as `params` allow.
[[nodiscard]] Batch training_batch(const Data& data, std::span<const std::size_t> chosen,
                                   const TrainParams& params, const MapShape& shape, Rng& rng);

void to_device(Batch& batch, torch::Device device);

// Pictures [begin, end) as they are.
[[nodiscard]] Batch plain_batch(const Data& data, std::size_t begin, std::size_t end,
                                const MapShape& shape);

}  // namespace spotter::nn
