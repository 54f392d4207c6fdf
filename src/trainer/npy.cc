#include "trainer/npy.h"

#include <array>
#include <bit>
#include <cstdint>
#include <regex>
#include <string>

#include <fmt/format.h>

#include "base/error.h"

namespace spotter::trainer {
namespace {

static_assert(std::endian::native == std::endian::little, "rows are read as they lie in the file");

[[noreturn]] void refuse(const std::filesystem::path& path, std::string_view why) {
  fail(ErrorCode::kInvalid,
       fmt::format("not a float32 matrix in .npy format ({}): {}", why, path.string()));
}

// The text of the header; the stream stands at the data afterwards.
std::string read_header(std::ifstream& in, const std::filesystem::path& path) {
  std::array<unsigned char, 12> head{};
  in.read(reinterpret_cast<char*>(head.data()), 10);  // NOLINT: bytes of the file
  if (!in || std::string_view(reinterpret_cast<char*>(head.data()), 6) != "\x93NUMPY") {  // NOLINT
    refuse(path, "the magic bytes are missing");
  }
  std::size_t length = head[8] + (std::size_t{head[9]} << 8);
  if (head[6] >= 2) {
    in.read(reinterpret_cast<char*>(head.data()) + 10, 2);  // NOLINT
    length += (std::size_t{head[10]} << 16) + (std::size_t{head[11]} << 24);
  }
  if (!in || length > 65536) {
    refuse(path, "the header is cut off");
  }
  std::string header(length, '\0');
  in.read(header.data(), static_cast<std::streamsize>(length));
  return header;
}

}  // namespace

NpyMatrix::NpyMatrix(const std::filesystem::path& path) : path_(path), in_(path, std::ios::binary) {
  if (!in_) {
    fail(ErrorCode::kNotFound, fmt::format("no such file: {}", path.string()));
  }
  const std::string header = read_header(in_, path);
  std::smatch shape;
  if (header.find("'<f4'") == std::string::npos ||
      header.find("'fortran_order': False") == std::string::npos ||
      !std::regex_search(header, shape, std::regex(R"('shape': \((\d{1,15}), ?(\d{1,9})\))"))) {
    refuse(path, "it must be little-endian float32, two-dimensional, in C order");
  }
  rows_ = std::stoull(shape[1]);
  columns_ = std::stoull(shape[2]);
  data_at_ = static_cast<std::size_t>(in_.tellg());
  if (columns_ == 0 || rows_ > SIZE_MAX / 8 / columns_ ||
      std::filesystem::file_size(path) != data_at_ + rows_ * columns_ * sizeof(float)) {
    refuse(path, "its length does not fit its shape");
  }
}

void NpyMatrix::read_row(std::size_t row, std::span<float> values) {
  if (row >= rows_ || values.size() != columns_) {
    fail(ErrorCode::kInvalid,
         fmt::format("row {} of {} was asked for: {}", row, rows_, path_.string()));
  }
  in_.seekg(static_cast<std::streamoff>(data_at_ + row * columns_ * sizeof(float)));
  in_.read(reinterpret_cast<char*>(values.data()),  // NOLINT: bytes of the file
           static_cast<std::streamsize>(columns_ * sizeof(float)));
  if (!in_) {
    fail(ErrorCode::kCorrupt, fmt::format("cannot read row {}: {}", row, path_.string()));
  }
}

}  // namespace spotter::trainer
