#include "formats/coco.h"

#include <algorithm>
#include <fstream>

#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"

namespace spotter::formats {
namespace {

namespace fs = std::filesystem;

std::string head_of(const fs::path& file) {
  std::string head(64 * 1024, '\0');
  std::ifstream in(file, std::ios::binary);
  in.read(head.data(), static_cast<std::streamsize>(head.size()));
  head.resize(static_cast<std::size_t>(in.gcount()));
  return head;
}

bool sniff(const fs::path& path) {
  if (fs::is_directory(path)) {
    return fs::is_directory(path / "annotations");
  }
  if (path.extension() != ".json") {
    return false;
  }
  const std::string head = head_of(path);
  const auto text = trim(head);
  return text.starts_with('[') || (text.starts_with('{') && text.find("\n{") == std::string::npos &&
                                   (text.find("\"images\"") != std::string::npos ||
                                    text.find("\"annotations\"") != std::string::npos ||
                                    text.find("\"categories\"") != std::string::npos));
}

}  // namespace

std::vector<fs::path> coco_files(const fs::path& path) {
  if (!fs::is_directory(path)) {
    return {path};
  }
  std::vector<fs::path> instances;
  std::vector<fs::path> all;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(path / "annotations", error)) {
    const auto name = entry.path().filename().string();
    if (entry.is_regular_file() && entry.path().extension() == ".json") {
      all.push_back(entry.path());
      if (name.starts_with("instances")) {
        instances.push_back(entry.path());
      }
    }
  }
  auto& chosen = instances.empty() ? all : instances;
  if (chosen.empty()) {
    fail(ErrorCode::kInvalid,
         fmt::format("no annotations/*.json here; name the COCO file itself: {}", path.string()));
  }
  std::sort(chosen.begin(), chosen.end());
  return chosen;
}

extern constinit const Format format_coco = {
    .name = "coco",
    .summary = "COCO instances and results in JSON: boxes, crowds, scores",
    .layout =
        "a JSON file {images, annotations, categories}, a results list (with --reference), or a "
        "folder with annotations/instances_*.json; pictures in --images, else images/ beside "
        "annotations/, else the file's folder",
    .sniff = sniff,
    .read = read_coco,
    .write = write_coco,
};

}  // namespace spotter::formats
