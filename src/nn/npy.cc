#include "nn/npy.h"

#include <fmt/format.h>

#include "base/error.h"
#include "base/files.h"

namespace spotter::nn {

std::int64_t NpyWriter::add(std::span<const float> row) {
  require(row.size() == columns_, "a row has as many values as the matrix has columns");
  values_.insert(values_.end(), row.begin(), row.end());
  return static_cast<std::int64_t>(rows()) - 1;
}

void NpyWriter::save(const std::filesystem::path& path) const {
  constexpr std::size_t kPreamble = 10;  // magic, version, length of the header
  constexpr std::size_t kAlignment = 64;
  std::string header =
      fmt::format("{{'descr': '<f4', 'fortran_order': False, 'shape': ({}, {}), }}", rows(), columns_);
  header.append(kAlignment - (kPreamble + header.size() + 1) % kAlignment, ' ');
  header += '\n';
  std::string bytes = "\x93NUMPY";
  bytes += '\x01';
  bytes += '\0';
  bytes += static_cast<char>(header.size() & 0xff);
  bytes += static_cast<char>(header.size() >> 8);
  bytes += header;
  const auto* data = reinterpret_cast<const char*>(values_.data());
  bytes.append(data, values_.size() * sizeof(float));
  write_file_atomic(path, bytes);
}

}  // namespace spotter::nn
