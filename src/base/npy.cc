#include "base/npy.h"

#include <array>
#include <bit>
#include <charconv>
#include <cmath>
#include <cstring>
#include <limits>
#include <string>
#include <type_traits>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/error.h"
#include "base/text.h"

namespace spotter {
namespace {

static_assert(std::endian::native == std::endian::little, "values are read as they lie in files");

constexpr std::size_t kHeaderMax = std::size_t{1} << 20;

struct TypeRow {
  NpyType type;
  std::string_view descr;  // without the byte order
  std::string_view name;
  std::size_t bytes;
};
constexpr std::array kTypes = {
    TypeRow{NpyType::kUint8, "u1", "uint8", 1},     TypeRow{NpyType::kInt8, "i1", "int8", 1},
    TypeRow{NpyType::kUint16, "u2", "uint16", 2},   TypeRow{NpyType::kInt16, "i2", "int16", 2},
    TypeRow{NpyType::kUint32, "u4", "uint32", 4},   TypeRow{NpyType::kInt32, "i4", "int32", 4},
    TypeRow{NpyType::kUint64, "u8", "uint64", 8},   TypeRow{NpyType::kInt64, "i8", "int64", 8},
    TypeRow{NpyType::kFloat16, "f2", "float16", 2}, TypeRow{NpyType::kFloat32, "f4", "float32", 4},
    TypeRow{NpyType::kFloat64, "f8", "float64", 8},
};
const TypeRow& row_of(NpyType type) {
  return kTypes.at(static_cast<std::size_t>(type));
}

[[noreturn]] void refuse(const std::filesystem::path& path, std::string_view why) {
  fail(ErrorCode::kInvalid,
       fmt::format("not an array that can be read ({}): {}", why, path.string()));
}

// What follows 'key': in the header's Python dictionary, up to the end; empty when it is not there.
std::string_view value_after(std::string_view header, std::string_view key) {
  for (const char quote : {'\'', '"'}) {
    const auto at = header.find(fmt::format("{}{}{}", quote, key, quote));
    const auto colon = at == std::string_view::npos ? at : header.find(':', at);
    if (colon != std::string_view::npos) {
      return trim(header.substr(colon + 1));
    }
  }
  return {};
}

NpyType type_of(std::string_view header, const std::filesystem::path& path) {
  const auto value = value_after(header, "descr");
  if (value.size() < 2 || (value[0] != '\'' && value[0] != '"')) {
    refuse(path, "it holds records; only plain numbers can be read");
  }
  const auto descr = value.substr(1, value.find(value[0], 1) - 1);
  const char order = descr.empty() ? ' ' : descr[0];
  const auto kind = descr.substr(descr.empty() ? 0 : 1);
  if (order == '>') {
    refuse(path, "its numbers are big-endian: save array.astype(array.dtype.newbyteorder('<'))");
  }
  for (const auto& row : kTypes) {
    if (kind == row.descr || (kind == "b1" && row.type == NpyType::kUint8)) {
      return row.type;
    }
  }
  refuse(path, fmt::format("its type is {}; uint8 to int64 and float16 to float64 can be read",
                           value.substr(0, descr.size() + 2)));
}

std::vector<std::size_t> shape_of(std::string_view header, const std::filesystem::path& path) {
  auto value = value_after(header, "shape");
  if (value.empty() || value[0] != '(' || value.find(')') == std::string_view::npos) {
    refuse(path, "the header has no shape");
  }
  value = value.substr(1, value.find(')') - 1);
  std::vector<std::size_t> shape;
  for (const auto& part : split(value, ',')) {
    auto text = trim(part);
    if (text.empty()) {
      continue;
    }
    if (text.back() == 'L') {  // as Python 2 wrote it
      text.remove_suffix(1);
    }
    std::size_t side = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), side);
    if (error != std::errc() || end != text.data() + text.size()) {
      refuse(path, "the header's shape cannot be read");
    }
    shape.push_back(side);
  }
  return shape;
}

