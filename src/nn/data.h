// Pictures and objects of a manifest, in memory: uint8 at the network's input size, boxes in its pixels.
#pragma once
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "base/rejects.h"
#include "domain/geometry.h"

namespace spotter::nn {

struct Object {
  int class_index = 0;
  Box box;              // input pixels
  bool ignore = false;  // a region where neither a hit nor a miss counts
};

struct Item {
  std::string key;
  std::filesystem::path path;
  double weight = 1;
  int width = 0;         // of the picture, pixels
  int height = 0;
  bool has_objects = false;
  std::vector<Object> objects;
};

struct Data {
  int width = 0;   // input pixels
  int height = 0;
  std::vector<Item> items;
  std::vector<std::uint8_t> pixels;  // items × 3 × height × width

  [[nodiscard]] std::size_t item_bytes() const {
    return std::size_t{3} * static_cast<std::size_t>(width) * static_cast<std::size_t>(height);
  }
  [[nodiscard]] const std::uint8_t* picture(std::size_t item) const { return pixels.data() + item * item_bytes(); }
};

// The manifest's lines; boxes in the picture's pixels. Objects of classes that are not in `classes`, and
// broken lines, go to `rejects`. Throws kInvalid for an empty manifest.
[[nodiscard]] std::vector<Item> read_manifest(const std::filesystem::path& path,
                                              const std::vector<std::string>& classes, Rejects& rejects);

// Decodes and resizes items[begin, end) to width × height, in parallel, and scales their boxes. Pictures
// that cannot be read go to `rejects` and are left out.
[[nodiscard]] Data load(const std::vector<Item>& items, std::size_t begin, std::size_t end, int width, int height,
                        Rejects& rejects);

}  // namespace spotter::nn
