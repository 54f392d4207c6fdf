#include <map>
#include <set>

#include <fmt/format.h>

#include "base/error.h"
#include "base/files.h"
#include "base/text.h"
#include "formats/convert.h"
#include "formats/image_folder.h"
#include "formats/rows.h"
#include "loop/ingest/ingest.h"
#include "project/filter.h"
#include "trainer/trainer.h"

namespace spotter::ingest {
namespace {

namespace fs = std::filesystem;
using formats::WriteItem;

std::vector<Sample> samples_of(Project& project, const ExportOptions& options) {
  std::vector<std::string> keys;
  std::map<std::string, std::string> splits;
  if (options.version.empty()) {
    keys = query_keys(project, Filter::parse(options.where));
  } else {
    for (const auto& item : project.lake->version_items(options.version)) {
      keys.push_back(item.sample);
      splits.emplace(item.sample, item.split);
    }
    if (keys.empty()) {
      fail(ErrorCode::kNotFound,
           fmt::format("no dataset version \"{}\" has samples; see `spotter version log`",
                       options.version));
    }
  }
  if (keys.empty()) {
    return {};  // no keys would mean all
  }
  auto samples = project.lake->samples(keys);
  for (auto& sample : samples) {
    if (const auto split = splits.find(sample.key); split != splits.end()) {
      Json attributes =
          sample.attributes.empty() ? Json::object() : parse_json(sample.attributes, sample.key);
      attributes["split"] = split->second;
      sample.attributes = attributes.dump();
    }
    if (sample.attributes == "{}") {
      sample.attributes.clear();
    }
  }
  return samples;
}

class Items {
 public:
  explicit Items(std::vector<Sample> samples) {
    for (auto& sample : samples) {
      positions_.emplace(sample.key, items_.size());
      keys_.push_back(sample.key);
      items_.push_back({.sample = std::move(sample)});
    }
  }

  void add_labels(Project& project, const std::string& version) {
    for (auto& set : project.lake->labels(keys_, kLabelLayer, version)) {
      at(set.sample).labels = std::move(set);
    }
  }

  void add_layers(Project& project) {
    const auto layers = project.lake->query(
        "SELECT DISTINCT layer FROM label_sets WHERE layer <> 'labels' ORDER BY 1");
    for (std::size_t row = 0; row < layers.rows.size(); ++row) {
      for (auto& set : project.lake->labels(keys_, layers.text(row, 0))) {
        at(set.sample).layers.push_back(std::move(set));
      }
    }
  }

  void add_flags(Project& project) {
    for (const auto& row : project.catalog->query(
             "SELECT sample, reason, box, author FROM flags ORDER BY created_at, id")) {
      const auto found = positions_.find(row.text(0));
      if (found == positions_.end()) {
        continue;
      }
      formats::Flag flag{.reason = row.text(1), .author = row.text(3)};
      if (!row.text(2).empty()) {
        const auto n = parse_json(row.text(2), "box of a flag").get<std::vector<double>>();
        flag.box = {n.at(0), n.at(1), n.at(2), n.at(3)};
      }
      items_[found->second].flags.push_back(std::move(flag));
    }
  }

  void add_predictions(Project& project, const std::string& model) {
    for (auto& output : project.lake->predictions(model, keys_)) {
      at(output.set.sample).predictions = std::move(output.set);
    }
  }

  [[nodiscard]] const std::vector<WriteItem>& all() const { return items_; }

 private:
  WriteItem& at(const std::string& key) { return items_[positions_.at(key)]; }

  std::vector<WriteItem> items_;
  std::vector<std::string> keys_;
  std::map<std::string, std::size_t> positions_;
};

// Where the format expects the picture of an item, below the folder of the export.
fs::path picture_place(const ExportOptions& options, const Sample& sample,
                       const std::string& name) {
  if (options.format == "yolo") {
    return options.out / "images" / formats::split_of(sample) / name;
  }
  if (options.format == "voc") {
    return options.out / "JPEGImages" / name;
  }
  const fs::path beside = fs::absolute(options.out).parent_path();
  if (options.format == "jsonl") {
    return beside / name;
  }
  const bool folder = options.format == "cvat" && options.out.extension() != ".xml";
  return (folder ? options.out : beside) / "images" / name;
}

std::size_t copy_pictures(Project& project, const ExportOptions& options,
                          const std::vector<WriteItem>& items, Rejects& rejects) {
  std::size_t copied = 0;
  for (const auto& item : items) {
    const auto name = safe_relative_path(formats::export_name(item.sample));
    if (!name || item.sample.media.empty()) {
      rejects.add(item.sample.key, "", "its name cannot be a file name here, or it has no picture");
      continue;
    }
    write_file_atomic(picture_place(options, item.sample, *name),
                      project.blobs->get(item.sample.media, true), Sync::kNone);
    ++copied;
  }
  return copied;
}

}  // namespace

Json export_samples(Project& project, const ExportOptions& options) {
  const auto& format = formats::format_named(options.format);
  if (format.write == nullptr) {
    fail(ErrorCode::kInvalid,
         fmt::format("the format \"{}\" can be read but not written", format.name));
  }
  if (!options.overwrite) {
    formats::require_free(options.out);
  }
  Items items(samples_of(project, options));
  if (items.all().empty()) {
    fail(ErrorCode::kInvalid,
         fmt::format("no sample satisfies \"{}\": there is nothing to export", options.where));
  }
  items.add_labels(project, options.version);
  items.add_layers(project);
  items.add_flags(project);
  if (!options.model.empty()) {
    items.add_predictions(project, trainer::find_model(project, options.model).id);
  }
  auto report = format.write(options.out, items.all(), project.config.classes);
  const std::size_t pictures =
      options.pictures ? copy_pictures(project, options, items.all(), report.rejects) : 0;
  return {{"format", options.format},
          {"samples", report.samples},
          {"written", report.written},
          {"dropped", report.dropped},
          {"pictures", pictures},
          {"notes", report.notes},
          {"rejects", formats::rejects_json(report.rejects)}};
}

}  // namespace spotter::ingest
