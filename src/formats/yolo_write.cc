#include <set>

#include <fmt/format.h>

#include "base/files.h"
#include "formats/export_rows.h"
#include "formats/image_folder.h"
#include "formats/json_rows.h"
#include "formats/rows.h"
#include "formats/yolo.h"

namespace spotter::formats {
namespace {

std::string row_text(std::size_t class_index, const Box& box, const Sample& sample) {
  const double w = sample.width;
  const double h = sample.height;
  return fmt::format("{} {} {} {} {}", class_index, (box.x1 + box.x2) / 2 / w,
                     (box.y1 + box.y2) / 2 / h, box.width() / w, box.height() / h);
}

std::string rows_of(const WriteItem& item, ClassTable& classes, WriteReport& report,
                    Losses& losses) {
  std::string rows;
  if (item.labels) {
    for (const auto& label : item.labels->labels) {
      if (label.crowd || label.ignore) {
        drop(report, item.sample, label.object, "YOLO has neither crowds nor objects to ignore");
        continue;
      }
      losses.add_details(label, false);
      rows += row_text(classes.position(label.class_name), label.box, item.sample) + "\n";
      ++report.written;
    }
    return rows;
  }
  for (const auto& p : item.predictions->predictions) {
    rows += fmt::format("{} {}\n", row_text(classes.position(p.class_name), p.box, item.sample),
                        p.score);
    ++report.written;
  }
  return rows;
}

void refuse(WriteReport& report, const WriteItem& item, std::string reason) {
  report.dropped += item.labels ? item.labels->labels.size() : item.predictions->predictions.size();
  report.rejects.add(export_name(item.sample), "", std::move(reason));
}

std::string yaml_text(const ClassTable& classes, const std::set<std::string>& splits) {
  std::string text =
      "# Pictures belong below images/, at the paths of their label files below labels/.\npath: "
      ".\n";
  const std::string first = splits.empty() ? "train" : *splits.rbegin();
  for (const char* split : {"train", "val", "test"}) {
    const bool there = splits.contains(split);
    if (there || std::string_view(split) != "test") {  // Ultralytics wants train and val
      text += fmt::format("{}: images/{}\n", split, there ? split : first);
    }
  }
  text += "names:\n";
  for (std::size_t i = 0; i < classes.names().size(); ++i) {
    text += fmt::format("  {}: {}\n", i, json_text(classes.names()[i]));
  }
  return text;
}

}  // namespace

// Labels where there are any, else predictions with their scores. Unlabelled pictures are left out,
// because a missing file and an empty one both mean "nothing there" to trainers.
WriteReport write_yolo(const std::filesystem::path& path, std::span<const WriteItem> items,
                       std::span<const std::string> class_names) {
  WriteReport report;
  ClassTable classes(class_names);
  Losses losses;
  std::set<std::string> stems;
  std::set<std::string> splits;
  for (const auto& item : items) {
    if (!item.labels && !item.predictions) {
      losses.add("unlabelled samples");
      continue;
    }
    if (item.labels) {
      drop_all_but_labels(report, losses, item);
    }
    const auto name = safe_relative_path(export_name(item.sample));
    const std::string split = split_of(item.sample);
    const std::string stem =
        name ? split + "/" + std::string(without_picture_extension(*name)) : "";
    if (item.sample.width <= 0 || item.sample.height <= 0) {
      refuse(report, item, "its size is unknown, and YOLO's numbers are shares of it");
    } else if (stem.empty() || !stems.insert(stem).second) {
      refuse(report, item,
             stem.empty() ? "its name cannot be a file name here"
                          : "another sample has this name with another extension");
    } else {
      write_file_atomic(path / "labels" / (stem + ".txt"), rows_of(item, classes, report, losses),
                        Sync::kNone);
      splits.insert(split);
      ++report.samples;
    }
  }
  write_file_atomic(path / "data.yaml", yaml_text(classes, splits));
  losses.report(report);
  return report;
}

}  // namespace spotter::formats
