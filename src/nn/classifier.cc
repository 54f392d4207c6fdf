#include "nn/classifier.h"

#include <algorithm>

namespace spotter::nn {
namespace {

// Pictures this small keep twice the detail: a stem of 4 would leave next to nothing of them.
constexpr int kSmallPx = 64;

int stem_stride(const TrainParams& params) {
  return std::max(params.input_width, params.input_height) <= kSmallPx ? 2 : params.stem_stride;
}

}  // namespace

ClassifierImpl::ClassifierImpl(std::size_t classes, const TrainParams& params)
    : dropout_(params.dropout) {
  const int a = params.width;
  const int b = 2 * a;
  const int c = 4 * a;
  const int stride = stem_stride(params);
  dimensions_ = 2 * static_cast<std::size_t>(c);
  stem_ = register_module(
      "stem", torch::nn::Conv2d(torch::nn::Conv2dOptions(3, a, stride).stride(stride).bias(false)));
  stem_norm_ = register_module("stem_norm", torch::nn::BatchNorm2d(a));
  early_ = register_module("early", Block(a, a, 1, false));
  down_ = register_module("down", Block(a, b, 2, false));
  down_residual_ = register_module("down_residual", Block(b, b, 1, true));
  deep_ = register_module("deep", Block(b, c, 2, false));
  deep_residual_ = register_module("deep_residual", Block(c, c, 1, true));
  classes_ = register_module("classes", torch::nn::Linear(2 * c, static_cast<int>(classes)));
  for (auto& parameter : parameters()) {
    if (parameter.dim() == 4) {
      parameter.set_data(parameter.contiguous(torch::MemoryFormat::ChannelsLast));
    }
  }
}

torch::Tensor ClassifierImpl::features(const torch::Tensor& input) {
  auto x = early_(torch::relu(stem_norm_(stem_(input))));
  x = deep_residual_(deep_(down_residual_(down_(x))));
  return torch::cat({x.mean({2, 3}), x.amax({2, 3})}, 1);
}

torch::Tensor ClassifierImpl::head(const torch::Tensor& features, bool drop) {
  return classes_(drop && dropout_ > 0 ? torch::dropout(features, dropout_, true) : features);
}

}  // namespace spotter::nn
