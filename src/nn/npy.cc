#include "nn/npy.h"

#include <fmt/format.h>

#include "base/error.h"

namespace spotter::nn {
namespace {

constexpr std::size_t kHeaderBytes = 128;  // room for any number of rows; a multiple of 64

}  // namespace

NpyWriter::NpyWriter(std::filesystem::path path, std::size_t columns)
    : path_(std::move(path)), partial_(path_.string() + ".partial"), columns_(columns) {
  stream_.open(partial_, std::ios::binary | std::ios::trunc);
  write_header();
}

std::int64_t NpyWriter::add(std::span<const float> row) {
  require(row.size() == columns_, "a row has as many values as the matrix has columns");
  stream_.write(reinterpret_cast<const char*>(row.data()),
                static_cast<std::streamsize>(row.size_bytes()));
  check();
  return rows_++;
}

void NpyWriter::close() {
  stream_.seekp(0);
  write_header();
  stream_.close();
  check();
  std::filesystem::rename(partial_, path_);
}

void NpyWriter::write_header() {
  constexpr std::size_t kPreamble = 10;  // magic, version, length of the header
  std::string text = fmt::format("{{'descr': '<f4', 'fortran_order': False, 'shape': ({}, {}), }}",
                                 rows_, columns_);
  text.resize(kHeaderBytes - kPreamble - 1, ' ');
  text += '\n';
  std::string bytes = "\x93NUMPY";
  bytes += '\x01';
  bytes += '\0';
  bytes += static_cast<char>(text.size() & 0xff);
  bytes += static_cast<char>(text.size() >> 8);
  bytes += text;
  stream_.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  check();
}

void NpyWriter::check() {
  if (!stream_) {
    fail(ErrorCode::kUnavailable,
         fmt::format("the embeddings cannot be written; is the disk full? {}", partial_.string()));
  }
}

}  // namespace spotter::nn
