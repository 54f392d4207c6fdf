#include "nn/batch.h"

#include <algorithm>
#include <cmath>

#include "nn/view.h"

namespace spotter::nn {
namespace {

constexpr double kKeptShareMin = 0.25;  // an object cut down further by the window is not shown
constexpr double kSidePxMin = 2;

struct WindowSize {
  int width = 0;  // pixels
  int height = 0;

  [[nodiscard]] std::size_t values() const {
    return std::size_t{3} * static_cast<std::size_t>(width) * static_cast<std::size_t>(height);
  }
};

// Collects the targets of a batch before they become tensors.
struct Targets {
  MapShape shape;
  int width;  // cells
  int height;
  std::vector<float> heat;
  std::vector<float> mask;
  std::vector<float> counts;
  std::vector<Positive> positives;

  Targets(std::size_t batch, WindowSize window, const MapShape& s)
      : shape(s), width(window.width / s.cell_px), height(window.height / s.cell_px) {
    heat.resize(batch * static_cast<std::size_t>(s.classes) * cells());
    mask.resize(batch * cells(), 1);
    counts.resize(batch);
  }
  [[nodiscard]] std::size_t cells() const {
    return static_cast<std::size_t>(width) * static_cast<std::size_t>(height);
  }

  void ignore(std::size_t image, const Box& b) {
    const int x1 = std::clamp(static_cast<int>(std::floor(b.x1 / shape.cell_px)), 0, width);
    const int x2 = std::clamp(static_cast<int>(std::ceil(b.x2 / shape.cell_px)), 0, width);
    const int y1 = std::clamp(static_cast<int>(std::floor(b.y1 / shape.cell_px)), 0, height);
    const int y2 = std::clamp(static_cast<int>(std::ceil(b.y2 / shape.cell_px)), 0, height);
    for (int y = y1; y < y2; ++y) {
      for (int x = x1; x < x2; ++x) {
        mask[image * cells() + static_cast<std::size_t>(y * width + x)] = 0;
      }
    }
  }

  void add(std::size_t image, int class_index, const Box& b) {
    const double cx = (b.x1 + b.x2) / 2 / shape.cell_px;
    const double cy = (b.y1 + b.y2) / 2 / shape.cell_px;
    const int x0 = std::clamp(static_cast<int>(std::floor(cx)), 0, width - 1);
    const int y0 = std::clamp(static_cast<int>(std::floor(cy)), 0, height - 1);
    const double w = b.width() / shape.cell_px;
    const double h = b.height() / shape.cell_px;
    paint(image, class_index, {x0, y0}, {std::max(w / 8, 0.35), std::max(h / 8, 0.35)});
    counts[image] += 1;
    for (int dy = -1; dy <= 1; ++dy) {
      for (int dx = -1; dx <= 1; ++dx) {
        const int x = x0 + dx;
        const int y = y0 + dy;
        const bool centre = dx == 0 && dy == 0;
        const bool inside = std::abs(x + 0.5 - cx) < w / 2 && std::abs(y + 0.5 - cy) < h / 2;
        if (x < 0 || y < 0 || x >= width || y >= height || (!centre && !inside)) {
          continue;
        }
        mask[image * cells() + static_cast<std::size_t>(y * width + x)] = 1;
        positives.push_back({.image = static_cast<std::int64_t>(image),
                             .cell = y * width + x,
                             .class_index = class_index,
                             .weight = centre ? 1.0F : 0.3F,
                             .box = {static_cast<float>(b.x1), static_cast<float>(b.y1),
                                     static_cast<float>(b.x2), static_cast<float>(b.y2)}});
      }
    }
  }

  void paint(std::size_t image, int class_index, std::pair<int, int> centre,
             std::pair<double, double> sigma) {
    const std::size_t base =
        (image * static_cast<std::size_t>(shape.classes) + static_cast<std::size_t>(class_index)) *
        cells();
    const int rx = static_cast<int>(std::ceil(3 * sigma.first));
    const int ry = static_cast<int>(std::ceil(3 * sigma.second));
    for (int y = std::max(0, centre.second - ry); y <= std::min(height - 1, centre.second + ry);
         ++y) {
      for (int x = std::max(0, centre.first - rx); x <= std::min(width - 1, centre.first + rx);
           ++x) {
        const double u = (x - centre.first) / sigma.first;
        const double v = (y - centre.second) / sigma.second;
        auto& cell = heat[base + static_cast<std::size_t>(y * width + x)];
        cell = std::max(cell, static_cast<float>(std::exp(-(u * u + v * v) / 2)));
      }
    }
  }

