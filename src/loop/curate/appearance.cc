#include "loop/curate/appearance.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

#include "base/parallel.h"
#include "kernels/knn.h"

namespace spotter::curate {
namespace {

constexpr int kGrid = 4;
constexpr std::size_t kExamplesMax = 400;
constexpr double kPoolShareMax = 0.05;  // of the pool's samples may hold what an example stands for
constexpr double kChance = 0.05;        // that any example object is taken for shared by luck

struct Colour {
  double red = 0;
  double green = 0;
  double blue = 0;
  [[nodiscard]] double sum() const { return red + green + blue; }
};

Colour mean_colour(const media::Image& image, int x1, int y1, int x2, int y2) {
  Colour colour;
  double count = 0;
  for (int y = y1; y < std::max(y2, y1 + 1) && y < image.height; ++y) {
    for (int x = x1; x < std::max(x2, x1 + 1) && x < image.width; ++x) {
      const auto at = (static_cast<std::size_t>(y) * static_cast<std::size_t>(image.width) +
                       static_cast<std::size_t>(x)) *
                      3;
      colour.red += image.rgb[at];
      colour.green += image.rgb[at + 1];
      colour.blue += image.rgb[at + 2];
      count += 1;
    }
  }
  count = std::max(count, 1.0);
  return {colour.red / count, colour.green / count, colour.blue / count};
}

float distance(const Appearance& a, const Appearance& b) {
  return std::sqrt(kernels::squared_distance(a, b));
}

// The distance from `look` to the nearest object of each owner.
std::vector<float> nearest_by_owner(const Appearance& look, const Objects& objects,
                                    std::size_t owners) {
  std::vector<float> nearest(owners, std::numeric_limits<float>::infinity());
  for (std::size_t i = 0; i < objects.looks.size(); ++i) {
    auto& best = nearest[objects.owner[i]];
    best = std::min(best, distance(look, objects.looks[i]));
  }
  return nearest;
}

std::size_t count_within(const std::vector<float>& distances, float radius) {
  return static_cast<std::size_t>(
      std::count_if(distances.begin(), distances.end(), [&](float d) { return d <= radius; }));
}

// P(X >= hits) of `trials` with chance `p` each.
double binomial_tail(std::size_t trials, double p, std::size_t hits) {
  double below = 0;
  double term = std::pow(1 - p, static_cast<double>(trials));
  for (std::size_t k = 0; k < hits; ++k) {
    below += term;
    term *= static_cast<double>(trials - k) / static_cast<double>(k + 1) * p / (1 - p);
  }
  return std::max(0.0, 1 - below);
}

float quantile(std::vector<float> values, double q) {
  const auto at =
      values.begin() + static_cast<std::ptrdiff_t>(q * static_cast<double>(values.size() - 1));
  std::nth_element(values.begin(), at, values.end());
  return *at;
}

}  // namespace

Appearance appearance_of(const media::Image& image, const Box& box) {
  Appearance look{};
  const Box inside = clip(box, image.width, image.height);
  if (!inside.valid()) {
    return look;
  }
  const auto edge = [](double low, double high, int i) {
    return static_cast<int>(std::lround(low + (high - low) * i / kGrid));
  };
  std::array<Colour, kGrid * kGrid> cells;
  double brightness = 0;
  for (int row = 0; row < kGrid; ++row) {
    for (int column = 0; column < kGrid; ++column) {
      auto& cell = cells[static_cast<std::size_t>(row * kGrid + column)];
      cell =
          mean_colour(image, edge(inside.x1, inside.x2, column), edge(inside.y1, inside.y2, row),
                      edge(inside.x1, inside.x2, column + 1), edge(inside.y1, inside.y2, row + 1));
      brightness += cell.sum() / (3 * cells.size());
    }
  }
  std::size_t at = 0;
  for (const auto& cell : cells) {
    const double sum = cell.sum() + 30;  // dark pixels have no colour to speak of
    look[at++] = static_cast<float>(4 * (cell.red - cell.blue) / sum);
    look[at++] = static_cast<float>(4 * (2 * cell.green - cell.red - cell.blue) / sum);
    look[at++] = static_cast<float>(0.5 * (cell.sum() / 3 - brightness) / (brightness + 10));
  }
  look[at++] = static_cast<float>(0.5 * std::log2(inside.width() / inside.height()));
  look[at] = static_cast<float>(0.25 * std::log2(inside.height()));
  return look;
}

std::vector<double> object_likeness(const Objects& examples, const Objects& pool,
                                    std::size_t sample_count) {
  std::vector<double> likeness(sample_count, 0);
  if (examples.looks.empty() || pool.looks.empty() || sample_count == 0) {
    return likeness;
  }
  const std::size_t owners =
      *std::max_element(examples.owner.begin(), examples.owner.end()) + std::size_t{1};
  const std::size_t count = std::min(examples.looks.size(), kExamplesMax);
  std::vector<std::vector<double>> by_example(count);
  parallel_for(count, 4, [&](std::size_t begin, std::size_t end) {
    for (std::size_t e = begin; e < end; ++e) {
      const auto to_pool = nearest_by_owner(examples.looks[e], pool, sample_count);
      auto to_examples = nearest_by_owner(examples.looks[e], examples, owners);
      to_examples.erase(to_examples.begin() + static_cast<std::ptrdiff_t>(examples.owner[e]));
      float radius = quantile(to_pool, kPoolShareMax);
      const std::size_t met = count_within(to_examples, radius);
      const double share =
          static_cast<double>(count_within(to_pool, radius)) / static_cast<double>(sample_count);
      if (!to_examples.empty() &&
          binomial_tail(to_examples.size(), share, met) > kChance / static_cast<double>(count)) {
        continue;  // no commoner in the other example scenes than in the pool
      }
      auto& mine = by_example[e];
      mine.assign(sample_count, 0);
      radius = std::max(radius, 1e-6F);
      for (std::size_t s = 0; s < sample_count; ++s) {
        if (to_pool[s] <= radius) {
          mine[s] = 0.6 + 0.4 * (1 - static_cast<double>(to_pool[s] / radius));
        }
      }
    }
  });
  for (const auto& mine : by_example) {
    for (std::size_t s = 0; s < mine.size(); ++s) {
      likeness[s] = std::max(likeness[s], mine[s]);
    }
  }
  return likeness;
}

}  // namespace spotter::curate
