#include "nn/detect.h"

#include <algorithm>
#include <cmath>

#include "base/random.h"

namespace spotter::nn {
namespace {

struct Peak {
  int class_index = 0;
  std::int64_t cell = 0;
  float score = 0;
};

// What the Monte-Carlo passes say about the peaks of one picture.
struct Passes {
  torch::Tensor probabilities;  // passes × peaks × classes
  torch::Tensor boxes;          // passes × peaks × 4
};

std::vector<Peak> peaks_of(const torch::Tensor& scores, const torch::Tensor& kept,
                           const InferParams& params) {
  std::vector<Peak> peaks;
  const auto cells = scores.size(1) * scores.size(2);
  const auto* score = scores.data_ptr<float>();
  const auto* keep = kept.data_ptr<bool>();
  for (std::int64_t i = 0; i < scores.numel(); ++i) {
    if (keep[i] && score[i] >= params.score_min) {
      peaks.push_back({static_cast<int>(i / cells), i % cells, score[i]});
    }
  }
  std::stable_sort(peaks.begin(), peaks.end(),
                   [](const Peak& a, const Peak& b) { return a.score > b.score; });
  return peaks;
}

Box box_at(const torch::Tensor& boxes, std::int64_t cell) {
  const auto* b = boxes.data_ptr<float>() + 4 * cell;
  return {b[0], b[1], b[2], b[3]};
}

// Standard deviations of x1 y1 x2 y2 from the Laplace scales of centre and log size (σ = √2 b).
std::vector<double> aleatoric_at(const torch::Tensor& rows, std::int64_t cell, const Box& box,
                                 const Geometry& geometry) {
  const auto* row = rows.data_ptr<float>() + 8 * cell;
  const auto scale = [&](int i) {
    return std::sqrt(2.0) * std::exp(std::clamp<double>(row[4 + i], -4, 3));
  };
  const double cx = scale(0) * geometry.cell_px;
  const double cy = scale(1) * geometry.cell_px;
  const double half_w = scale(2) * box.width() / 2;
  const double half_h = scale(3) * box.height() / 2;
  const double x = std::hypot(cx, half_w);
  const double y = std::hypot(cy, half_h);
  return {x, y, x, y};
}

double entropy(double p) {
  const double q = std::clamp(p, 1e-7, 1 - 1e-7);
  return -q * std::log(q) - (1 - q) * std::log(1 - q);
}

void add_epistemic(Prediction& prediction, int class_index, std::int64_t place,
                   const Passes& passes) {
  const auto count = passes.boxes.size(0);
  const auto peaks = passes.boxes.size(1);
  const auto classes = passes.probabilities.size(2);
  const auto* boxes = passes.boxes.data_ptr<float>();
  const auto* p = passes.probabilities.data_ptr<float>();
  for (int side = 0; side < 4; ++side) {
    double mean = 0;
    for (std::int64_t t = 0; t < count; ++t) {
      mean += boxes[(t * peaks + place) * 4 + side];
    }
    mean /= static_cast<double>(count);
    double variance = 0;
    for (std::int64_t t = 0; t < count; ++t) {
      const double off = boxes[(t * peaks + place) * 4 + side] - mean;
      variance += off * off / static_cast<double>(count);
    }
    prediction.epistemic.push_back(std::sqrt(variance));
  }
  double mean_p = 0;
  double mean_entropy = 0;
  for (std::int64_t t = 0; t < count; ++t) {
    const double v = p[(t * peaks + place) * classes + class_index];
    mean_p += v / static_cast<double>(count);
    mean_entropy += entropy(v) / static_cast<double>(count);
  }
  prediction.mutual_information = std::max(0.0, entropy(mean_p) - mean_entropy);
}

// Maps of a batch, on the processor.
struct BatchOutput {
  torch::Tensor scores;  // batch × classes × h × w
  torch::Tensor kept;    // peaks
  torch::Tensor rows;    // batch × cells × 8
  torch::Tensor boxes;   // batch × cells × 4, input pixels
  torch::Tensor neck;    // batch × cells × channels
  torch::Tensor deep;    // batch × 2·channels
  torch::Tensor losses;  // batch
};

torch::Tensor cells_first(const torch::Tensor& map) {
  return map.flatten(2).permute({0, 2, 1}).contiguous();
}

BatchOutput forward(Model& model, const Batch& batch) {
  const auto features = model.detector().features(batch.input);
  const auto maps = model.detector().heads(features.neck, false);
  const auto scores = torch::sigmoid(maps.heat).contiguous();
  const auto rows = cells_first(maps.box);
  const auto cells = torch::arange(rows.size(1), batch.cell_index.options()).repeat({rows.size(0)});
  const auto boxes = decode_boxes(rows.reshape({-1, 8}), cells, maps.box.size(3), model.geometry());
  const auto home = [](const torch::Tensor& t) { return t.to(torch::kCPU).contiguous(); };
  return {.scores = home(scores),
          .kept = home(torch::max_pool2d(scores, 3, 1, 1).eq(scores)),
          .rows = home(rows),
          .boxes = home(boxes.view({rows.size(0), rows.size(1), 4})),
          .neck = home(cells_first(features.neck)),
          .deep = home(torch::cat({features.deep.mean({2, 3}), features.deep.amax({2, 3})}, 1)),
          .losses = home(reported_losses(maps, batch, model.geometry()))};
}

// The heads again for the peaks alone: each pass drops other channels of the neck.
Passes monte_carlo(Model& model, const torch::Tensor& neck, const std::vector<Peak>& peaks,
                   std::int64_t map_width, int passes, std::uint64_t seed) {
  auto cells = torch::empty({static_cast<std::int64_t>(peaks.size())}, torch::kInt64);
  for (std::size_t i = 0; i < peaks.size(); ++i) {
    cells.data_ptr<std::int64_t>()[i] = peaks[i].cell;
  }
  torch::manual_seed(seed);
  const auto rows = neck.index_select(0, cells).repeat({passes, 1}).to(model.device);
  const auto maps = model.detector().heads(rows.unsqueeze(2).unsqueeze(3), true);
  const auto boxes = decode_boxes(maps.box.flatten(1), cells.repeat({passes}).to(model.device),
                                  map_width, model.geometry());
  const auto count = static_cast<std::int64_t>(peaks.size());
  return {.probabilities =
              torch::sigmoid(maps.heat).reshape({passes, count, -1}).to(torch::kCPU).contiguous(),
          .boxes = boxes.reshape({passes, count, 4}).to(torch::kCPU).contiguous()};
}

// Same-class suppression: of peaks whose boxes overlap more than nms_iou the best stays.
std::vector<Peak> suppressed(const std::vector<Peak>& peaks, const torch::Tensor& boxes,
                             const Item& item, const InferParams& params) {
  std::vector<Peak> left;
  std::vector<Box> taken;
  for (const auto& peak : peaks) {
    if (static_cast<int>(left.size()) >= params.detections_max) {
      break;
    }
    const Box box = clip(box_at(boxes, peak.cell), item.shown_width, item.shown_height);
    bool doubled = !box.valid();
    for (std::size_t i = 0; i < left.size() && !doubled; ++i) {
      doubled = left[i].class_index == peak.class_index && iou(taken[i], box) > params.nms_iou;
    }
    if (!doubled) {
      left.push_back(peak);
      taken.push_back(box);
    }
  }
  return left;
}

Detection detection_of(const Peak& peak, const BatchOutput& out, std::int64_t picture,
                       const Model& model, const Item& item) {
  Detection detection;
  auto& p = detection.prediction;
  const auto scores = out.scores[picture].flatten(1);
  const auto neck = out.neck[picture];
  const Box raw = box_at(out.boxes[picture], peak.cell);
  p.class_name = model.classes[static_cast<std::size_t>(peak.class_index)];
  p.score = peak.score;
  p.box = clip(raw, item.shown_width, item.shown_height);
  for (std::int64_t c = 0; c < scores.size(0); ++c) {
    p.probabilities.push_back(scores.data_ptr<float>()[c * scores.size(1) + peak.cell]);
  }
  p.aleatoric = aleatoric_at(out.rows[picture], peak.cell, raw, model.geometry());
  const auto* vector = neck.data_ptr<float>() + peak.cell * neck.size(1);
  detection.embedding.assign(vector, vector + neck.size(1));
  return detection;
}

Seen collect(Model& model, const BatchOutput& out, std::int64_t picture, const Item& item,
             const DetectOptions& options) {
  Seen seen;
  const auto peaks = suppressed(peaks_of(out.scores[picture], out.kept[picture], options.params),
                                out.boxes[picture], item, options.params);
  Passes passes;
  if (options.params.mc_passes > 0 && !peaks.empty()) {
    passes = monte_carlo(model, out.neck[picture], peaks, out.scores.size(3),
                         options.params.mc_passes, Rng(options.seed, item.key).next() >> 1);
  }
  for (std::size_t i = 0; i < peaks.size(); ++i) {
    seen.detections.push_back(detection_of(peaks[i], out, picture, model, item));
    if (passes.boxes.defined()) {
      add_epistemic(seen.detections.back().prediction, peaks[i].class_index,
                    static_cast<std::int64_t>(i), passes);
    }
  }
  const auto* deep = out.deep.data_ptr<float>() + picture * out.deep.size(1);
  seen.embedding.assign(deep, deep + out.deep.size(1));
  if (item.has_objects) {
    seen.loss = out.losses.data_ptr<float>()[picture];
  }
  return seen;
}

}  // namespace

std::vector<Seen> detect(Model& model, const Data& data, const DetectOptions& options) {
  const torch::NoGradGuard no_grad;
  model.net->eval();
  std::vector<Seen> all;
  const auto step = static_cast<std::size_t>(options.params.batch);
  for (std::size_t first = 0; first < data.items.size(); first += step) {
    const std::size_t last = std::min(data.items.size(), first + step);
    auto batch = plain_batch(data, first, last, model.shape());
    to_device(batch, model.device);
    const auto out = forward(model, batch);
    for (std::size_t i = first; i < last; ++i) {
      all.push_back(
          collect(model, out, static_cast<std::int64_t>(i - first), data.items[i], options));
    }
  }
  return all;
}

}  // namespace spotter::nn
