#include "nn/net.h"

#include <algorithm>

namespace spotter::nn {
namespace {

constexpr double kHeatPrior =
    0.01;  // first guess of the heat maps, so that the start is calm (Lin et al. 2017)

torch::nn::Conv2d convolution(int in, int out, int size, int stride) {
  return torch::nn::Conv2d(torch::nn::Conv2dOptions(in, out, size)
                               .stride(stride)
                               .padding(size == 3 ? 1 : 0)
                               .bias(false));
}

}  // namespace

BlockImpl::BlockImpl(int in, int out, int stride, bool residual) {
  first_ = register_module("first", convolution(in, out, 3, stride));
  first_norm_ = register_module("first_norm", torch::nn::BatchNorm2d(out));
  if (residual) {
    second_ = register_module("second", convolution(out, out, 3, 1));
    second_norm_ = register_module("second_norm", torch::nn::BatchNorm2d(out));
  }
}

torch::Tensor BlockImpl::forward(torch::Tensor x) {
  auto y = torch::relu(first_norm_(first_(x)));
  if (second_.is_empty()) {
    return y;
  }
  return torch::relu(second_norm_(second_(y)) + x);
}

NetImpl::NetImpl(int classes, const TrainParams& params)
    : dropout_(params.dropout), cell_px_(2 * params.stem_stride) {
  const int a = params.width;
  const int b = 2 * a;
  const int c = 8 * a / 3;
  stem_ = register_module("stem", convolution(3, a, params.stem_stride, params.stem_stride));
  stem_norm_ = register_module("stem_norm", torch::nn::BatchNorm2d(a));
  early_ = register_module("early", Block(a, a, 1, false));
  down_ = register_module("down", Block(a, b, 2, false));
  down_residual_ = register_module("down_residual", Block(b, b, 1, true));
  deep_ = register_module("deep", Block(b, c, 2, false));
  deep_residual_one_ = register_module("deep_residual_one", Block(c, c, 1, true));
  deep_residual_two_ = register_module("deep_residual_two", Block(c, c, 1, true));
  lateral_ = register_module("lateral", convolution(b, b, 1, 1));
  top_ = register_module("top", convolution(c, b, 1, 1));
  neck_ = register_module("neck", Block(b, b, 1, false));
  heat_ = register_module("heat", torch::nn::Conv2d(torch::nn::Conv2dOptions(b, classes, 1)));
  box_ = register_module("box", torch::nn::Conv2d(torch::nn::Conv2dOptions(b, 8, 1)));
  const torch::NoGradGuard no_grad;
  heat_->bias.fill_(std::log(kHeatPrior / (1 - kHeatPrior)));
  box_->weight.mul_(0.1);
  box_->bias.zero_();
  for (auto& parameter : parameters()) {
    if (parameter.dim() == 4) {
      parameter.set_data(parameter.contiguous(torch::MemoryFormat::ChannelsLast));
    }
  }
}

NetImpl::Features NetImpl::features(const torch::Tensor& input) {
  auto x = early_(torch::relu(stem_norm_(stem_(input))));
  x = down_residual_(down_(x));
  auto deep = deep_residual_two_(deep_residual_one_(deep_(x)));
  auto up = torch::upsample_nearest2d(top_(deep), {x.size(2), x.size(3)});
  return {neck_(lateral_(x) + up), deep};
}

std::size_t NetImpl::image_dimensions() const {
  return 2 * static_cast<std::size_t>(top_->options.in_channels());
}

std::size_t NetImpl::object_dimensions() const {
  return static_cast<std::size_t>(heat_->options.in_channels());
}

Maps NetImpl::heads(const torch::Tensor& neck, bool drop) {
  const auto x = drop && dropout_ > 0 ? torch::feature_dropout(neck, dropout_, true) : neck;
  return {heat_(x), box_(x)};
}

void copy_matching(torch::nn::Module& into, const torch::nn::Module& from,
                   const std::vector<std::string>& into_classes,
                   const std::vector<std::string>& from_classes) {
  const torch::NoGradGuard no_grad;
  const auto copy = [&](const auto& targets, const auto& sources) {
    for (const auto& target : targets) {
      const auto* source = sources.find(target.key());
      if (source == nullptr) {
        continue;
      }
      const bool by_class =
          target.key().starts_with("heat.") || target.key().starts_with("classes.");
      if (!by_class && source->sizes() == target.value().sizes()) {
        target.value().copy_(*source);
      }
      for (std::size_t i = 0; by_class && i < into_classes.size(); ++i) {
        const auto found = std::find(from_classes.begin(), from_classes.end(), into_classes[i]);
        if (found != from_classes.end() && source->dim() == target.value().dim() &&
            source->slice(0, 0, 1).sizes() == target.value().slice(0, 0, 1).sizes()) {
          target.value()[static_cast<std::int64_t>(i)].copy_(
              (*source)[found - from_classes.begin()]);
        }
      }
    }
  };
  copy(into.named_parameters(), from.named_parameters());
  copy(into.named_buffers(), from.named_buffers());
}

void update_average(torch::nn::Module& average, const torch::nn::Module& net, double decay) {
  const torch::NoGradGuard no_grad;
  auto mine = average.parameters();
  const auto theirs = net.parameters();
  for (std::size_t i = 0; i < mine.size(); ++i) {
    mine[i].lerp_(theirs[i], 1 - decay);
  }
  auto my_buffers = average.buffers();
  const auto their_buffers = net.buffers();
  for (std::size_t i = 0; i < my_buffers.size(); ++i) {
    if (my_buffers[i].is_floating_point()) {
      my_buffers[i].lerp_(their_buffers[i], 1 - decay);
    } else {
      my_buffers[i].copy_(their_buffers[i]);
    }
  }
}

}  // namespace spotter::nn
