// Manifests of the trainer contract, streamed from the lake: pictures are passed by path of their
// blob.
#pragma once
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "project/project.h"

namespace spotter::trainer {

enum class Objects { kNone, kGiven };  // whether the labels are sent along

struct ManifestOptions {
  std::string version;  // labels of this dataset version; empty = the current ones
  Objects objects = Objects::kGiven;
  // Samples with a weight other than 1 in training.
  std::unordered_map<std::string, double> weights = {};
};

// Writes one line a sample, in the order of `keys`, and returns how many. Memory is bounded:
// samples are read in slices of a few thousand. Throws kNotFound when a key or a picture is not in
// the project.
std::size_t write_manifest(Project& project, std::span<const std::string> keys,
                           const ManifestOptions& options, const std::filesystem::path& path);

// The keys of one split of a version, sorted.
[[nodiscard]] std::vector<std::string> split_keys(Project& project, std::string_view version,
                                                  std::string_view split);
// At most `count_max` of them, spread evenly (0 = all).
[[nodiscard]] std::vector<std::string> pinch(std::vector<std::string> keys, std::size_t count_max);

}  // namespace spotter::trainer
