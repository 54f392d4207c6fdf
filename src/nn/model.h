// A model folder of the built-in kind: model.json and model.pt.
#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "base/json.h"
#include "nn/loss.h"
#include "nn/net.h"

namespace spotter::nn {

struct Model {
  Net net{nullptr};
  std::vector<std::string> classes;
  TrainParams params;   // input_width and input_height are set
  double prior_px = 24;

  [[nodiscard]] Geometry geometry() const { return {net->cell_px(), prior_px}; }
  [[nodiscard]] MapShape shape() const { return {static_cast<int>(classes.size()), net->cell_px()}; }
};

// Writes model.pt and model.json by temporary file and rename.
void save_model(Model& model, std::uint64_t seed, int steps, const std::filesystem::path& folder);

// Throws kNotFound or kInvalid for a folder that is no model of this program; nothing of it is executed.
[[nodiscard]] Model load_model(const std::filesystem::path& folder);

// Writes any torch archive to `path` by temporary file and rename.
void write_archive(torch::serialize::OutputArchive& archive, const std::filesystem::path& path);

}  // namespace spotter::nn
