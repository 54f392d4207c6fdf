#include <fmt/format.h>

#include "base/error.h"
#include "formats/format.h"
#include "formats/image_folder.h"

namespace spotter::formats {
namespace {

namespace fs = std::filesystem;

bool sniff(const fs::path& path) {
  return fs::is_directory(path) && !ImageFolder(path).pictures().empty();
}

ReadReport read(const fs::path& path, const ReadOptions& /*options*/,
                const std::function<void(Record)>& take) {
  ReadReport report;
  ImageFolder folder(path);
  for (const auto& name : folder.pictures()) {
    Record record{.file = name};
    auto found = folder.find(name);
    if (found.file.empty()) {
      report.rejects.add(name, "", std::move(found.reason));
      continue;
    }
    record.image = std::move(found.file);
    record.sample.file_name = name;
    ++report.records;
    take(std::move(record));
  }
  if (report.records == 0) {
    fail(ErrorCode::kInvalid, fmt::format("no pictures below this folder: {}", path.string()));
  }
  return report;
}

}  // namespace

extern constinit const Format format_images = {
    .name = "images",
    .summary = "A folder of pictures without labels",
    .layout = "a folder; every .jpg, .png and .webp below it is a sample",
    .sniff = sniff,
    .read = read,
    .write = nullptr,
};

}  // namespace spotter::formats