float float_of_half(std::uint16_t half) {
  const auto sign = static_cast<std::uint32_t>(half >> 15) << 31;
  const auto exponent = static_cast<std::uint32_t>(half >> 10) & 31U;
  const auto fraction = static_cast<std::uint32_t>(half) & 1023U;
  if (exponent == 0) {
    const float value = std::ldexp(static_cast<float>(fraction), -24);
    return sign == 0 ? value : -value;
  }
  const std::uint32_t wide = exponent == 31 ? 255U : exponent + 112U;
  return std::bit_cast<float>(sign | (wide << 23) | (fraction << 13));
}

template <typename T, typename Stored>
void convert_as(const std::byte* from, std::span<T> out) {
  for (std::size_t i = 0; i < out.size(); ++i) {
    Stored value;
    std::memcpy(&value, from + i * sizeof(Stored), sizeof(Stored));
    out[i] = static_cast<T>(value);
  }
}

template <typename T>
void convert(NpyType type, const std::byte* from, std::span<T> out,
             const std::filesystem::path& path) {
  if (std::is_integral_v<T> && type >= NpyType::kFloat16) {
    refuse(path, fmt::format("it holds {} where whole numbers are needed", name(type)));
  }
  switch (type) {
    case NpyType::kUint8:
      return convert_as<T, std::uint8_t>(from, out);
    case NpyType::kInt8:
      return convert_as<T, std::int8_t>(from, out);
    case NpyType::kUint16:
      return convert_as<T, std::uint16_t>(from, out);
    case NpyType::kInt16:
      return convert_as<T, std::int16_t>(from, out);
    case NpyType::kUint32:
      return convert_as<T, std::uint32_t>(from, out);
    case NpyType::kInt32:
      return convert_as<T, std::int32_t>(from, out);
    case NpyType::kUint64:
      convert_as<T, std::uint64_t>(from, out);
      if constexpr (std::is_integral_v<T>) {
        for (const T value : out) {
          if (value < 0) {
            refuse(path, "it holds numbers above 2^63 - 1");
          }
        }
      }
      return;
    case NpyType::kInt64:
      return convert_as<T, std::int64_t>(from, out);
    case NpyType::kFloat16:
      for (std::size_t i = 0; i < out.size(); ++i) {
        std::uint16_t half = 0;
        std::memcpy(&half, from + 2 * i, sizeof(half));
        out[i] = static_cast<T>(float_of_half(half));
      }
      return;
    case NpyType::kFloat32:
      return convert_as<T, float>(from, out);
    case NpyType::kFloat64:
      return convert_as<T, double>(from, out);
  }
}

template <typename T>
constexpr NpyType type_for() {
  if constexpr (std::is_same_v<T, float>) {
    return NpyType::kFloat32;
  } else if constexpr (std::is_same_v<T, double>) {
    return NpyType::kFloat64;
  } else if constexpr (std::is_same_v<T, std::uint32_t>) {
    return NpyType::kUint32;
  } else if constexpr (std::is_same_v<T, std::int32_t>) {
    return NpyType::kInt32;
  } else {
    static_assert(std::is_same_v<T, std::int64_t>);
    return NpyType::kInt64;
  }
}

// Reads exactly `size` bytes; false when the file ends before.
bool read_exactly(int file, std::byte* to, std::size_t size, std::size_t at) {
  while (size > 0) {
    const ssize_t got = ::pread(file, to, size, static_cast<off_t>(at));
    if (got <= 0) {
      return false;
    }
    to += got;
    at += static_cast<std::size_t>(got);
    size -= static_cast<std::size_t>(got);
  }
  return true;
}

