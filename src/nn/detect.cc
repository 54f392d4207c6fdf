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

// What the Monte-Carlo passes say, for each picture of the batch: probabilities (passes × classes × cells)
// and boxes (passes × cells × 4).
struct Passes {
  torch::Tensor probabilities;
  torch::Tensor boxes;
};

std::vector<Peak> peaks_of(const torch::Tensor& scores, const torch::Tensor& kept, const InferParams& params) {
  std::vector<Peak> peaks;
  const auto cells = scores.size(1) * scores.size(2);
  const auto* score = scores.data_ptr<float>();
  const auto* keep = kept.data_ptr<bool>();
  for (std::int64_t i = 0; i < scores.numel(); ++i) {
    if (keep[i] && score[i] >= params.score_min) {
      peaks.push_back({static_cast<int>(i / cells), i % cells, score[i]});
    }
  }
  std::stable_sort(peaks.begin(), peaks.end(), [](const Peak& a, const Peak& b) { return a.score > b.score; });
  return peaks;
}

Box box_at(const torch::Tensor& boxes, std::int64_t cell) {
  const auto* b = boxes.data_ptr<float>() + 4 * cell;
  return {b[0], b[1], b[2], b[3]};
}

// Standard deviations of x1 y1 x2 y2 from the Laplace scales of centre and log size (σ = √2 b).
std::vector<double> aleatoric_at(const torch::Tensor& rows, std::int64_t cell, const Box& box, const Geometry& geometry) {
  const auto* row = rows.data_ptr<float>() + 8 * cell;
  const auto scale = [&](int i) { return std::sqrt(2.0) * std::exp(std::clamp<double>(row[4 + i], -4, 3)); };
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

void add_epistemic(Prediction& prediction, const Peak& peak, const Passes& passes) {
  const auto count = passes.boxes.size(0);
  const auto cells = passes.boxes.size(1);
  const auto classes = passes.probabilities.size(1);
  const auto* boxes = passes.boxes.data_ptr<float>();
  const auto* p = passes.probabilities.data_ptr<float>();
  for (int side = 0; side < 4; ++side) {
    double sum = 0;
    double square = 0;
    for (std::int64_t t = 0; t < count; ++t) {
      const double v = boxes[(t * cells + peak.cell) * 4 + side];
      sum += v;
      square += v * v;
    }
    const double mean = sum / static_cast<double>(count);
    prediction.epistemic.push_back(std::sqrt(std::max(0.0, square / static_cast<double>(count) - mean * mean)));
  }
  double mean_p = 0;
  double mean_entropy = 0;
  for (std::int64_t t = 0; t < count; ++t) {
    const double v = p[(t * classes + peak.class_index) * cells + peak.cell];
    mean_p += v;
    mean_entropy += entropy(v);
  }
  prediction.mutual_information =
      std::max(0.0, entropy(mean_p / static_cast<double>(count)) - mean_entropy / static_cast<double>(count));
}

struct BatchOutput {
  torch::Tensor scores;  // batch × classes × h × w
  torch::Tensor kept;    // peaks
  torch::Tensor rows;    // batch × cells × 8
  torch::Tensor boxes;   // batch × cells × 4
  torch::Tensor neck;    // batch × cells × channels
  torch::Tensor deep;    // batch × 2·channels
  torch::Tensor losses;  // batch
  std::vector<Passes> passes;  // one a picture
};

torch::Tensor all_boxes(const torch::Tensor& box_map, const Geometry& geometry) {
  const auto rows = box_map.flatten(2).permute({0, 2, 1});
  const auto cells = torch::arange(rows.size(1), torch::kInt64).repeat({rows.size(0)});
  return decode_boxes(rows.reshape({-1, 8}), cells, box_map.size(3), geometry).view({rows.size(0), rows.size(1), 4});
}

std::vector<Passes> monte_carlo(Model& model, const torch::Tensor& neck, const InferParams& params, std::uint64_t seed) {
  std::vector<torch::Tensor> probabilities;
  std::vector<torch::Tensor> boxes;
  torch::manual_seed(seed);
  for (int t = 0; t < params.mc_passes; ++t) {
    const auto maps = model.net->heads(neck, true);
    probabilities.push_back(torch::sigmoid(maps.heat).flatten(2));
    boxes.push_back(all_boxes(maps.box, model.geometry()));
  }
  const auto p = torch::stack(probabilities, 1).contiguous();
  const auto b = torch::stack(boxes, 1).contiguous();
  std::vector<Passes> passes;
  for (std::int64_t i = 0; i < p.size(0); ++i) {
    passes.push_back({p[i], b[i]});
  }
  return passes;
}

BatchOutput forward(Model& model, const Batch& batch, const InferParams& params, std::uint64_t seed) {
  const auto features = model.net->features(batch.input);
  const auto maps = model.net->heads(features.neck, false);
  BatchOutput out;
  out.scores = torch::sigmoid(maps.heat).contiguous();
  out.kept = torch::max_pool2d(out.scores, 3, 1, 1).eq(out.scores).contiguous();
  out.rows = maps.box.flatten(2).permute({0, 2, 1}).contiguous();
  out.boxes = all_boxes(maps.box, model.geometry()).contiguous();
  out.neck = features.neck.flatten(2).permute({0, 2, 1}).contiguous();
  out.deep = torch::cat({features.deep.mean({2, 3}), features.deep.amax({2, 3})}, 1).contiguous();
  out.losses = reported_losses(maps, batch, model.geometry()).contiguous();
  if (params.mc_passes > 0) {
    out.passes = monte_carlo(model, features.neck, params, seed);
  }
  return out;
}

Seen collect(const BatchOutput& out, std::int64_t picture, const Model& model, const Data& data, const InferParams& params) {
  Seen seen;
  const auto boxes = out.boxes[picture];
  const auto rows = out.rows[picture];
  const auto neck = out.neck[picture];
  const auto channels = neck.size(1);
  const auto scores = out.scores[picture].flatten(1);
  const auto cells = scores.size(1);
  for (const auto& peak : peaks_of(out.scores[picture], out.kept[picture], params)) {
    if (static_cast<int>(seen.detections.size()) >= params.detections_max) {
      break;
    }
    const Box raw = box_at(boxes, peak.cell);
    const Box box = clip(raw, data.width, data.height);
    const auto& name = model.classes[static_cast<std::size_t>(peak.class_index)];
    const bool doubled = std::any_of(seen.detections.begin(), seen.detections.end(), [&](const Detection& d) {
      return d.prediction.class_name == name && iou(d.prediction.box, box) > params.nms_iou;
    });
    if (doubled || !box.valid()) {
      continue;
    }
    Detection detection;
    auto& p = detection.prediction;
    p.class_name = name;
    p.score = peak.score;
    p.box = box;
    for (std::int64_t c = 0; c < scores.size(0); ++c) {
      p.probabilities.push_back(scores.data_ptr<float>()[c * cells + peak.cell]);
    }
    p.aleatoric = aleatoric_at(rows, peak.cell, raw, model.geometry());
    if (!out.passes.empty()) {
      add_epistemic(p, peak, out.passes[static_cast<std::size_t>(picture)]);
    }
    const auto* vector = neck.data_ptr<float>() + peak.cell * channels;
    detection.embedding.assign(vector, vector + channels);
    seen.detections.push_back(std::move(detection));
  }
  const auto* deep = out.deep.data_ptr<float>() + picture * out.deep.size(1);
  seen.embedding.assign(deep, deep + out.deep.size(1));
  return seen;
}

}  // namespace

std::vector<Seen> detect(Model& model, const Data& data, std::size_t begin, std::size_t end, const InferParams& params,
                         std::uint64_t seed) {
  const torch::NoGradGuard no_grad;
  model.net->eval();
  std::vector<Seen> all;
  const auto step = static_cast<std::size_t>(params.batch);
  for (std::size_t first = begin; first < end; first += step) {
    const std::size_t last = std::min(end, first + step);
    const auto batch = plain_batch(data, first, last, model.shape());
    const auto out = forward(model, batch, params, mix_bits(seed ^ first) >> 1);
    for (std::size_t i = first; i < last; ++i) {
      all.push_back(collect(out, static_cast<std::int64_t>(i - first), model, data, params));
      if (data.items[i].has_objects) {
        all.back().loss = out.losses.data_ptr<float>()[i - first];
      }
    }
  }
  return all;
}

}  // namespace spotter::nn
