#include "formats/voc.h"

#include <algorithm>
#include <fstream>

namespace spotter::formats {
namespace {

namespace fs = std::filesystem;

bool starts_as_voc(const fs::path& file) {
  std::string head(4096, '\0');
  std::ifstream in(file, std::ios::binary);
  in.read(head.data(), static_cast<std::streamsize>(head.size()));
  return head.find("<annotation>") != std::string::npos ||
         head.find("<annotation ") != std::string::npos;
}

bool sniff(const fs::path& path) {
  if (fs::is_directory(path)) {
    const auto files = voc_files(path);
    return !files.empty() && starts_as_voc(files.front());
  }
  return path.extension() == ".xml" && starts_as_voc(path);
}

}  // namespace

std::vector<fs::path> voc_files(const fs::path& path) {
  if (!fs::is_directory(path)) {
    return {path};
  }
  std::vector<fs::path> files;
  std::error_code error;
  const auto folder = fs::is_directory(path / "Annotations") ? path / "Annotations" : path;
  for (fs::recursive_directory_iterator entry(folder, error), end; !error && entry != end;
       entry.increment(error)) {
    if (entry->path().extension() == ".xml") {
      files.push_back(entry->path());
    }
  }
  std::sort(files.begin(), files.end());
  return files;
}

extern constinit const Format format_voc = {
    .name = "voc",
    .summary = "Pascal VOC: boxes in one XML file a picture, `difficult` is read as ignore",
    .layout =
        "a folder with Annotations/*.xml (pictures in JPEGImages/, splits in ImageSets/Main/), a "
        "folder of XML files beside their pictures, or one XML file",
    .sniff = sniff,
    .read = read_voc,
    .write = write_voc,
};

}  // namespace spotter::formats
