#include "trainer/manifest.h"

#include <algorithm>
#include <fstream>
#include <unordered_map>

#include <fmt/format.h>

#include "base/error.h"
#include "base/files.h"
#include "base/json.h"

namespace spotter::trainer {
namespace {

constexpr std::size_t kSlice = 4096;

Json objects_json(const LabelSet& set) {
  Json objects = Json::array();
  for (const auto& label : set.labels) {
    objects.push_back({{"id", label.object},
                       {"class", label.class_name},
                       {"box", {label.box.x1, label.box.y1, label.box.x2, label.box.y2}},
                       {"crowd", label.crowd},
                       {"ignore", label.ignore}});
    if (!label.attributes.empty()) {
      objects.back()["attributes"] = parse_json(label.attributes, "the attributes of a label");
    }
  }
  return objects;
}

Json line_json(Project& project, const Sample& sample, const ManifestOptions& options) {
  if (!project.blobs->has(sample.media)) {
    fail(ErrorCode::kNotFound,
         fmt::format(
             "the picture of sample \"{}\" is not in the blob store (`spotter verify` lists what "
             "is missing): {}",
             sample.key, sample.media));
  }
  const auto weight = options.weights.find(sample.key);
  return {{"key", sample.key},
          {"path", project.blobs->local_path(sample.media).string()},
          {"width", sample.width},
          {"height", sample.height},
          {"weight", weight == options.weights.end() ? 1.0 : weight->second},
          {"scene", sample.scene()}};
}

}  // namespace

std::size_t write_manifest(Project& project, std::span<const std::string> keys,
                           const ManifestOptions& options, const std::filesystem::path& path) {
  make_folders(path.parent_path());
  std::ofstream out(path, std::ios::binary | std::ios::trunc);
  for (std::size_t begin = 0; begin < keys.size(); begin += kSlice) {
    const auto slice = keys.subspan(begin, std::min(kSlice, keys.size() - begin));
    std::unordered_map<std::string, Sample> samples;
    for (auto& sample : project.lake->samples(slice)) {
      samples.emplace(sample.key, std::move(sample));
    }
    std::unordered_map<std::string, LabelSet> labels;
    if (options.objects == Objects::kGiven) {
      for (auto& set : project.lake->labels(slice, kLabelLayer, options.version)) {
        labels.emplace(set.sample, std::move(set));
      }
    }
    for (const auto& key : slice) {
      const auto sample = samples.find(key);
      if (sample == samples.end()) {
        fail(ErrorCode::kNotFound, fmt::format("no sample \"{}\" in the project", key));
      }
      Json line = line_json(project, sample->second, options);
      if (const auto set = labels.find(key); set != labels.end()) {
        line["objects"] = objects_json(set->second);
      }
      out << line.dump(-1, ' ', false, Json::error_handler_t::replace) << '\n';
    }
  }
  out.close();
  if (!out) {
    fail(ErrorCode::kUnavailable, fmt::format("cannot write the manifest: {}", path.string()));
  }
  return keys.size();
}

std::vector<std::string> split_keys(Project& project, std::string_view version,
                                    std::string_view split) {
  std::vector<std::string> keys;
  for (auto& item : project.lake->version_items(version)) {
    if (item.split == split) {
      keys.push_back(std::move(item.sample));
    }
  }
  std::sort(keys.begin(), keys.end());
  return keys;
}

std::vector<std::string> pinch(std::vector<std::string> keys, std::size_t count_max) {
  if (count_max == 0 || keys.size() <= count_max) {
    return keys;
  }
  std::vector<std::string> chosen;
  for (std::size_t i = 0; i < count_max; ++i) {
    chosen.push_back(std::move(keys[i * keys.size() / count_max]));
  }
  return chosen;
}

}  // namespace spotter::trainer
