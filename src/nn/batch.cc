#include "nn/batch.h"

#include <algorithm>
#include <cmath>

namespace spotter::nn {
namespace {

constexpr float kMean = 127.5F;
constexpr float kDeviation = 63.75F;
constexpr double kKeptShareMin = 0.25;  // an object cut down further by the window is not shown
constexpr double kSidePxMin = 2;

// Output pixel (u, v) shows source pixel ((u − left) / zoom, (v − top) / zoom), mirrored first if asked.
struct View {
  double zoom = 1;
  double left = 0;
  double top = 0;
  bool mirror_x = false;
  bool mirror_y = false;
  float gain = 1;
  float offset = 0;
};

View random_view(const Data& data, const TrainParams& p, Rng& rng) {
  View view;
  view.mirror_x = p.flip_x && rng.chance(0.5);
  view.mirror_y = p.flip_y && rng.chance(0.5);
  view.zoom = std::exp(rng.uniform(std::log(p.scale_min), std::log(p.scale_max)));
  view.left = rng.uniform() * data.width * (1 - view.zoom);
  view.top = rng.uniform() * data.height * (1 - view.zoom);
  view.gain = static_cast<float>(rng.uniform(p.gain_min, p.gain_max));
  view.offset = static_cast<float>(rng.uniform(-p.offset, p.offset));
  return view;
}

void copy_plain(const std::uint8_t* planes, std::size_t count, const View& view, float* out) {
  const float gain = view.gain / kDeviation;
  const float shift = view.offset - view.gain * kMean / kDeviation;
  for (std::size_t i = 0; i < count; ++i) {
    out[i] = static_cast<float>(planes[i]) * gain + shift;
  }
}

struct Tap {
  int low = 0;
  int high = 0;
  float share = 0;  // of `high`
  bool inside = false;
};

std::vector<Tap> taps(int size, double zoom, double start, bool mirror) {
  std::vector<Tap> result(static_cast<std::size_t>(size));
  for (int u = 0; u < size; ++u) {
    double x = (u + 0.5 - start) / zoom;
    auto& tap = result[static_cast<std::size_t>(u)];
    tap.inside = x >= 0 && x <= size;
    x = (mirror ? size - x : x) - 0.5;
    const double floor = std::floor(x);
    tap.low = std::clamp(static_cast<int>(floor), 0, size - 1);
    tap.high = std::clamp(static_cast<int>(floor) + 1, 0, size - 1);
    tap.share = static_cast<float>(x - floor);
  }
  return result;
}

void render(const Data& data, std::size_t item, const View& view, float* out) {
  const auto* planes = data.picture(item);
  if (view.zoom == 1 && !view.mirror_x && !view.mirror_y) {
    copy_plain(planes, data.item_bytes(), view, out);
    return;
  }
  const auto columns = taps(data.width, view.zoom, view.left, view.mirror_x);
  const auto rows = taps(data.height, view.zoom, view.top, view.mirror_y);
  const float gain = view.gain / kDeviation;
  const float shift = view.offset - view.gain * kMean / kDeviation;
  const std::size_t width = static_cast<std::size_t>(data.width);
  for (std::size_t c = 0; c < 3; ++c) {
    const auto* plane = planes + c * width * static_cast<std::size_t>(data.height);
    for (const auto& row : rows) {
      const auto* above = plane + static_cast<std::size_t>(row.low) * width;
      const auto* below = plane + static_cast<std::size_t>(row.high) * width;
      for (const auto& column : columns) {
        if (!row.inside || !column.inside) {
          *out++ = 0;
          continue;
        }
        const float a = static_cast<float>(above[column.low]);
        const float b = static_cast<float>(above[column.high]);
        const float d = static_cast<float>(below[column.low]);
        const float e = static_cast<float>(below[column.high]);
        const float upper = a + (b - a) * column.share;
        const float lower = d + (e - d) * column.share;
        *out++ = (upper + (lower - upper) * row.share) * gain + shift;
      }
    }
  }
}

Box seen(const Box& box, const Data& data, const View& view) {
  Box b = box;
  if (view.mirror_x) {
    b = {data.width - b.x2, b.y1, data.width - b.x1, b.y2};
  }
  if (view.mirror_y) {
    b = {b.x1, data.height - b.y2, b.x2, data.height - b.y1};
  }
  return {b.x1 * view.zoom + view.left, b.y1 * view.zoom + view.top, b.x2 * view.zoom + view.left,
          b.y2 * view.zoom + view.top};
}

// Collects the targets of a batch before they become tensors.
struct Targets {
  MapShape shape;
  int width;   // cells
  int height;
  std::vector<float> heat;
  std::vector<float> mask;
  std::vector<float> counts;
  std::vector<Positive> positives;

