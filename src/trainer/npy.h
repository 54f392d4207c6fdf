// Reads float32 matrices in NumPy's .npy format (little endian, C order), as trainers write
// embeddings. Rows are read one at a time, so that memory is bounded by what is asked for.
#pragma once
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <span>

namespace spotter::trainer {

class NpyMatrix {
 public:
  // Throws kNotFound, or kInvalid when it is not a two-dimensional float32 matrix of the stated
  // size.
  explicit NpyMatrix(const std::filesystem::path& path);
  [[nodiscard]] std::size_t rows() const { return rows_; }
  [[nodiscard]] std::size_t columns() const { return columns_; }
  // Fills `values` (columns() long) with the row; throws kInvalid outside 0..rows()-1.
  void read_row(std::size_t row, std::span<float> values);

 private:
  std::filesystem::path path_;
  std::ifstream in_;
  std::size_t rows_ = 0;
  std::size_t columns_ = 0;
  std::size_t data_at_ = 0;
};

}  // namespace spotter::trainer
