// Weights on disk in the safetensors layout: the length of a JSON header, the header, raw float32
// values. Nothing in such a file can be executed, so that weights from elsewhere are safe to read.
#pragma once
#include <filesystem>
#include <map>
#include <string>

#include <torch/torch.h>

namespace spotter::nn {

using Weights = std::map<std::string, torch::Tensor>;

// Writes by temporary file and rename; the same weights give the same bytes.
void write_weights(const Weights& weights, const std::filesystem::path& path);

// Throws kInvalid for a file that is no float32 safetensors file, is cut short, or holds values
// that are not finite.
[[nodiscard]] Weights read_weights(const std::filesystem::path& path);

// Parameters and running statistics of a module, by name; and back. `put_weights` throws kInvalid
// when a name is missing, unknown or of another shape; `origin` is named in the message.
[[nodiscard]] Weights weights_of(const torch::nn::Module& module);
void put_weights(torch::nn::Module& module, const Weights& weights, const std::string& origin);

}  // namespace spotter::nn
