#include "nn/defaults.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>

#include "base/error.h"

namespace spotter::nn {
namespace {

constexpr double kSmallestPx = 16;
constexpr int kInputMultiple = 16;
constexpr double kPasses = 120;  // times that each sample is shown
constexpr double kShownMin = 6'400;
constexpr double kShownMax = 32'000;

int input_side(double value) {
  return std::max(2, static_cast<int>(std::lround(value / kInputMultiple))) * kInputMultiple;
}

std::optional<double> median(std::vector<double> values) {
  if (values.empty()) {
    return std::nullopt;
  }
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

// The picture in the middle by width over height.
std::optional<std::pair<double, double>> median_size(const std::vector<Item>& items) {
  std::vector<std::pair<double, double>> sizes;
  for (const auto& item : items) {
    if (item.width > 0 && item.height > 0) {
      sizes.emplace_back(item.width, item.height);
    }
  }
  if (sizes.empty()) {
    return std::nullopt;
  }
  const auto middle = sizes.begin() + static_cast<std::ptrdiff_t>(sizes.size() / 2);
  std::nth_element(sizes.begin(), middle, sizes.end(), [](const auto& a, const auto& b) {
    return a.first / a.second < b.first / b.second;
  });
  return *middle;
}

// Typical side of an object of the class whose objects are smallest, as a share of the picture's
// longest side; 1 without objects.
double smallest_share(const std::vector<Item>& items) {
  std::map<int, std::vector<double>> shares;
  for (const auto& item : items) {
    for (const auto& object : item.objects) {
      if (!object.ignore && item.width > 0 && item.height > 0) {
        shares[object.class_index].push_back(std::sqrt(object.box.area()) /
                                             std::max(item.width, item.height));
      }
    }
  }
  double smallest = 1;
  for (const auto& [class_index, values] : shares) {
    smallest = std::min(smallest, *median(values));
  }
  return smallest;
}

}  // namespace

void choose_input(TrainParams& params, const std::vector<Item>& items, const InputSides& sides) {
  if (params.input_width > 0 && params.input_height > 0) {
    return;
  }
  const auto [width, height] = median_size(items).value_or(std::pair{sides.low, sides.low});
  const double wanted = std::clamp(kSmallestPx / smallest_share(items), sides.low, sides.high);
  const double scale = std::min(1.0, wanted / std::max(width, height));
  if (params.input_width == 0 && params.input_height == 0) {
    params.input_width = input_side(width * scale);
    params.input_height = input_side(height * scale);
  } else if (params.input_width == 0) {
    params.input_width = input_side(params.input_height * width / height);
  } else {
    params.input_height = input_side(params.input_width * height / width);
  }
}

void choose_steps(TrainParams& params, std::size_t samples, int batch) {
  if (params.batch == 0) {
    params.batch = batch;
  }
  if (params.steps == 0) {
    const double shown = std::clamp(kPasses * static_cast<double>(samples), kShownMin, kShownMax);
    params.steps = static_cast<int>(std::lround(shown / params.batch));
  }
}

double typical_side_px(const Data& data) {
  std::vector<double> sides;
  for (const auto& item : data.items) {
    for (const auto& object : item.objects) {
      if (!object.ignore) {
        sides.push_back(std::sqrt(object.box.area()));
      }
    }
  }
  const auto side = median(std::move(sides));
  if (!side) {
    fail(ErrorCode::kInvalid, "no picture of the manifest has an object to learn from");
  }
  return std::clamp(*side, 4.0, 256.0);
}

}  // namespace spotter::nn