std::string header_of(int file, const std::filesystem::path& path, std::size_t& data_at) {
  std::array<std::byte, 12> head{};
  const auto byte = [&](std::size_t i) { return std::to_integer<std::size_t>(head.at(i)); };
  if (!read_exactly(file, head.data(), 10, 0) || std::memcmp(head.data(), "\x93NUMPY", 6) != 0) {
    refuse(path, "it does not start with the magic bytes of .npy");
  }
  std::size_t length = byte(8) + (byte(9) << 8);
  data_at = 10 + length;
  if (byte(6) < 1 || byte(6) > 3) {
    refuse(path, fmt::format("version {} of .npy is not known", byte(6)));
  }
  if (byte(6) >= 2) {
    if (!read_exactly(file, head.data() + 10, 2, 10)) {
      refuse(path, "the header is cut off");
    }
    length += (byte(10) << 16) + (byte(11) << 24);
    data_at = 12 + length;
  }
  std::string header(std::min(length, kHeaderMax + 1), '\0');
  if (length > kHeaderMax || !read_exactly(file, std::as_writable_bytes(std::span(header)).data(),
                                           length, data_at - length)) {
    refuse(path, "the header is cut off");
  }
  return header;
}

}  // namespace

std::string_view name(NpyType type) {
  return row_of(type).name;
}

Npy::Npy(const std::filesystem::path& path)
    : path_(path), file_(::open(path.c_str(), O_RDONLY | O_CLOEXEC)) {
  std::error_code error;
  if (file_.get() < 0 || !std::filesystem::is_regular_file(path, error)) {
    const bool absent = !std::filesystem::exists(path, error);
    fail(absent ? ErrorCode::kNotFound : ErrorCode::kInvalid,
         fmt::format("{}: {}", absent ? "no such file" : "this is not a file that can be read",
                     path.string()));
  }
  bytes_ = static_cast<std::size_t>(std::filesystem::file_size(path));
  read_header();
  if (count_ > 0) {
    void* map = ::mmap(nullptr, bytes_, PROT_READ, MAP_PRIVATE, file_.get(), 0);
    if (map == MAP_FAILED) {
      fail(ErrorCode::kUnavailable, fmt::format("cannot be mapped: {}", path.string()));
    }
    map_ = static_cast<const std::byte*>(map);
  }
}

Npy::~Npy() {
  if (map_ != nullptr) {
    ::munmap(const_cast<std::byte*>(map_), bytes_);  // NOLINT: that is how munmap takes it
  }
}

void Npy::read_header() {
  const std::string header = header_of(file_.get(), path_, data_at_);
  type_ = type_of(header, path_);
  shape_ = shape_of(header, path_);
  if (shape_.size() > 1 && value_after(header, "fortran_order").starts_with("True")) {
    refuse(path_, "it is in Fortran order: save numpy.ascontiguousarray(array)");
  }
  count_ = 1;
  for (const std::size_t side : shape_) {
    if (side != 0 && count_ > std::numeric_limits<std::size_t>::max() / 16 / side) {
      refuse(path_, "its shape is larger than any file");
    }
    count_ *= side;
  }
  const std::size_t wanted = data_at_ + count_ * row_of(type_).bytes;
  if (wanted != bytes_) {
    refuse(path_,
           fmt::format("its shape needs {} bytes and the file has {}; it was cut off or is not one "
                       "array",
                       wanted, bytes_));
  }
}

std::size_t Npy::columns() const {
  std::size_t product = 1;
  for (std::size_t i = 1; i < shape_.size(); ++i) {
    product *= shape_[i];
  }
  return product;
}

template <typename T>
std::span<const T> Npy::values(std::vector<T>& room) const {
  if (count_ == 0) {
    return {};
  }
  const std::byte* data = map_ + data_at_;
  if (type_ == type_for<T>() && data_at_ % alignof(T) == 0) {
    return {reinterpret_cast<const T*>(data), count_};  // NOLINT: the file holds T, aligned
  }
  room.resize(count_);
  convert(type_, data, std::span(room), path_);
  return room;
}

