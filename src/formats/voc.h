// Pascal VOC: one XML file a picture. What voc.cc, voc_read.cc and voc_write.cc share; private to
// this folder. By the specification the top-left pixel is (1, 1) and corners are inclusive.
#pragma once
#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "formats/format.h"

namespace spotter::formats {

// The XML files that `path` stands for, sorted: itself, a folder's Annotations/*.xml, or its own
// *.xml.
[[nodiscard]] std::vector<std::filesystem::path> voc_files(const std::filesystem::path& path);

[[nodiscard]] ReadReport read_voc(const std::filesystem::path& path, const ReadOptions& options,
                                  const std::function<void(Record)>& take);
[[nodiscard]] WriteReport write_voc(const std::filesystem::path& path,
                                    std::span<const WriteItem> items,
                                    std::span<const std::string> classes);

}  // namespace spotter::formats
