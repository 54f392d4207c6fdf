// YOLO: one text file of rows a picture, normalised by the upright size. What yolo.cc,
// yolo_layout.cc, yolo_read.cc and yolo_write.cc share; private to this folder.
#pragma once
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "formats/format.h"

namespace spotter::formats {

// A part of the data set: a folder of pictures or a list of them. Paths in the files are hints
// only: they are stripped from the left until they exist below the root.
struct YoloSubset {
  std::string split;               // train, val, test
  std::string folder;              // below the root, empty if a list
  std::filesystem::path list;      // a text file with one picture a line, empty if a folder
  std::vector<std::string> lines;  // of the list
};

struct YoloLayout {
  std::filesystem::path root;
  std::vector<std::string> names;   // by class number; gaps are empty
  std::vector<YoloSubset> subsets;  // empty = every picture
  bool keypoints = false;           // rows are a box and keypoints
  std::vector<std::string> notes;
  std::map<std::string, std::filesystem::path>
      label_files;  // by path below the root, without extension
};

// Finds out what `path` (data.yaml, or a folder) is. Throws kInvalid when it is none of the
// layouts.
[[nodiscard]] YoloLayout yolo_layout(const std::filesystem::path& path);

// The label file's path for a picture below the root, without extension: the last images/ becomes
// labels/.
[[nodiscard]] std::string yolo_label_stem(std::string_view picture);

[[nodiscard]] ReadReport read_yolo(const std::filesystem::path& path, const ReadOptions& options,
                                   const std::function<void(Record)>& take);
[[nodiscard]] WriteReport write_yolo(const std::filesystem::path& path,
                                     std::span<const WriteItem> items,
                                     std::span<const std::string> classes);

}  // namespace spotter::formats
