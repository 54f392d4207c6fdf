// Inference: from a manifest and a model folder to predictions and embeddings.
#pragma once
#include <filesystem>

#include "nn/params.h"

namespace spotter::nn {

struct InferJob {
  std::filesystem::path data;
  std::filesystem::path model;
  std::filesystem::path out;
  Settings settings;
};

// Writes predictions.jsonl (a line a manifest line, same order; one that cannot be read has "error"
// instead of predictions), embeddings.npy, object_embeddings.npy, done.json last. Throws kInvalid
// when nothing can be read.
void infer(const InferJob& job);

}  // namespace spotter::nn
