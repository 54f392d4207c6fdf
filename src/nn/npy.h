// Writes float32 matrices as NumPy's .npy (format 1.0), row by row.
#pragma once
#include <cstdint>
#include <filesystem>
#include <span>
#include <vector>

namespace spotter::nn {

class NpyWriter {
 public:
  explicit NpyWriter(std::size_t columns) : columns_(columns) {}
  // Adds one row of `columns` values and returns its number.
  std::int64_t add(std::span<const float> row);
  [[nodiscard]] std::size_t rows() const { return columns_ == 0 ? 0 : values_.size() / columns_; }
  // Writes by temporary file and rename.
  void save(const std::filesystem::path& path) const;

 private:
  std::size_t columns_;
  std::vector<float> values_;
};

}  // namespace spotter::nn
