#include "nn/batch.h"
#include "nn/defaults.h"
#include "nn/detect.h"
#include "nn/task.h"
#include "nn/validate.h"

namespace spotter::nn {
namespace {

constexpr int kBatch = 8;

std::shared_ptr<torch::nn::Module> make(std::size_t classes, const TrainParams& params) {
  return Net(static_cast<int>(classes), params).ptr();
}

class Boxes final : public Lessons {
 public:
  explicit Boxes(Data data) : data_(std::move(data)) {}
  [[nodiscard]] std::size_t size() const override { return data_.items.size(); }
  [[nodiscard]] torch::Tensor loss(const Model& model, std::span<const std::size_t> chosen,
                                   Rng& rng) const override {
    auto batch = training_batch(data_, chosen, model.params, model.shape(), rng);
    to_device(batch, model.device);
    const auto features = model.detector().features(batch.input);
    return training_loss(model.detector().heads(features.neck, true), batch, model.geometry(),
                         model.params.class_weight);
  }

 private:
  Data data_;
};

std::unique_ptr<Lessons> learn_from(const std::filesystem::path& manifest, Model& model,
                                    const Model* start, Rejects& rejects) {
  const auto items = read_manifest(manifest, model.classes, rejects);
  choose_input(model.params, items, {});
  auto data = load_lessons(manifest, items, model, rejects);
  const double side_px = typical_side_px(data);
  model.prior_px = start == nullptr ? side_px : start->prior_px;
  choose_steps(model.params, data.items.size(), kBatch);
  return std::make_unique<Boxes>(std::move(data));
}

Dimensions dimensions(const Model& model) {
  return {model.detector().image_dimensions(), model.detector().object_dimensions()};
}

// In pixels of the picture: x and y take turns.
Json in_picture(const std::vector<double>& values, const Item& item) {
  std::vector<double> scaled = values;
  for (std::size_t i = 0; i < scaled.size(); ++i) {
    scaled[i] /= i % 2 == 0 ? item.scale_x() : item.scale_y();
  }
  return rounded_list(scaled);
}

Said said_of(const Item& item, Seen& seen) {
  Said said{.loss = seen.loss, .embedding = std::move(seen.embedding)};
  for (auto& detection : seen.detections) {
    const auto& p = detection.prediction;
    Json row = {{"class", p.class_name},
                {"score", rounded(p.score)},
                {"box", in_picture({p.box.x1, p.box.y1, p.box.x2, p.box.y2}, item)},
                {"probabilities", rounded_list(p.probabilities)},
                {"aleatoric", in_picture(p.aleatoric, item)}};
    if (!p.epistemic.empty()) {
      row["epistemic"] = in_picture(p.epistemic, item);
      row["mutual_information"] = rounded(p.mutual_information);
    }
    said.predictions.push_back(std::move(row));
    said.object_embeddings.push_back(std::move(detection.embedding));
  }
  return said;
}

void infer(const std::filesystem::path& manifest, Model& model, const Settings& settings,
           Answers& answers) {
  infer_pictures(manifest, model, answers, [&](const Data& data) {
    std::vector<Said> said;
    auto seen = detect(model, data, {settings.infer, settings.seed});
    for (std::size_t i = 0; i < seen.size(); ++i) {
      said.push_back(said_of(data.items[i], seen[i]));
    }
    return said;
  });
}

}  // namespace

extern const NnTask nn_detection;
const NnTask nn_detection = {
    .name = "detection",
    .architecture = "center",
    .make = make,
    .learn_from = learn_from,
    .validate = validate,
    .dimensions = dimensions,
    .infer = infer,
};

}  // namespace spotter::nn
