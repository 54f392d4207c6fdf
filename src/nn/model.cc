#include "nn/model.h"

#include <set>

#include <fmt/format.h>

#include "base/error.h"
#include "base/files.h"
#include "base/hash.h"
#include "base/json.h"
#include "nn/task.h"
#include "nn/weights.h"

namespace spotter::nn {
namespace {

constexpr const char* kWeights = "model.safetensors";
constexpr std::size_t kClassesMax = 10'000;

std::vector<std::string> classes_of(const Json& facts, const std::string& origin) {
  auto classes = json_get<std::vector<std::string>>(facts, "classes", origin);
  const std::set<std::string> distinct(classes.begin(), classes.end());
  if (classes.empty() || classes.size() > kClassesMax || distinct.size() != classes.size()) {
    fail(ErrorCode::kInvalid, "the model's classes are none, too many or not distinct: " + origin);
  }
  return classes;
}

}  // namespace

void save_model(const Model& model, std::uint64_t seed, const std::filesystem::path& folder) {
  write_weights(weights_of(*model.net), folder / kWeights);
  std::string architecture(nn_task(model.task).architecture);
  if (model.task == "detection") {
    architecture += fmt::format("-s{}", model.detector().cell_px());
  }
  write_json(folder / "model.json",
             {{"runtime", "builtin"},
              {"program", "spotter-nn"},
              {"architecture", architecture},
              {"task", model.task},
              {"classes", model.classes},
              {"input", {model.params.input_width, model.params.input_height}},
              {"prior_px", model.prior_px},
              {"params", to_json(model.params)},
              {"seed", seed},
              {"steps", model.params.steps},
              {"files", {kWeights}}});
}

Model load_model(const std::filesystem::path& folder) {
  const auto origin = (folder / "model.json").string();
  const Json facts = read_json(folder / "model.json");
  if (json_get_or<std::string>(facts, "program", "") != "spotter-nn") {
    fail(ErrorCode::kInvalid, "this model was not made by spotter-nn: " + origin);
  }
  Model model{.task = json_get_or<std::string>(facts, "task", "detection")};
  const auto& task = nn_task(model.task);
  model.classes = classes_of(facts, origin);
  model.params = train_params(json_get<Json>(facts, "params", origin), origin);
  model.prior_px = json_get<double>(facts, "prior_px", origin);
  const bool sized = model.params.input_width > 0 && model.params.input_height > 0;
  if ((!sized && model.task != "trajectory") || !(model.prior_px > 0)) {
    fail(ErrorCode::kInvalid, "the model states no input size or no size of objects: " + origin);
  }
  model.net = task.make(model.classes.size(), model.params);
  put_weights(*model.net, read_weights(folder / kWeights), (folder / kWeights).string());
  model.net->eval();
  return model;
}

std::string model_digest(const std::filesystem::path& folder) {
  return sha256_file(folder / "model.json") + sha256_file(folder / kWeights);
}

}  // namespace spotter::nn
