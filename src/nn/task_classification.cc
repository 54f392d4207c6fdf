#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "kernels/classification.h"
#include "nn/batch.h"
#include "nn/classifier.h"
#include "nn/defaults.h"
#include "nn/task.h"

namespace spotter::nn {
namespace {

constexpr int kBatch = 32;
constexpr InputSides kSides = {.low = 96, .high = 96};

ClassifierImpl& net_of(const Model& model) {
  return *model.net->as<Classifier>();
}

std::shared_ptr<torch::nn::Module> make(std::size_t classes, const TrainParams& params) {
  return Classifier(classes, params).ptr();
}

// The class of a picture, −1 = none that counts.
std::int64_t class_of(const Item& item) {
  const auto found = std::find_if(item.objects.begin(), item.objects.end(),
                                  [](const Object& object) { return !object.ignore; });
  return found == item.objects.end() ? -1 : found->class_index;
}

class Pictures final : public Lessons {
 public:
  explicit Pictures(Data data) : data_(std::move(data)) {}
  [[nodiscard]] std::size_t size() const override { return data_.items.size(); }
  [[nodiscard]] torch::Tensor loss(const Model& model, std::span<const std::size_t> chosen,
                                   Rng& rng) const override {
    const auto input = training_input(data_, chosen, model.params, rng);
    auto truth = torch::empty({static_cast<std::int64_t>(chosen.size())}, torch::kInt64);
    auto weight = torch::empty({static_cast<std::int64_t>(chosen.size())});
    for (std::size_t i = 0; i < chosen.size(); ++i) {
      const auto& item = data_.items[chosen[i]];
      truth.data_ptr<std::int64_t>()[i] = class_of(item);
      weight.data_ptr<float>()[i] = static_cast<float>(item.weight);
    }
    auto& net = net_of(model);
    const auto logits = net.head(net.features(input.to(model.device)), true);
    const auto losses = torch::nll_loss(torch::log_softmax(logits, 1), truth.to(model.device), {},
                                        torch::Reduction::None);
    return (losses * weight.to(model.device)).mean();
  }

