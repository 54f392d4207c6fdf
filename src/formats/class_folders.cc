#include <set>

#include <fmt/format.h>

#include "base/error.h"
#include "base/json.h"
#include "formats/format.h"
#include "formats/image_folder.h"
#include "formats/rows.h"

namespace spotter::formats {
namespace {

namespace fs = std::filesystem;

// What the folders of a picture say: "train/cat/1.jpg" is a cat to train on.
struct Place {
  std::string split;
  std::string class_name;  // empty = the picture lies in no folder
};

Place place_of(std::string_view name) {
  static const std::set<std::string_view> kSplits = {"train", "val", "test"};
  Place place;
  auto slash = name.find('/');
  if (slash != std::string_view::npos && kSplits.contains(name.substr(0, slash)) &&
      name.find('/', slash + 1) != std::string_view::npos) {
    place.split = name.substr(0, slash);
    name.remove_prefix(slash + 1);
    slash = name.find('/');
  }
  if (slash != std::string_view::npos) {
    place.class_name = name.substr(0, slash);
  }
  return place;
}

bool sniff(const fs::path& path) {
  if (!fs::is_directory(path)) {
    return false;
  }
  std::set<std::string> classes;
  ImageFolder folder(path);
  for (const auto& name : folder.pictures()) {
    const auto place = place_of(name);
    if (place.class_name.empty()) {
      return false;
    }
    classes.insert(place.class_name);
  }
  return classes.size() > 1;
}

ReadReport read(const fs::path& path, const ReadOptions& options,
                const std::function<void(Record)>& take) {
  ReadReport report;
  ClassNames classes(options, report);
  ImageFolder folder(path);
  for (const auto& name : folder.pictures()) {
    Record record{.file = name};
    auto found = folder.find(name);
    const auto place = place_of(name);
    const auto problem = found.file.empty()         ? found.reason
                         : place.class_name.empty() ? "it lies in no folder that names its class"
                                                    : classes.problem(place.class_name);
    if (!problem.empty()) {
      report.rejects.add(name, "", problem);
      continue;
    }
    record.image = std::move(found.file);
    record.sample.file_name = name;
    if (!place.split.empty()) {
      record.sample.attributes = Json({{"split", place.split}}).dump();
    }
    record.labels = {whole_label(place.class_name)};
    ++report.records;
    ++report.objects;
    take(std::move(record));
  }
  if (report.records == 0) {
    fail(ErrorCode::kInvalid,
         fmt::format("no picture lies in a folder named by a class{}: {}",
                     report.rejects.count() == 0
                         ? ""
                         : fmt::format(" (\"{}\": {})", report.rejects.rows().front().file,
                                       report.rejects.rows().front().reason),
                     path.string()));
  }
  return report;
}

}  // namespace

extern constinit const Format format_class_folders;
constinit const Format format_class_folders = {
    .name = "class_folders",
    .summary = "A folder of pictures for each class",
    .layout = "a folder with CLASS/…/picture.jpg, or train/CLASS/…, val/CLASS/…, test/CLASS/…",
    .sniff = sniff,
    .read = read,
    .write = nullptr,
};

}  // namespace spotter::formats
