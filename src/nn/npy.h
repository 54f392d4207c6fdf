// Writes float32 matrices as NumPy's .npy (format 1.0), row by row, without holding them in memory.
#pragma once
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <span>

namespace spotter::nn {

class NpyWriter {
 public:
  // Rows go to a file beside `path` until `close`. Throws kUnavailable when it cannot be written.
  NpyWriter(std::filesystem::path path, std::size_t columns);
  // Adds one row of `columns` values and returns its number.
  std::int64_t add(std::span<const float> row);
  // Completes the header and renames the file to `path`.
  void close();

 private:
  void write_header();
  void check();

  std::filesystem::path path_;
  std::filesystem::path partial_;
  std::ofstream stream_;
  std::size_t columns_;
  std::int64_t rows_ = 0;
};

}  // namespace spotter::nn
