// The centre-point detector: a small residual network, a heat map for each class and a box with its
// aleatoric scale at each cell (Zhou et al., Objects as Points, 2019; Kendall and Gal, NeurIPS
// 2017).
#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include <torch/torch.h>

#include "nn/params.h"

namespace spotter::nn {

// What one forward pass gives; h and w are the input's divided by the cell size.
struct Maps {
  torch::Tensor heat;  // batch × classes × h × w, logits
  torch::Tensor box;   // batch × 8 × h × w: dx, dy (cells), log width, log height (of the size
                       // prior), and the logarithms of their Laplace scales
};

class BlockImpl final : public torch::nn::Module {
 public:
  // 3×3 convolution, batch norm, ReLU; with `residual`, two of them around a skip.
  BlockImpl(int in, int out, int stride, bool residual);
  torch::Tensor forward(torch::Tensor x);

 private:
  torch::nn::Conv2d first_{nullptr};
  torch::nn::Conv2d second_{nullptr};
  torch::nn::BatchNorm2d first_norm_{nullptr};
  torch::nn::BatchNorm2d second_norm_{nullptr};
};
TORCH_MODULE(Block);

class NetImpl final : public torch::nn::Module {
 public:
  NetImpl(int classes, const TrainParams& params);

  struct Features {
    torch::Tensor neck;  // batch × 2·width × h × w, before dropout
    torch::Tensor deep;  // the coarser map, for image embeddings
  };
  Features features(const torch::Tensor& input);
  // With `drop`, a fresh dropout mask over the neck: in training, and for Monte-Carlo passes.
  Maps heads(const torch::Tensor& neck, bool drop);

  [[nodiscard]] int cell_px() const { return cell_px_; }
  // Lengths of the embeddings: mean and maximum of `deep`, and the neck at a cell.
  [[nodiscard]] std::size_t image_dimensions() const;
  [[nodiscard]] std::size_t object_dimensions() const;

 private:
  double dropout_;
  int cell_px_;
  torch::nn::Conv2d stem_{nullptr};
  torch::nn::BatchNorm2d stem_norm_{nullptr};
  Block early_{nullptr};
  Block down_{nullptr};
  Block down_residual_{nullptr};
  Block deep_{nullptr};
  Block deep_residual_one_{nullptr};
  Block deep_residual_two_{nullptr};
  torch::nn::Conv2d lateral_{nullptr};
  torch::nn::Conv2d top_{nullptr};
  Block neck_{nullptr};
  torch::nn::Conv2d heat_{nullptr};
  torch::nn::Conv2d box_{nullptr};
};
TORCH_MODULE(Net);

// Copies what fits from the weights of another net: all of equal shape, and of the layers that have
// a row a class ("heat", "classes") the rows of the classes that both have.
void copy_matching(torch::nn::Module& into, const torch::nn::Module& from,
                   const std::vector<std::string>& into_classes,
                   const std::vector<std::string>& from_classes);

// Sets every parameter and buffer of `average` to decay · average + (1 − decay) · net.
void update_average(torch::nn::Module& average, const torch::nn::Module& net, double decay);

}  // namespace spotter::nn
