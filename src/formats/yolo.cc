#include "formats/yolo.h"

namespace spotter::formats {
namespace {

namespace fs = std::filesystem;

bool sniff(const fs::path& path) {
  if (!fs::is_directory(path)) {
    return path.extension() == ".yaml" || path.extension() == ".yml";
  }
  return fs::exists(path / "data.yaml") || fs::exists(path / "obj.data") ||
         fs::exists(path / "obj.names") || fs::exists(path / "classes.txt") ||
         fs::is_directory(path / "labels");
}

}  // namespace

extern constinit const Format format_yolo = {
    .name = "yolo",
    .summary =
        "YOLO text rows (Ultralytics and darknet): boxes, polygons as boxes, scores as a sixth "
        "column",
    .layout =
        "data.yaml or its folder (images/…, labels/…), a darknet folder with obj.data, or a folder "
        "of "
        "pictures with .txt files beside them; class names from the file, classes.txt or --classes",
    .sniff = sniff,
    .read = read_yolo,
    .write = write_yolo,
};

}  // namespace spotter::formats
