// A task as spotter-nn sees it: which network it has, what it learns from, how it is measured, what
// it says of a sample. The training loop, checkpoints, weights and files are the same for all. To
// add one, write nn/task_<name>.cc and a line in task.cc.
#pragma once
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include <torch/torch.h>

#include "base/json.h"
#include "base/random.h"
#include "base/rejects.h"
#include "nn/data.h"
#include "nn/model.h"
#include "nn/params.h"

namespace spotter::nn {

// What is learned from, in memory.
class Lessons {
 public:
  Lessons() = default;
  virtual ~Lessons() = default;
  Lessons(const Lessons&) = delete;
  Lessons& operator=(const Lessons&) = delete;

  [[nodiscard]] virtual std::size_t size() const = 0;
  // The loss of the chosen samples, as `rng` varies them; by weight.
  [[nodiscard]] virtual torch::Tensor loss(const Model& model, std::span<const std::size_t> chosen,
                                           Rng& rng) const = 0;
};

// What the model says of one sample.
struct Said {
  Json predictions = Json::array();
  double loss = -1;  // against the manifest's objects, −1 without them
  std::vector<float> embedding;
  std::vector<std::vector<float>> object_embeddings;  // one a prediction, or none at all
};

// Lengths of the embeddings; 0 = none.
struct Dimensions {
  std::size_t sample = 0;
  std::size_t object = 0;
};

// Where the answers of a manifest go, in its order.
class Answers {
 public:
  Answers() = default;
  virtual ~Answers() = default;
  Answers(const Answers&) = delete;
  Answers& operator=(const Answers&) = delete;
  virtual void add(const std::string& key, const Said& said) = 0;
  virtual void refuse(const std::string& key, const std::string& reason) = 0;
  // So many of all lines are done.
  virtual void progress(std::size_t done, std::size_t all) = 0;
};

struct NnTask {
  std::string_view name;
  std::string_view architecture;  // in model.json
  // A fresh network, its first weights drawn from LibTorch's generator.
  std::shared_ptr<torch::nn::Module> (*make)(std::size_t classes, const TrainParams& params);
  // Reads the manifest and settles what the model's parameters leave open. `start` is what a warm
  // start begins with, or null. Throws kInvalid when there is nothing to learn from.
  std::unique_ptr<Lessons> (*learn_from)(const std::filesystem::path& manifest, Model& model,
                                         const Model* start, Rejects& rejects);
  // The metrics of done.json on a manifest with objects; empty when it has none.
  Json (*validate)(Model& model, const std::filesystem::path& manifest, const InferParams& params,
                   Rejects& rejects);
  Dimensions (*dimensions)(const Model& model);
  // Answers each line of the manifest.
  void (*infer)(const std::filesystem::path& manifest, Model& model, const Settings& settings,
                Answers& answers);
};

// Throws kInvalid.
[[nodiscard]] const NnTask& nn_task(const std::string& name);

// ---- What tasks on pictures share.

// Reads pictures in chunks, lets `say` answer them, hands the answers on in the manifest's order.
void infer_pictures(const std::filesystem::path& manifest, const Model& model, Answers& answers,
                    const std::function<std::vector<Said>(const Data&)>& say);
// Calls `take` with the readable pictures of a manifest, in chunks.
void each_chunk(const std::filesystem::path& manifest, const Model& model, Rejects& rejects,
                const std::function<void(const Data&)>& take);
// The pictures to learn from, in memory at the model's input size. Throws kInvalid when none can be
// read.
[[nodiscard]] Data load_lessons(const std::filesystem::path& manifest,
                                const std::vector<Item>& items, const Model& model,
                                Rejects& rejects);

// A number short enough for a text file: six significant digits.
[[nodiscard]] double rounded(double value);
[[nodiscard]] Json rounded_list(std::span<const double> values);

}  // namespace spotter::nn