  Targets(std::size_t batch, const Data& data, const MapShape& s)
      : shape(s), width(data.width / s.cell_px), height(data.height / s.cell_px) {
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
                             .weight = centre ? 1.0F : 0.3F,
                             .box = {static_cast<float>(b.x1), static_cast<float>(b.y1), static_cast<float>(b.x2),
                                     static_cast<float>(b.y2)}});
      }
    }
  }

  void paint(std::size_t image, int class_index, std::pair<int, int> centre, std::pair<double, double> sigma) {
    const std::size_t base =
        (image * static_cast<std::size_t>(shape.classes) + static_cast<std::size_t>(class_index)) * cells();
    const int rx = static_cast<int>(std::ceil(3 * sigma.first));
    const int ry = static_cast<int>(std::ceil(3 * sigma.second));
    for (int y = std::max(0, centre.second - ry); y <= std::min(height - 1, centre.second + ry); ++y) {
      for (int x = std::max(0, centre.first - rx); x <= std::min(width - 1, centre.first + rx); ++x) {
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
    out.positive_weight = torch::empty({n});
    out.boxes = torch::empty({n, 4});
    for (std::int64_t i = 0; i < n; ++i) {
      const auto& p = positives[static_cast<std::size_t>(i)];
      out.image_index.data_ptr<std::int64_t>()[i] = p.image;
      out.cell_index.data_ptr<std::int64_t>()[i] = p.cell;
      out.positive_weight.data_ptr<float>()[i] = p.weight;
      std::copy(p.box.begin(), p.box.end(), out.boxes.data_ptr<float>() + 4 * i);
    }
    return out;
  }
};

void add_objects(Targets& targets, std::size_t place, const Data& data, const Item& item, const View& view) {
  // Regions to ignore first: an object inside one stays an object.
  for (const auto& object : item.objects) {
    if (object.ignore) {
      targets.ignore(place, seen(object.box, data, view));
    }
  }
  std::vector<const Object*> order;
  for (const auto& object : item.objects) {
    if (!object.ignore) {
      order.push_back(&object);
    }
  }
  // Large ones first: where cells coincide, the later positive of the smaller object is the finer truth.
  std::stable_sort(order.begin(), order.end(),
                   [](const Object* a, const Object* b) { return a->box.area() > b->box.area(); });
  for (const auto* object : order) {
    const Box whole = seen(object->box, data, view);
    const Box cut = clip(whole, data.width, data.height);
    if (cut.width() >= kSidePxMin && cut.height() >= kSidePxMin && cut.area() >= kKeptShareMin * whole.area()) {
      targets.add(place, object->class_index, cut);
    }
  }
}

}  // namespace

Batch training_batch(const Data& data, std::span<const std::size_t> chosen, const TrainParams& params,
                     const MapShape& shape, Rng& rng) {
  const auto count = static_cast<std::int64_t>(chosen.size());
  auto input = torch::empty({count, 3, data.height, data.width});
  auto weight = torch::empty({count});
  Targets targets(chosen.size(), data, shape);
  for (std::size_t i = 0; i < chosen.size(); ++i) {
    const auto view = random_view(data, params, rng);
    render(data, chosen[i], view, input.data_ptr<float>() + i * data.item_bytes());
    weight.data_ptr<float>()[i] = static_cast<float>(data.items[chosen[i]].weight);
    add_objects(targets, i, data, data.items[chosen[i]], view);
  }
  return targets.tensors(std::move(input), std::move(weight));
}

Batch plain_batch(const Data& data, std::size_t begin, std::size_t end, const MapShape& shape) {
  const auto count = static_cast<std::int64_t>(end - begin);
  auto input = torch::empty({count, 3, data.height, data.width});
  Targets targets(end - begin, data, shape);
  const View view;
  for (std::size_t i = begin; i < end; ++i) {
    render(data, i, view, input.data_ptr<float>() + (i - begin) * data.item_bytes());
    add_objects(targets, i - begin, data, data.items[i], view);
  }
  return targets.tensors(std::move(input), torch::ones({count}));
}

}  // namespace spotter::nn
