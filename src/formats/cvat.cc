#include "formats/cvat.h"

#include <fstream>

namespace spotter::formats {
namespace {

namespace fs = std::filesystem;

bool sniff(const fs::path& path) {
  const auto file = fs::is_directory(path) ? path / "annotations.xml" : path;
  if (file.extension() != ".xml") {
    return false;
  }
  std::string head(4096, '\0');
  std::ifstream in(file, std::ios::binary);
  in.read(head.data(), static_cast<std::streamsize>(head.size()));
  return head.find("<annotations>") != std::string::npos;
}

}  // namespace

extern constinit const Format format_cvat = {
    .name = "cvat",
    .summary = "CVAT XML 1.1: images, and tracks of videos frame by frame",
    .layout =
        "an XML file, or a folder with annotations.xml; pictures in --images, else images/ beside "
        "the "
        "file, else its folder",
    .sniff = sniff,
    .read = read_cvat,
    .write = write_cvat,
};

}  // namespace spotter::formats
