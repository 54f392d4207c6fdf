// The classifier: the detector's residual blocks, means and maxima of the last map, one layer to
// the classes. Small enough to learn from a thousand pictures on a processor.
#pragma once
#include <torch/torch.h>

#include "nn/net.h"
#include "nn/params.h"

namespace spotter::nn {

class ClassifierImpl final : public torch::nn::Module {
 public:
  ClassifierImpl(std::size_t classes, const TrainParams& params);

  // batch × 3 × height × width to the embedding: batch × dimensions().
  torch::Tensor features(const torch::Tensor& input);
  // The embedding to logits, batch × classes. With `drop`, a fresh dropout mask: in training, and
  // for Monte-Carlo passes.
  torch::Tensor head(const torch::Tensor& features, bool drop);

  [[nodiscard]] std::size_t dimensions() const { return dimensions_; }

 private:
  double dropout_;
  std::size_t dimensions_;
  torch::nn::Conv2d stem_{nullptr};
  torch::nn::BatchNorm2d stem_norm_{nullptr};
  Block early_{nullptr};
  Block down_{nullptr};
  Block down_residual_{nullptr};
  Block deep_{nullptr};
  Block deep_residual_{nullptr};
  torch::nn::Linear classes_{nullptr};
};
TORCH_MODULE(Classifier);

}  // namespace spotter::nn