template <typename T>
void Npy::read(std::size_t first, std::span<T> out) const {
  require(first + out.size() <= count_, "Npy::read stays inside the array");
  const std::size_t size = row_of(type_).bytes;
  const auto take = [&](std::byte* to, std::size_t at, std::size_t count) {
    if (!read_exactly(file_.get(), to, count * size, data_at_ + at * size)) {
      fail(ErrorCode::kCorrupt,
           fmt::format("the file was cut off while it was read: {}", path_.string()));
    }
  };
  if (type_ == type_for<T>()) {
    take(std::as_writable_bytes(out).data(), first, out.size());
    return;
  }
  constexpr std::size_t kPart = 65536;
  std::vector<std::byte> raw(std::min(kPart, out.size()) * size);
  for (std::size_t at = 0; at < out.size(); at += kPart) {
    const auto part = out.subspan(at, std::min(kPart, out.size() - at));
    take(raw.data(), first + at, part.size());
    convert(type_, raw.data(), part, path_);
  }
}

template <typename T>
NpyWriter<T>::NpyWriter(std::filesystem::path path, std::size_t columns)
    : path_(std::move(path)), partial_(path_.string() + ".partial"), columns_(columns) {
  const auto folder = path_.has_parent_path() ? path_.parent_path() : std::filesystem::path(".");
  if (!std::filesystem::is_directory(folder)) {
    fail(ErrorCode::kNotFound, fmt::format("there is no such folder to write the array to, make "
                                           "it first: {}",
                                           folder.string()));
  }
  if (std::filesystem::is_directory(path_)) {
    fail(ErrorCode::kInvalid,
         fmt::format("this is a folder; name the file to write: {}", path_.string()));
  }
  stream_.open(partial_, std::ios::binary | std::ios::trunc);
  write_header();
}

template <typename T>
std::int64_t NpyWriter<T>::add(std::span<const T> rows) {
  const std::size_t length = std::max<std::size_t>(columns_, 1);
  require(rows.size() % length == 0, "a row has as many values as the matrix has columns");
  const auto bytes = std::as_bytes(rows);
  stream_.write(reinterpret_cast<const char*>(bytes.data()),  // NOLINT: bytes of the file
                static_cast<std::streamsize>(bytes.size()));
  check();
  return static_cast<std::int64_t>(std::exchange(rows_, rows_ + rows.size() / length));
}

template <typename T>
void NpyWriter<T>::close() {
  stream_.seekp(0);
  write_header();
  stream_.close();
  check();
  std::error_code problem;
  std::filesystem::rename(partial_, path_, problem);
  if (problem) {
    std::filesystem::remove(partial_);
    fail(ErrorCode::kUnavailable,
         fmt::format("the array cannot be moved in ({}): {}", problem.message(), path_.string()));
  }
}

template <typename T>
void NpyWriter<T>::write_header() {
  constexpr std::size_t kHeaderBytes = 128;  // room for any number of rows; a multiple of 64
  constexpr std::size_t kPreamble = 10;      // magic, version, length of the header
  const std::string shape =
      columns_ == 0 ? fmt::format("({},)", rows_) : fmt::format("({}, {})", rows_, columns_);
  std::string text = fmt::format("{{'descr': '<{}', 'fortran_order': False, 'shape': {}, }}",
                                 row_of(type_for<T>()).descr, shape);
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

template <typename T>
void NpyWriter<T>::check() {
  if (!stream_) {
    fail(ErrorCode::kUnavailable,
         fmt::format("the array cannot be written; is the disk full or the folder read-only? {}",
                     partial_.string()));
  }
}

template std::span<const float> Npy::values(std::vector<float>&) const;
template std::span<const double> Npy::values(std::vector<double>&) const;
template std::span<const std::int64_t> Npy::values(std::vector<std::int64_t>&) const;
template void Npy::read(std::size_t, std::span<float>) const;
template void Npy::read(std::size_t, std::span<double>) const;
template void Npy::read(std::size_t, std::span<std::int64_t>) const;
template class NpyWriter<float>;
template class NpyWriter<double>;
template class NpyWriter<std::uint32_t>;
template class NpyWriter<std::int32_t>;
template class NpyWriter<std::int64_t>;

}  // namespace spotter
