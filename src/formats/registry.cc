#include <array>

#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"
#include "formats/format.h"

// To add a format, write formats/<name>.cc that defines `const Format format_<name>` and add a line
// here.
#define SPOTTER_FORMATS(X) \
  X(coco) \
  X(voc) \
  X(yolo) \
  X(jsonl) \
  X(cvat) \
  X(images) \
  X(class_folders) \
  X(csv) \
  X(idx) \
  X(ucy) \
  X(mot) \
  X(kitti) \
  /* new ones above this line */

namespace spotter::formats {

#define X(name) extern const Format format_##name;
SPOTTER_FORMATS(X)
#undef X

std::span<const Format* const> all_formats() {
#define X(name) &format_##name,
  static constexpr std::array kFormats = {SPOTTER_FORMATS(X)};
#undef X
  return kFormats;
}

const Format& format_named(std::string_view name) {
  std::vector<std::string> known;
  for (const auto* format : all_formats()) {
    if (format->name == name) {
      return *format;
    }
    known.emplace_back(format->name);
  }
  fail(ErrorCode::kNotFound, fmt::format("no format \"{}\"{} (there are {})", name,
                                         did_you_mean(name, known), fmt::join(known, ", ")));
}

ReadReport read_with(const Format& format, const std::filesystem::path& path,
                     const ReadOptions& options, const std::function<void(Record)>& take) {
  if (!std::filesystem::exists(path)) {
    fail(ErrorCode::kNotFound, fmt::format("no such file or folder: {}", path.string()));
  }
  if (!format.sniff(path)) {
    for (const auto* other : all_formats()) {
      // A folder of pictures can be part of any format, so it is no hint.
      if (other != &format && other->write != nullptr && other->sniff(path)) {
        fail(ErrorCode::kInvalid,
             fmt::format("this does not look like \"{}\" but like \"{}\" ({}): {}", format.name,
                         other->name, other->layout, path.string()));
      }
    }
  }
  return format.read(path, options, take);
}

}  // namespace spotter::formats
