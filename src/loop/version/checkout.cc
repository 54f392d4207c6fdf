#include <map>

#include <fmt/format.h>

#include "base/error.h"
#include "base/files.h"
#include "formats/format.h"
#include "loop/version/version.h"

namespace spotter::version {
namespace {

struct Place {
  std::filesystem::path data;      // what the format writes
  std::filesystem::path pictures;  // where the format looks for pictures
};

// Each format's own custom, so that what is written can be imported as it lies.
Place place_of(const std::filesystem::path& folder, std::string_view format) {
  if (format == "voc") {
    return {folder, folder / "JPEGImages"};
  }
  if (format == "yolo") {
    return {folder, folder / "images" / "train"};
  }
  if (format == "coco") {
    return {folder / "annotations" / "instances.json", folder / "images"};
  }
  return {folder / (format == "cvat" ? "annotations.xml" : "samples.jsonl"),
          format == "cvat" ? folder / "images" : folder};
}

std::string extension_of(const Sample& sample) {
  return sample.media_type == "image/png"    ? ".png"
         : sample.media_type == "image/webp" ? ".webp"
                                             : ".jpg";
}

// Names below the picture folder: the file's own where it is safe, else the key.
std::string name_of(const Sample& sample) {
  const auto own = safe_relative_path(sample.file_name);
  if (own) {
    return *own;
  }
  const auto key = safe_relative_path(sample.key);
  return key ? *key + extension_of(sample) : sample.media + extension_of(sample);
}

void copy_picture(Project& project, const Sample& sample, const std::filesystem::path& to) {
  make_folders(to.parent_path());
  std::error_code error;
  std::filesystem::copy_file(project.blobs->local_path(sample.media), to, error);
  if (error) {
    fail(ErrorCode::kUnavailable, fmt::format("a picture could not be written, because {}: {}",
                                              error.message(), to.string()));
  }
}

void require_empty(const std::filesystem::path& folder) {
  if (std::filesystem::exists(folder) &&
      (!std::filesystem::is_directory(folder) || !std::filesystem::is_empty(folder))) {
    fail(ErrorCode::kConflict,
         fmt::format("the folder is not empty; name another one: {}", folder.string()));
  }
}

}  // namespace

Json checkout(Project& project, std::string_view name, const std::filesystem::path& folder,
              std::string_view format) {
  const auto& writer = formats::format_named(format);
  if (writer.write == nullptr) {
    fail(ErrorCode::kInvalid, fmt::format("format \"{}\" can only be read", format));
  }
  const auto version = find(project, name);
  require_empty(folder);
  std::map<std::string, std::vector<std::string>> keys_of;
  for (const auto& item : project.lake->version_items(version.id)) {
    keys_of[item.split].push_back(item.sample);
  }
  Json report = {{"version", version.id},
                 {"samples", 0},
                 {"labels", 0},
                 {"dropped", 0},
                 {"splits", Json::object()},
                 {"notes", Json::array()},
                 {"rejects", Json::array()}};
  for (const auto& [split, keys] : keys_of) {
    const auto place = place_of(folder / split, format);
    const auto samples = project.lake->samples(keys);
    const auto labels = project.lake->labels(keys, kLabelLayer, version.id);
    std::vector<formats::WriteItem> items;
    for (std::size_t i = 0; i < samples.size(); ++i) {
      auto sample = samples[i];
      sample.file_name = name_of(sample);
      copy_picture(project, sample, place.pictures / sample.file_name);
      items.push_back({.sample = std::move(sample), .labels = labels[i]});
    }
    const auto written = writer.write(place.data, items, project.config.classes);
    report["samples"] = report["samples"].get<std::size_t>() + written.samples;
    report["labels"] = report["labels"].get<std::size_t>() + written.written;
    report["dropped"] = report["dropped"].get<std::size_t>() + written.dropped;
    report["splits"][split] = written.samples;
    for (const auto& note : written.notes) {
      report["notes"].push_back(split + ": " + note);
    }
    for (const auto& r : written.rejects.rows()) {
      report["rejects"].push_back({{"file", r.file}, {"where", r.where}, {"reason", r.reason}});
    }
  }
  return report;
}

}  // namespace spotter::version
