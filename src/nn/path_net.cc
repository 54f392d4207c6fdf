#include "nn/path_net.h"

namespace spotter::nn {
namespace {

constexpr int kHiddenPerWidth = 4;

}  // namespace

PathNetImpl::PathNetImpl(const TrainParams& params)
    : dropout_(params.dropout),
      scale_(params.scale_m),
      predicted_(params.predicted),
      modes_(params.modes) {
  const int hidden = kHiddenPerWidth * params.width;
  dimensions_ = static_cast<std::size_t>(hidden);
  // The last point is always the origin and says nothing.
  first_ = register_module("first", torch::nn::Linear(2 * (params.observed - 1), hidden));
  second_ = register_module("second", torch::nn::Linear(hidden, hidden));
  ways_ = register_module("ways", torch::nn::Linear(hidden, modes_ * (2 * predicted_ + 1)));
  const torch::NoGradGuard no_grad;
  ways_->weight.mul_(0.1);  // the start is close to going straight on
}

torch::Tensor PathNetImpl::features(const torch::Tensor& observed) {
  const auto seen = observed.slice(1, 0, -1).flatten(1) / scale_;
  return torch::relu(second_(torch::relu(first_(seen))));
}

Ways PathNetImpl::head(const torch::Tensor& features, const torch::Tensor& observed, bool drop) {
  const auto x = drop && dropout_ > 0 ? torch::dropout(features, dropout_, true) : features;
  const auto out = ways_(x);
  const auto count = modes_ * predicted_ * 2;
  const auto off = out.slice(1, 0, count).view({-1, modes_, predicted_, 2}) * scale_;
  const auto step = observed.select(1, -1) - observed.select(1, -2);  // batch × 2
  const auto times = torch::arange(1, predicted_ + 1, step.options()).view({1, 1, -1, 1});
  return {step.view({-1, 1, 1, 2}) * times + off, out.slice(1, count)};
}

}  // namespace spotter::nn