 private:
  Data data_;
};

std::unique_ptr<Lessons> learn_from(const std::filesystem::path& manifest, Model& model,
                                    const Model* /*start*/, Rejects& rejects) {
  auto items = read_manifest(manifest, model.classes, rejects);
  std::erase_if(items, [](const Item& item) { return class_of(item) < 0; });
  if (items.empty()) {
    fail(ErrorCode::kInvalid,
         "no picture of the manifest says its class, so there is nothing to learn from: " +
             manifest.string());
  }
  choose_input(model.params, items, kSides);
  auto data = load_lessons(manifest, items, model, rejects);
  choose_steps(model.params, data.items.size(), kBatch);
  return std::make_unique<Pictures>(std::move(data));
}

// What the network makes of some pictures, on the processor.
struct Answer {
  torch::Tensor features;       // pictures × dimensions
  torch::Tensor probabilities;  // pictures × classes
};

Answer answer(const Model& model, const Data& data, std::size_t begin, std::size_t end) {
  auto& net = net_of(model);
  const auto features = net.features(plain_input(data, begin, end).to(model.device));
  return {features.to(torch::kCPU).contiguous(),
          torch::softmax(net.head(features, false), 1).to(torch::kCPU).contiguous()};
}

// Calls `take(picture, answer, row)` for each picture.
template <typename Take>
void each_answer(const Model& model, const Data& data, int batch, const Take& take) {
  const torch::NoGradGuard no_grad;
  model.net->eval();
  const auto step = static_cast<std::size_t>(batch);
  for (std::size_t begin = 0; begin < data.items.size(); begin += step) {
    const auto end = std::min(data.items.size(), begin + step);
    const auto said = answer(model, data, begin, end);
    for (std::size_t i = begin; i < end; ++i) {
      take(data.items[i], said, static_cast<std::int64_t>(i - begin));
    }
  }
}

double entropy(const torch::Tensor& probabilities) {
  return -(probabilities * probabilities.clamp_min(1e-12).log()).sum().item<double>();
}

// Entropy of the mean over dropout passes less the mean entropy (Gal and Ghahramani 2016), nats.
double mutual_information(const Model& model, const torch::Tensor& features, int passes,
                          std::uint64_t seed) {
  torch::manual_seed(seed);
  const auto rows = features.unsqueeze(0).repeat({passes, 1}).to(model.device);
  const auto p = torch::softmax(net_of(model).head(rows, true), 1).to(torch::kCPU);
  return std::max(0.0, entropy(p.mean(0)) - entropy(p) / passes);
}

Said said_of(const Model& model, const Item& item, const Answer& said, std::int64_t row,
             const Settings& settings) {
  const auto classes = said.probabilities.size(1);
  const auto* p = said.probabilities.data_ptr<float>() + row * classes;
  const auto best = static_cast<std::size_t>(std::max_element(p, p + classes) - p);
  const std::vector<double> probabilities(p, p + classes);
  Json prediction = {{"class", model.classes[best]},
                     {"score", rounded(probabilities[best])},
                     {"box", {0, 0, item.width, item.height}},
                     {"probabilities", rounded_list(probabilities)}};
  if (settings.infer.mc_passes > 0) {
    prediction["mutual_information"] =
        rounded(mutual_information(model, said.features[row], settings.infer.mc_passes,
                                   Rng(settings.seed, item.key).next() >> 1));
  }
  const auto* features = said.features.data_ptr<float>() + row * said.features.size(1);
  Said out{.embedding = {features, features + said.features.size(1)}};
  out.predictions.push_back(std::move(prediction));
  if (const auto truth = class_of(item); truth >= 0) {
    out.loss = -std::log(std::max(1e-12, probabilities[static_cast<std::size_t>(truth)]));
  }
  return out;
}

Json validate(Model& model, const std::filesystem::path& manifest, const InferParams& params,
              Rejects& rejects) {
  kernels::ClassGuesses rows;
  each_chunk(manifest, model, rejects, [&](const Data& data) {
    each_answer(model, data, params.batch,
                [&](const Item& item, const Answer& said, std::int64_t row) {
                  const auto truth = class_of(item);
                  if (truth >= 0) {
                    const auto p = said.probabilities[row];
                    rows.truth.push_back(static_cast<std::int32_t>(truth));
                    rows.guess.push_back(p.argmax().item<std::int32_t>());
                    rows.probability_of_truth.push_back(p[truth].item<double>());
                  }
                });
  });
  if (rows.truth.empty()) {
    return Json::object();
  }
  const auto result = kernels::classification_result(rows, model.classes.size());
  Json by_class = Json::object();
  for (std::size_t c = 0; c < model.classes.size(); ++c) {
    if (result.classes[c].truths > 0) {
      by_class[model.classes[c]] = {{"precision", result.classes[c].precision},
                                    {"recall", result.classes[c].recall}};
    }
  }
  return {{"accuracy", result.accuracy},
          {"macro_f1", result.macro_f1},
          {"log_loss", result.log_loss},
          {"pictures", rows.truth.size()},
          {"classes", by_class}};
}

Dimensions dimensions(const Model& model) {
  return {.sample = net_of(model).dimensions()};
}

void infer(const std::filesystem::path& manifest, Model& model, const Settings& settings,
           Answers& answers) {
  infer_pictures(manifest, model, answers, [&](const Data& data) {
    std::vector<Said> all;
    each_answer(model, data, settings.infer.batch,
                [&](const Item& item, const Answer& said, std::int64_t row) {
                  all.push_back(said_of(model, item, said, row, settings));
                });
    return all;
  });
}

}  // namespace

extern const NnTask nn_classification;
const NnTask nn_classification = {
    .name = "classification",
    .architecture = "residual-pool",
    .make = make,
    .learn_from = learn_from,
    .validate = validate,
    .dimensions = dimensions,
    .infer = infer,
};

}  // namespace spotter::nn
