// What `infer` wrote, line by line, checked against the contract before any of it reaches the lake.
#pragma once
#include <filesystem>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "store/lake/lake.h"

namespace spotter::trainer {

struct OutputOptions {
  std::vector<std::string> classes;  // the model's; a prediction of another class is refused
  bool boxes = true;                 // whether each prediction has a box
  std::string segment;               // blob hashes of the embeddings, empty = none
  std::string object_segment;
  std::int64_t segment_rows = 0;
  std::int64_t object_segment_rows = 0;
};

// Calls `take` with slices of outputs, in the order of `keys`. Throws kInvalid with the line when
// the file is not what the contract says; nothing after that line has been taken.
void read_outputs(const std::filesystem::path& path, std::span<const std::string> keys,
                  const OutputOptions& options,
                  const std::function<void(std::vector<lake::ModelOutput>)>& take);

}  // namespace spotter::trainer