  [[nodiscard]] Batch tensors(torch::Tensor input, torch::Tensor weight) const {
    const auto batch = static_cast<std::int64_t>(counts.size());
    const auto n = static_cast<std::int64_t>(positives.size());
    Batch out{.input = std::move(input), .weight = std::move(weight)};
    out.heat = torch::tensor(heat).view({batch, shape.classes, height, width});
    out.mask = torch::tensor(mask).view({batch, 1, height, width});
    out.counts = torch::tensor(counts);
    out.image_index = torch::empty({n}, torch::kInt64);
    out.cell_index = torch::empty({n}, torch::kInt64);
    out.class_index = torch::empty({n}, torch::kInt64);
    out.positive_weight = torch::empty({n});
    out.boxes = torch::empty({n, 4});
    for (std::int64_t i = 0; i < n; ++i) {
      const auto& p = positives[static_cast<std::size_t>(i)];
      out.image_index.data_ptr<std::int64_t>()[i] = p.image;
      out.cell_index.data_ptr<std::int64_t>()[i] = p.cell;
      out.class_index.data_ptr<std::int64_t>()[i] = p.class_index;
      out.positive_weight.data_ptr<float>()[i] = p.weight;
      std::copy(p.box.begin(), p.box.end(), out.boxes.data_ptr<float>() + 4 * i);
    }
    return out;
  }
};

void add_objects(Targets& targets, std::size_t place, const Item& item, const View& view) {
  struct Shown {
    int class_index;
    Box box;
  };
  std::vector<Shown> shown;
  for (const auto& object : item.objects) {
    const Box whole = seen(object.box, view);
    const Box cut = clip(whole, view.width, view.height);
    const bool enough = cut.width() >= kSidePxMin && cut.height() >= kSidePxMin &&
                        cut.area() >= kKeptShareMin * whole.area();
    if (object.ignore || !enough) {
      targets.ignore(place, cut);
    } else {
      shown.push_back({object.class_index, cut});
    }
  }
  // After the regions to ignore, so that an object inside one stays an object. Large ones first:
  // where cells coincide, the later positive of the smaller object is the finer truth.
  std::stable_sort(shown.begin(), shown.end(),
                   [](const Shown& a, const Shown& b) { return a.box.area() > b.box.area(); });
  for (const auto& object : shown) {
    targets.add(place, object.class_index, object.box);
  }
}

// Channels last: what render writes, and what convolutions on a processor are fastest with.
torch::Tensor empty_input(std::size_t count, WindowSize window) {
  return torch::empty({static_cast<std::int64_t>(count), 3, window.height, window.width},
                      torch::TensorOptions().memory_format(torch::MemoryFormat::ChannelsLast));
}

WindowSize window_of(const Data& data, const TrainParams& params) {
  return {params.window_width > 0 ? params.window_width : data.width,
          params.window_height > 0 ? params.window_height : data.height};
}

}  // namespace

torch::Tensor training_input(const Data& data, std::span<const std::size_t> chosen,
                             const TrainParams& params, Rng& rng) {
  const auto window = window_of(data, params);
  auto input = empty_input(chosen.size(), window);
  for (std::size_t i = 0; i < chosen.size(); ++i) {
    const auto view = random_view(data, data.items[chosen[i]], params, rng);
    render(data, chosen[i], view, input.data_ptr<float>() + i * window.values());
  }
  return input;
}

torch::Tensor plain_input(const Data& data, std::size_t begin, std::size_t end) {
  const WindowSize window{data.width, data.height};
  auto input = empty_input(end - begin, window);
  for (std::size_t i = begin; i < end; ++i) {
    render(data, i, plain_view(data), input.data_ptr<float>() + (i - begin) * window.values());
  }
  return input;
}

Batch training_batch(const Data& data, std::span<const std::size_t> chosen,
                     const TrainParams& params, const MapShape& shape, Rng& rng) {
  const auto window = window_of(data, params);
  auto input = empty_input(chosen.size(), window);
  auto weight = torch::empty({static_cast<std::int64_t>(chosen.size())});
  Targets targets(chosen.size(), window, shape);
  for (std::size_t i = 0; i < chosen.size(); ++i) {
    const auto& item = data.items[chosen[i]];
    const auto view = random_view(data, item, params, rng);
    render(data, chosen[i], view, input.data_ptr<float>() + i * window.values());
    weight.data_ptr<float>()[i] = static_cast<float>(item.weight);
    add_objects(targets, i, item, view);
  }
  return targets.tensors(std::move(input), std::move(weight));
}

Batch plain_batch(const Data& data, std::size_t begin, std::size_t end, const MapShape& shape) {
  auto input = plain_input(data, begin, end);
  Targets targets(end - begin, {data.width, data.height}, shape);
  const View view = plain_view(data);
  for (std::size_t i = begin; i < end; ++i) {
    add_objects(targets, i - begin, data.items[i], view);
  }
  return targets.tensors(std::move(input), torch::ones({static_cast<std::int64_t>(end - begin)}));
}

void to_device(Batch& batch, torch::Device device) {
  for (auto* t : {&batch.input, &batch.heat, &batch.mask, &batch.weight, &batch.image_index,
                  &batch.cell_index, &batch.class_index, &batch.positive_weight, &batch.boxes,
                  &batch.counts}) {
    *t = t->to(device);
  }
}

}  // namespace spotter::nn
