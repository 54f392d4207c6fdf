// Pictures and objects of a manifest, in memory: uint8 at the network's input size, boxes in its
// pixels. A picture keeps its shape: it lies in the top left corner and the rest stays empty.
#pragma once
#include <cstdint>
#include <filesystem>
#include <span>
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
  std::size_t line = 0;  // of the manifest, from 1
  std::string key;
  std::filesystem::path path;
  double weight = 1;
  int width = 0;  // of the picture, pixels
  int height = 0;
  int shown_width = 0;  // what it covers of the input, pixels
  int shown_height = 0;
  bool has_objects = false;
  std::vector<Object> objects;

  // Input pixels for one pixel of the picture.
  [[nodiscard]] double scale_x() const { return static_cast<double>(shown_width) / width; }
  [[nodiscard]] double scale_y() const { return static_cast<double>(shown_height) / height; }
};

struct Data {
  int width = 0;  // input pixels
  int height = 0;
  std::vector<Item> items;
  std::vector<std::uint8_t> pixels;  // items × height × width × 3

  [[nodiscard]] std::size_t item_bytes() const {
    return std::size_t{3} * static_cast<std::size_t>(width) * static_cast<std::size_t>(height);
  }
  [[nodiscard]] const std::uint8_t* picture(std::size_t item) const {
    return pixels.data() + item * item_bytes();
  }
};

struct LoadOptions {
  int width = 0;  // input pixels
  int height = 0;
};

// The manifest's lines; boxes in the picture's pixels. Broken lines and objects, and objects of
// classes that are not in `classes`, go to `rejects`. Throws kNotFound for a manifest that is not
// there and, unless that is allowed, kInvalid for one that names no picture.
enum class Empty { kRefused, kAllowed };
[[nodiscard]] std::vector<Item> read_manifest(const std::filesystem::path& path,
                                              const std::vector<std::string>& classes,
                                              Rejects& rejects, Empty empty = Empty::kRefused);

// Decodes the pictures and resizes them once into the input, on SPOTTER_THREADS threads, and scales
// their boxes. Pictures that cannot be read go to `rejects` (`where` is their key) and are left
// out. Memory: 3 bytes an input pixel.
[[nodiscard]] Data load(std::span<const Item> items, const LoadOptions& options, Rejects& rejects);

}  // namespace spotter::nn
