#include "kernels/diversify.h"

#include <algorithm>

namespace spotter::kernels {

std::vector<std::uint32_t> diversify(const DiversifyInput& input, std::size_t count,
                                     const DiversifyOptions& options) {
  const std::size_t n = input.relevance.size();
  const std::size_t d = input.look.empty() ? 0 : input.dimensions;
  const auto scenes = n == 0 ? 0 : *std::max_element(input.scene.begin(), input.scene.end()) + 1;
  std::vector<double> scene_factor(scenes, 1.0);
  std::vector<double> kind_factor(input.kind_share.size(), 1.0);
  const auto kind_left = [&](std::size_t i) {
    return input.kind.empty() ? 1.0 : kind_factor[input.kind[i]];
  };
  std::vector<float> nearest(n, 0);  // largest cosine with a chosen one
  std::vector<std::uint8_t> taken(n);
  std::vector<std::uint32_t> chosen;
  while (chosen.size() < std::min(count, n)) {
    std::size_t best = n;
    double best_value = -1;
    for (std::size_t i = 0; i < n; ++i) {
      const double value = input.relevance[i] * scene_factor[input.scene[i]] * kind_left(i) *
                           (1 - options.look_weight * static_cast<double>(nearest[i]));
      if (taken[i] == 0 && value > best_value) {
        best = i;
        best_value = value;
      }
    }
    taken[best] = 1;
    chosen.push_back(static_cast<std::uint32_t>(best));
    scene_factor[input.scene[best]] *= options.scene_share;
    if (!input.kind.empty()) {
      kind_factor[input.kind[best]] *= input.kind_share[input.kind[best]];
    }
    const float* a = input.look.data() + best * d;
    for (std::size_t i = 0; d > 0 && i < n; ++i) {
      const float* b = input.look.data() + i * d;
      float cosine = 0;
      for (std::size_t k = 0; k < d; ++k) {
        cosine += a[k] * b[k];
      }
      nearest[i] = std::max(nearest[i], cosine);
    }
  }
  return chosen;
}

}  // namespace spotter::kernels
