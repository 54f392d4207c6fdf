// NumPy's .npy files: arrays of numbers in C order, little endian, header versions 1 to 3. Reading
// maps the file, so that nothing is copied that needs no conversion; writing streams row by row.
#pragma once
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <span>
#include <string_view>
#include <vector>

#include "base/descriptor.h"

namespace spotter {

enum class NpyType {
  kUint8,  // booleans too
  kInt8,
  kUint16,
  kInt16,
  kUint32,
  kInt32,
  kUint64,
  kInt64,
  kFloat16,
  kFloat32,
  kFloat64,
};
[[nodiscard]] std::string_view name(NpyType type);  // as NumPy calls it: "uint8" …

// One array in a file, read only. A file that somebody cuts off while it is mapped ends the
// program (SIGBUS), as with every mapping; `read` gives an error instead.
class Npy {
 public:
  // Throws kNotFound, or kInvalid for what is no such array: cut off, other byte order, Fortran
  // order, texts and records.
  explicit Npy(const std::filesystem::path& path);
  ~Npy();
  Npy(const Npy&) = delete;
  Npy& operator=(const Npy&) = delete;

  [[nodiscard]] NpyType type() const { return type_; }
  [[nodiscard]] std::span<const std::size_t> shape() const { return shape_; }
  [[nodiscard]] std::size_t rows() const { return shape_.empty() ? 1 : shape_[0]; }
  [[nodiscard]] std::size_t columns() const;  // values a row: the product of the other sides
  [[nodiscard]] std::size_t count() const { return count_; }  // of all values
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

  // All values as T (float, double or std::int64_t): the mapped file itself where it holds T, else
  // converted into `room`, which must live as long as the result is used. Throws kInvalid for
  // floats as integers and for integers above 2^63 - 1.
  template <typename T>
  [[nodiscard]] std::span<const T> values(std::vector<T>& room) const;

  // Values first … first + out.size() - 1 as T, read and not mapped: memory stays with the caller.
  // Throws like `values`, and kCorrupt when the file was cut off since.
  template <typename T>
  void read(std::size_t first, std::span<T> out) const;

 private:
  void read_header();

  std::filesystem::path path_;
  Descriptor file_;
  NpyType type_ = NpyType::kFloat32;
  std::vector<std::size_t> shape_;
  std::size_t count_ = 0;
  std::size_t data_at_ = 0;  // bytes before the values
  std::size_t bytes_ = 0;    // of the whole file
  const std::byte* map_ = nullptr;
};

// Writes a matrix (columns > 0) or a list (columns = 0) of T: float, double, std::uint32_t,
// std::int32_t or std::int64_t. The file appears whole at `close`, not before.
template <typename T>
class NpyWriter {
 public:
  // Values go to a file beside `path` until `close`. Throws kNotFound when there is no such folder,
  // kInvalid when `path` is one, kUnavailable when it cannot be written.
  NpyWriter(std::filesystem::path path, std::size_t columns);
  // Adds whole rows and returns the number of the first.
  std::int64_t add(std::span<const T> rows);
  // Completes the header and renames the file to `path`.
  void close();

 private:
  void write_header();
  void check();

  std::filesystem::path path_;
  std::filesystem::path partial_;
  std::ofstream stream_;
  std::size_t columns_;
  std::size_t rows_ = 0;
};

// The whole of it at once.
template <typename T>
void write_npy(const std::filesystem::path& path, std::size_t columns, std::span<const T> values) {
  NpyWriter<T> writer(path, columns);
  writer.add(values);
  writer.close();
}

}  // namespace spotter
