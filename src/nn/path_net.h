// The network that predicts paths: a small perceptron from what was seen of a track, turned to
// where the agent goes, to a few ways on and how likely each is (18 thousand parameters for 8 steps
// seen, 12 to come and 3 ways).
#pragma once
#include <torch/torch.h>

#include "nn/params.h"

namespace spotter::nn {

// What the net proposes for a batch of tracks.
struct Ways {
  torch::Tensor paths;   // batch × modes × predicted × 2, metres in the track's own frame
  torch::Tensor logits;  // batch × modes
};

class PathNetImpl final : public torch::nn::Module {
 public:
  // `params.observed`, `params.predicted` and `params.scale_m` are set.
  explicit PathNetImpl(const TrainParams& params);

  // Observed points in the track's own frame (batch × observed × 2, metres: the last at the origin,
  // movement along x) to the embedding, batch × dimensions().
  torch::Tensor features(const torch::Tensor& observed);
  // The embedding to ways on, as what differs from going straight on. With `drop`, a fresh dropout
  // mask.
  Ways head(const torch::Tensor& features, const torch::Tensor& observed, bool drop);

  [[nodiscard]] std::size_t dimensions() const { return dimensions_; }

 private:
  double dropout_;
  double scale_;  // metres; inputs and outputs are in shares of it
  std::int64_t predicted_;
  std::int64_t modes_;
  std::size_t dimensions_;
  torch::nn::Linear first_{nullptr};
  torch::nn::Linear second_{nullptr};
  torch::nn::Linear ways_{nullptr};
};
TORCH_MODULE(PathNet);

}  // namespace spotter::nn
