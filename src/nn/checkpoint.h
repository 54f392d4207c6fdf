// The state of a training run on disk, so that a later attempt goes on where an earlier one stopped
// and ends with the same weights.
#pragma once
#include <filesystem>
#include <string>

#include <torch/torch.h>

namespace spotter::nn {

struct RunState {
  torch::nn::Module& net;
  torch::nn::Module& average;
  torch::optim::AdamW& optimizer;
  std::int64_t step = 0;  // steps done
  double seconds = 0;     // of all attempts
  double cpu_seconds = 0;
  std::string log;  // metrics.jsonl so far
};

// Writes by temporary file and rename, under a digest of the content, and keeps the checkpoint
// before it. `identity` tells runs apart.
void save_checkpoint(RunState& state, const std::string& identity,
                     const std::filesystem::path& path);

// Fills `state` and returns true if there is a checkpoint of this very run: the newest, or else the
// one before it. One of another run, or a damaged one, is reported as a warning and passed over;
// `state` may be half filled when it returns false.
[[nodiscard]] bool load_checkpoint(RunState& state, const std::string& identity,
                                   const std::filesystem::path& path);

}  // namespace spotter::nn
