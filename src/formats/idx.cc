// Pictures with a class each as two arrays of bytes, as MNIST and its kin are given (the idx format
// of LeCun's page: two zero bytes, the type, the number of dimensions, each as a big-endian
// 32-bit number, then the values).
#include <algorithm>
#include <array>
#include <cstdint>

#include <fmt/format.h>
#include <zlib.h>

#include "base/error.h"
#include "base/files.h"
#include "base/json.h"
#include "formats/format.h"
#include "formats/rows.h"
#include "media/image.h"

namespace spotter::formats {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kBytesMax = std::size_t{1} << 30;
constexpr std::uint8_t kUnsignedBytes = 0x08;
constexpr std::size_t kHeadBytes = 4;
constexpr std::string_view kPictures = "images-idx3-ubyte";
constexpr std::string_view kLabels = "labels-idx1-ubyte";

struct Array {
  std::vector<std::size_t> sizes;
  std::string bytes;  // the values, the last dimension fastest
};

// Reads with or without gzip; `limit` bytes at most, 0 = all. Throws kInvalid for a broken gzip
// stream or more than kBytesMax.
std::string unpacked(const fs::path& path, std::size_t limit = 0) {
  const gzFile file = gzopen(path.c_str(), "rb");
  if (file == nullptr) {
    fail(ErrorCode::kNotFound, fmt::format("the file cannot be read: {}", path.string()));
  }
  std::string bytes;
  std::array<char, 1 << 16> part{};
  int count = 0;
  while ((count = gzread(file, part.data(), part.size())) > 0) {
    bytes.append(part.data(), static_cast<std::size_t>(count));
    if (bytes.size() > kBytesMax || (limit > 0 && bytes.size() >= limit)) {
      break;
    }
  }
  const bool broken = count < 0 || gzclose(file) != Z_OK;
  if (count < 0) {
    (void)gzclose(file);
  }
  if (bytes.size() > kBytesMax) {
    fail(ErrorCode::kInvalid, fmt::format("the file is larger than 1 GiB: {}", path.string()));
  }
  if (broken && limit == 0) {
    fail(ErrorCode::kInvalid, fmt::format("the gzip stream is broken: {}", path.string()));
  }
  return bytes;
}

// Whether these bytes begin an array of unsigned bytes with so many dimensions.
bool is_head(std::string_view bytes, std::size_t dimensions) {
  return bytes.size() >= kHeadBytes && bytes[0] == 0 && bytes[1] == 0 &&
         static_cast<std::uint8_t>(bytes[2]) == kUnsignedBytes &&
         static_cast<std::uint8_t>(bytes[3]) == dimensions;
}

Array read_array(const fs::path& path, std::size_t dimensions) {
  Array array{.sizes = {}, .bytes = unpacked(path)};
  const std::size_t head = kHeadBytes * (1 + dimensions);
  if (!is_head(array.bytes, dimensions) || array.bytes.size() < head) {
    fail(ErrorCode::kInvalid, fmt::format("this is no idx array of bytes with {} dimensions: {}",
                                          dimensions, path.string()));
  }
  std::size_t values = 1;
  for (std::size_t d = 1; d <= dimensions; ++d) {
    std::size_t size = 0;
    for (std::size_t b = 0; b < 4; ++b) {
      size = size << 8U | static_cast<std::uint8_t>(array.bytes[kHeadBytes * d + b]);
    }
    array.sizes.push_back(size);
    values = size != 0 && values > kBytesMax / size ? kBytesMax + 1 : values * size;
  }
  if (values != array.bytes.size() - head) {
    fail(ErrorCode::kInvalid,
         fmt::format("the head says {} values and {} follow: {}", fmt::join(array.sizes, " x "),
                     array.bytes.size() - head, path.string()));
  }
  array.bytes.erase(0, head);
  return array;
}

std::string without_gz(const fs::path& path) {
  auto name = path.filename().string();
  return name.ends_with(".gz") ? name.substr(0, name.size() - 3) : name;
}

// Files of pictures at or in `path`, by name.
std::vector<fs::path> picture_files(const fs::path& path) {
  std::vector<fs::path> files;
  if (!fs::is_directory(path)) {
    files.push_back(path);
    return files;
  }
  for (const auto& entry : fs::directory_iterator(path)) {
    if (entry.is_regular_file() && without_gz(entry.path()).ends_with(kPictures)) {
      files.push_back(entry.path());
    }
  }
  std::sort(files.begin(), files.end());
  return files;
}

// The labels beside a file of pictures; empty path = there are none.
fs::path labels_beside(const fs::path& pictures) {
  auto name = without_gz(pictures);
  if (!name.ends_with(kPictures)) {
    return {};
  }
  name.replace(name.size() - kPictures.size(), kPictures.size(), kLabels);
  for (const auto& found :
       {pictures.parent_path() / name, pictures.parent_path() / (name + ".gz")}) {
    if (fs::exists(found)) {
      return found;
    }
  }
  return {};
}

// "train-" and "t10k-" before the name say what the pictures are for.
std::string split_named(const std::string& name) {
  return name.starts_with("train")                              ? "train"
         : name.starts_with("t10k") || name.starts_with("test") ? "test"
                                                                : "";
}

std::string png_of(const Array& pictures, std::size_t index) {
  const std::size_t height = pictures.sizes[1];
  const std::size_t width = pictures.sizes[2];
  media::Image image{.width = static_cast<int>(width), .height = static_cast<int>(height)};
  image.rgb.reserve(3 * width * height);
  const auto grey = std::string_view(pictures.bytes).substr(index * width * height, width * height);
  for (const char value : grey) {
    image.rgb.insert(image.rgb.end(), 3, static_cast<std::uint8_t>(value));
  }
  return media::encode_png(image);
}

// A number is the class of that name, or, where the schema names classes otherwise, of that place.
std::string class_of(std::uint8_t number, const std::vector<std::string>& schema) {
  auto name = std::to_string(number);
  const bool named = std::find(schema.begin(), schema.end(), name) != schema.end();
  return !named && number < schema.size() ? schema[number] : name;
}

void read_file_of(const fs::path& path, const ReadOptions& options, ReadReport& report,
                  ClassNames& classes, const std::function<void(Record)>& take) {
  const auto pictures = read_array(path, 3);
  const auto beside = labels_beside(path);
  const auto labels = beside.empty() ? Array{} : read_array(beside, 1);
  if (!beside.empty() && labels.bytes.size() != pictures.sizes[0]) {
    fail(ErrorCode::kInvalid, fmt::format("there are {} pictures and {} labels: {}",
                                          pictures.sizes[0], labels.bytes.size(), beside.string()));
  }
  if (pictures.sizes[1] == 0 || pictures.sizes[2] == 0 || pictures.sizes[1] > 0xFFFF ||
      pictures.sizes[2] > 0xFFFF) {
    fail(ErrorCode::kInvalid, fmt::format("the pictures are {} x {} pixels: {}", pictures.sizes[2],
                                          pictures.sizes[1], path.string()));
  }
  const auto name = without_gz(path);
  const auto stem = name.ends_with("-idx3-ubyte") ? name.substr(0, name.size() - 11) : name;
  const auto split = split_named(name);
  for (std::size_t i = 0; i < pictures.sizes[0]; ++i) {
    Record record{.file = path.string(), .where = fmt::format("picture {}", i)};
    if (!beside.empty()) {
      auto class_name = class_of(static_cast<std::uint8_t>(labels.bytes[i]), options.classes);
      if (const auto problem = classes.problem(class_name); !problem.empty()) {
        report.rejects.add(record.file, record.where, problem);
        continue;
      }
      record.labels = {whole_label(std::move(class_name))};
      ++report.objects;
    }
    record.sample.key = fmt::format("{}/{:05}", stem, i);
    record.sample.file_name = record.sample.key + ".png";
    record.sample.media_type = "image/png";
    record.media = png_of(pictures, i);
    if (!split.empty()) {
      record.sample.attributes = Json({{"split", split}}).dump();
    }
    ++report.records;
    take(std::move(record));
  }
  if (beside.empty()) {
    report.notes.push_back(
        fmt::format("no labels: beside {} lies no {}", path.filename().string(), kLabels));
  }
}

bool sniff(const fs::path& path) {
  const auto files = picture_files(path);
  return !files.empty() && (fs::is_directory(path) || is_head(unpacked(path, kHeadBytes), 3));
}

ReadReport read(const fs::path& path, const ReadOptions& options,
                const std::function<void(Record)>& take) {
  ReadReport report;
  ClassNames classes(options, report);
  const auto files = picture_files(path);
  if (files.empty()) {
    fail(ErrorCode::kInvalid,
         fmt::format("no file here is named …{}: {}", kPictures, path.string()));
  }
  for (const auto& file : files) {
    read_file_of(file, options, report, classes, take);
  }
  return report;
}

}  // namespace

extern constinit const Format format_idx;
constinit const Format format_idx = {
    .name = "idx",
    .summary = "Grey pictures with a class each as arrays of bytes, as MNIST",
    .layout =
        "a file …-images-idx3-ubyte, or a folder of them, with …-labels-idx1-ubyte beside; "
        "each may be .gz; names that begin with train, t10k or test say the split",
    .sniff = sniff,
    .read = read,
    .write = nullptr,
};

}  // namespace spotter::formats
