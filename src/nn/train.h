// Training: from a manifest to a model folder.
#pragma once
#include <filesystem>

#include "nn/params.h"

namespace spotter::nn {

struct TrainJob {
  std::filesystem::path data;  // manifest
  std::filesystem::path val;   // manifest or empty
  std::filesystem::path init;  // model folder or empty
  std::filesystem::path out;
  Settings settings;
};

enum class TrainEnd { kDone, kCheckpoint };

// Trains and writes the model folder, done.json last. With the same seed on one thread the weights
// are the same to the bit, also when it was stopped at checkpoints in between. Throws kInvalid for
// wrong data, kInternal when the loss stops being a number.
TrainEnd train(const TrainJob& job);

}  // namespace spotter::nn
