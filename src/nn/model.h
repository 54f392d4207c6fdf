// A model folder of the built-in kind: model.json and model.safetensors.
#pragma once
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "nn/loss.h"
#include "nn/net.h"

namespace spotter::nn {

struct Model {
  std::string task = "detection";
  std::shared_ptr<torch::nn::Module> net;  // null = none
  std::vector<std::string> classes;
  TrainParams params;  // input_width and input_height are set
  double prior_px = 24;
  torch::Device device{torch::kCPU};

  // The network of a model that detects.
  [[nodiscard]] NetImpl& detector() const { return *net->as<Net>(); }
  [[nodiscard]] Geometry geometry() const { return {detector().cell_px(), prior_px}; }
  [[nodiscard]] MapShape shape() const {
    return {static_cast<int>(classes.size()), detector().cell_px()};
  }
};

// Writes the weights, then model.json, each by temporary file and rename.
void save_model(const Model& model, std::uint64_t seed, const std::filesystem::path& folder);

// Throws kNotFound or kInvalid for a folder that is no model of this program. The folder may come
// from elsewhere: nothing in it is executed.
[[nodiscard]] Model load_model(const std::filesystem::path& folder);

// Tells models apart: of what the folder states and of its weights.
[[nodiscard]] std::string model_digest(const std::filesystem::path& folder);

}  // namespace spotter::nn
