// COCO: instances files and results lists. What coco.cc, coco_read.cc and coco_write.cc share;
// private to this folder. Facts and traps: the format's reference page.
#pragma once
#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "formats/format.h"

namespace spotter::formats {

// The annotation files that `path` stands for: itself, or in a folder annotations/instances_*.json
// (if none, every annotations/*.json), sorted. Throws kInvalid when there are none.
[[nodiscard]] std::vector<std::filesystem::path> coco_files(const std::filesystem::path& path);

[[nodiscard]] ReadReport read_coco(const std::filesystem::path& path, const ReadOptions& options,
                                   const std::function<void(Record)>& take);
[[nodiscard]] WriteReport write_coco(const std::filesystem::path& path,
                                     std::span<const WriteItem> items,
                                     std::span<const std::string> classes);

}  // namespace spotter::formats
