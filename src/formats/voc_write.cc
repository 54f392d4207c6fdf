#include <algorithm>
#include <map>
#include <set>

#include <fmt/format.h>

#include "base/error.h"
#include "base/files.h"
#include "base/json.h"
#include "base/text.h"
#include "formats/export_rows.h"
#include "formats/image_folder.h"
#include "formats/rows.h"
#include "formats/voc.h"

namespace spotter::formats {
namespace {

// The attributes that VOC has words for; the rest is counted as lost.
struct Words {
  bool truncated = false;
  bool occluded = false;
  std::string pose = "Unspecified";
};

Words words_of(const Label& label, Losses& losses) {
  Words words;
  if (label.attributes.empty()) {
    return words;
  }
  const Json members = parse_json(label.attributes, "attributes");
  for (const auto& [name, value] : members.items()) {
    if (name == "truncated" && value.is_boolean()) {
      words.truncated = value.get<bool>();
    } else if (name == "occluded" && value.is_boolean()) {
      words.occluded = value.get<bool>();
    } else if (name == "pose" && value.is_string()) {
      words.pose = value.get<std::string>();
    } else {
      losses.add("attributes");
    }
  }
  return words;
}

std::string object_text(const Label& label, Losses& losses) {
  if (!label.track.empty()) {
    losses.add("tracks");
  }
  const Words words = words_of(label, losses);
  const auto number = [](double value) { return number_text(value); };
  return fmt::format(
      "  <object>\n    <name>{}</name>\n    <pose>{}</pose>\n    <truncated>{}</truncated>\n"
      "{}    <difficult>{}</difficult>\n    <bndbox>\n      <xmin>{}</xmin>\n      "
      "<ymin>{}</ymin>\n"
      "      <xmax>{}</xmax>\n      <ymax>{}</ymax>\n    </bndbox>\n  </object>\n",
      escape_markup(label.class_name), escape_markup(words.pose), words.truncated ? 1 : 0,
      words.occluded ? "    <occluded>1</occluded>\n" : "", label.ignore ? 1 : 0,
      number(label.box.x1 + 1), number(label.box.y1 + 1), number(label.box.x2),
      number(label.box.y2));
}

std::string file_text(const WriteItem& item, WriteReport& report, Losses& losses) {
  const Sample& sample = item.sample;
  std::string objects;
  for (const auto& label : item.labels->labels) {
    if (label.crowd) {
      drop(report, sample, label.object, "Pascal VOC has no regions of many objects (crowd)");
    } else if (label.box.width() <= 1 || label.box.height() <= 1) {
      drop(report, sample, label.object,
           "not more than a pixel wide or high: its corners would be equal");
    } else {
      objects += object_text(label, losses);
      ++report.written;
    }
  }
  return fmt::format(
      "<annotation>\n  <folder>JPEGImages</folder>\n  <filename>{}</filename>\n  <size>\n"
      "    <width>{}</width>\n    <height>{}</height>\n    <depth>3</depth>\n  </size>\n"
      "  <segmented>0</segmented>\n{}</annotation>\n",
      escape_markup(export_name(sample)), sample.width, sample.height, objects);
}

}  // namespace

WriteReport write_voc(const std::filesystem::path& path, std::span<const WriteItem> items,
                      std::span<const std::string> /*classes*/) {
  WriteReport report;
  Losses losses;
  std::set<std::string> stems;
  std::map<std::string, std::string> splits;
  for (const auto& item : items) {
    drop_all_but_labels(report, losses, item);
    if (!item.labels) {
      losses.add("unlabelled samples");
      continue;
    }
    const auto name = safe_relative_path(export_name(item.sample));
    const std::string stem(name ? without_picture_extension(*name) : "");
    if (stem.empty() || !stems.insert(stem).second) {
      report.dropped += item.labels->labels.size();
      report.rejects.add(export_name(item.sample), "",
                         stem.empty() ? "its name cannot be a file name here"
                                      : "another sample has this name with another extension");
      continue;
    }
    write_file_atomic(path / "Annotations" / (stem + ".xml"), file_text(item, report, losses),
                      Sync::kNone);
    if (item.sample.attributes.find("\"split\"") != std::string::npos) {
      splits[split_of(item.sample)] += stem + "\n";
    }
    ++report.samples;
  }
  make_folders(path / "Annotations");
  for (const auto& [split, lines] : splits) {
    write_file_atomic(path / "ImageSets" / "Main" / (split + ".txt"), lines);
  }
  report.notes.emplace_back("voc_base 1, corners inclusive, as the specification says");
  losses.report(report);
  return report;
}

}  // namespace spotter::formats
