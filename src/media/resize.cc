#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "media/image.h"

namespace spotter::media {
namespace {

// How one target pixel of an axis is mixed from consecutive source pixels; weights sum to 1.
struct Mix {
  std::size_t first = 0;
  std::vector<float> weights;
};

Mix area_mix(double begin, double end, int source) {
  Mix mix{.first = static_cast<std::size_t>(begin)};
  const auto last =
      std::min(static_cast<std::size_t>(std::ceil(end - 1e-9)), static_cast<std::size_t>(source));
  for (std::size_t i = mix.first; i < last; ++i) {
    const double covered = std::min(end, double(i) + 1) - std::max(begin, double(i));
    mix.weights.push_back(static_cast<float>(covered / (end - begin)));
  }
  return mix;
}

Mix bilinear_mix(double centre, int source) {
  const double position = std::clamp(centre - 0.5, 0.0, double(source) - 1);
  const double low = std::min(std::floor(position), std::max(0.0, double(source) - 2));
  const auto share = static_cast<float>(position - low);
  Mix mix{.first = static_cast<std::size_t>(low), .weights = {1 - share}};
  if (source > 1) {
    mix.weights.push_back(share);
  }
  return mix;
}

std::vector<Mix> mixes(int source, int target) {
  std::vector<Mix> all;
  all.reserve(static_cast<std::size_t>(target));
  const double step = double(source) / target;
  for (int i = 0; i < target; ++i) {
    all.push_back(step > 1 ? area_mix(i * step, std::min((i + 1) * step, double(source)), source)
                           : bilinear_mix((i + 0.5) * step, source));
  }
  return all;
}

}  // namespace

Image resize(const Image& image, int width, int height) {
  require(width > 0 && height > 0 && image.width > 0 && image.height > 0, "resize needs sizes");
  if (width == image.width && height == image.height) {
    return image;
  }
  const auto columns = mixes(image.width, width);
  const auto rows = mixes(image.height, height);
  const auto stride = static_cast<std::size_t>(image.width) * 3;
  Image out{.width = width, .height = height};
  out.rgb.resize(static_cast<std::size_t>(width) * static_cast<std::size_t>(height) * 3);
  std::vector<float> line(stride);
  std::size_t o = 0;
  for (const auto& row : rows) {
    std::fill(line.begin(), line.end(), 0.0F);
    for (std::size_t k = 0; k < row.weights.size(); ++k) {
      const std::uint8_t* source = image.rgb.data() + (row.first + k) * stride;
      const float weight = row.weights[k];
      for (std::size_t i = 0; i < stride; ++i) {
        line[i] += weight * static_cast<float>(source[i]);
      }
    }
    for (const auto& column : columns) {
      float sum[3] = {0, 0, 0};
      const float* source = line.data() + column.first * 3;
      for (const float weight : column.weights) {
        sum[0] += weight * source[0];
        sum[1] += weight * source[1];
        sum[2] += weight * source[2];
        source += 3;
      }
      for (const float s : sum) {
        out.rgb[o++] = static_cast<std::uint8_t>(std::clamp(s + 0.5F, 0.0F, 255.0F));
      }
    }
  }
  return out;
}

}  // namespace spotter::media
