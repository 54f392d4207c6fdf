#include <algorithm>
#include <cmath>
#include <set>
#include <unordered_map>

#include <fmt/format.h>

#include "base/attempt.h"
#include "base/error.h"
#include "base/files.h"
#include "base/text.h"
#include "formats/image_folder.h"
#include "formats/rows.h"
#include "formats/yolo.h"

namespace spotter::formats {
namespace {

namespace fs = std::filesystem;
constexpr double kSlack = 0.01;  // as Ultralytics: coordinates from -0.01 to 1.01

struct Row {
  std::size_t class_index = 0;
  Box box;  // normalised
  double score = -1;
  bool polygon = false;
};

// The numbers of a line, or a problem.
std::string parse_row(std::string_view line, std::vector<double>& numbers) {
  constexpr std::string_view kBlanks = " \t";
  for (line = trim(line); !line.empty(); line = trim(line)) {
    const auto text = line.substr(0, line.find_first_of(kBlanks));
    line.remove_prefix(text.size());
    const auto number = parse_number(text);
    if (!number || !std::isfinite(*number)) {
      return fmt::format("\"{}\" is not a finite number", text);
    }
    numbers.push_back(*number);
  }
  return {};
}

std::string box_from(const std::vector<double>& n, bool keypoints, Row& row) {
  const bool polygon = !keypoints && n.size() >= 7;
  if (n.size() < 5 || (polygon && n.size() % 2 == 0)) {
    return fmt::format(
        "{} columns; a row is a class and 4 numbers, then a score, or a class and an outline",
        n.size());
  }
  const auto check_end = n.begin() + (polygon ? static_cast<std::ptrdiff_t>(n.size()) : 5);
  const auto outside = std::find_if(n.begin() + 1, check_end,
                                    [](double v) { return v < -kSlack || v > 1 + kSlack; });
  if (outside != check_end) {
    return fmt::format("{:g} is not between 0 and 1: the numbers are shares of the picture",
                       *outside);
  }
  if (polygon) {
    row.polygon = true;
    row.box = {n[1], n[2], n[1], n[2]};
    for (std::size_t i = 3; i < n.size(); i += 2) {
      row.box = {std::min(row.box.x1, n[i]), std::min(row.box.y1, n[i + 1]),
                 std::max(row.box.x2, n[i]), std::max(row.box.y2, n[i + 1])};
    }
    return {};
  }
  row.box = {n[1] - n[3] / 2, n[2] - n[4] / 2, n[1] + n[3] / 2, n[2] + n[4] / 2};
  row.score = n.size() == 6 ? n[5] : -1;
  return {};
}

class Reader {
 public:
  Reader(YoloLayout layout, const ReadOptions& options, ReadReport& report)
      : layout_(std::move(layout)),
        options_(options),
        report_(report),
        classes_(options, report),
        images_(options.images.empty() ? layout_.root : options.images) {
    if (layout_.names.empty()) {
      layout_.names = options.classes;
    }
    for (const auto& name : layout_.names) {
      classes_.declare(name);
    }
    for (const auto& [stem, file] : layout_.label_files) {
      by_last_part_[fs::path(stem).filename().string()].push_back(stem);
    }
    index_lists();
  }

  void read_all(const std::function<void(Record)>& take) {
    for (const auto& picture : images_.pictures()) {
      const std::string label = label_stem(picture);
      const std::string split = split_of_picture(picture, label);
      if (split.empty() && !layout_.subsets.empty()) {
        continue;
      }
      read_picture(picture, label, split, take);
    }
    report_orphans();
    if (unlabelled_ > 0) {
      report_.notes.push_back(
          fmt::format("{} pictures have no label file and stay unlabelled", unlabelled_));
    }
    if (unread_scores_ > 0) {
      report_.notes.push_back(
          fmt::format("{} scores are not read: these are labels", unread_scores_));
    }
  }

 private:
  void index_lists();
  [[nodiscard]] std::string label_stem(const std::string& picture) const;
  std::string split_of_picture(const std::string& picture, const std::string& label);
  void read_picture(const std::string& picture, const std::string& label, const std::string& split,
                    const std::function<void(Record)>& take);
  void read_rows(const fs::path& file, Record& record);
  std::string take_line(std::string_view line, Record& record, LabelSet& labels,
                        PredictionSet& predictions);
  std::string take_row(const Row& row, Record& record, LabelSet& labels,
                       PredictionSet& predictions);
  void report_orphans();

  YoloLayout layout_;
  const ReadOptions& options_;
  ReadReport& report_;
  ClassNames classes_;
  ImageFolder images_;
  std::size_t unlabelled_ = 0;
  std::size_t unread_scores_ = 0;
  std::set<std::string> used_;  // label files that have a picture
  std::unordered_map<std::string, std::vector<std::string>> by_last_part_;
  struct Line {
    const YoloSubset* subset = nullptr;
    std::size_t number = 0;
    bool found = false;
  };
  std::unordered_map<std::string, std::vector<Line>> listed_;  // by file name
};

std::string last_part(std::string_view path) {
  return std::string(
      path.substr(path.rfind('/') == std::string_view::npos ? 0 : path.rfind('/') + 1));
}

// Whether one path is the tail of the other, at a folder's border.
bool same_tail(std::string_view a, std::string_view b) {
  if (a.size() < b.size()) {
    std::swap(a, b);
  }
  return a.ends_with(b) && (a.size() == b.size() || a[a.size() - b.size() - 1] == '/');
}

void Reader::index_lists() {
  for (const auto& subset : layout_.subsets) {
    for (std::size_t i = 0; i < subset.lines.size(); ++i) {
      listed_[last_part(subset.lines[i])].push_back({.subset = &subset, .number = i + 1});
    }
  }
}

std::string Reader::label_stem(const std::string& picture) const {
  const std::string stem(without_picture_extension(picture));
  for (const std::string& candidate : {yolo_label_stem(picture), "labels/" + stem, stem}) {
    if (layout_.label_files.contains(candidate)) {
      return candidate;
    }
  }
  const auto same_name = by_last_part_.find(last_part(stem));
  if (same_name != by_last_part_.end() && same_name->second.size() == 1) {
    return same_name->second.front();
  }
  return {};
}

std::string Reader::split_of_picture(const std::string& picture, const std::string& label) {
  if (const auto lines = listed_.find(last_part(picture)); lines != listed_.end()) {
    for (auto& line : lines->second) {
      std::string_view written = line.subset->lines[line.number - 1];
      written.remove_prefix(written.starts_with("./") ? 2 : 0);
      if (same_tail(written, picture)) {
        line.found = true;
        return line.subset->split;
      }
    }
  }
  for (const auto& subset : layout_.subsets) {
    const std::string folder = subset.folder + "/";
    if (!subset.folder.empty() &&
        (picture.starts_with(folder) ||
         label.starts_with(
             yolo_label_stem(folder + "x").substr(0, yolo_label_stem(folder + "x").size() - 1)))) {
      return subset.split;
    }
  }
  return {};
}

void Reader::read_picture(const std::string& picture, const std::string& label,
                          const std::string& split, const std::function<void(Record)>& take) {
  Record record{.image = images_.root() / picture, .file = picture};
  record.sample.file_name = picture;
  if (!split.empty()) {
    record.sample.attributes = fmt::format("{{\"split\":\"{}\"}}", split);
  }
  media::ImageInfo info;
  const auto problem = problem_of([&] { info = probe_file(record.image); });
  if (!problem.empty()) {
    used_.insert(label);
    report_.rejects.add(picture, "", problem);
    return;
  }
  record.sample.width = info.width;
  record.sample.height = info.height;
  if (label.empty()) {
    ++unlabelled_;
  } else {
    used_.insert(label);
    read_rows(layout_.label_files.at(label), record);
  }
  ++report_.records;
  take(std::move(record));
}

void Reader::read_rows(const fs::path& file, Record& record) {
  constexpr std::uintmax_t kBytesMax = 64 << 20;
  std::string bytes;
  auto unreadable = problem_of([&] { bytes = read_file(file, kBytesMax); });
  if (!unreadable.empty() || !valid_utf8(bytes)) {
    report_.rejects.add(
        file.string(), "",
        unreadable.empty() ? "not a text file of YOLO rows" : std::move(unreadable));
    return;
  }
  LabelSet labels;
  PredictionSet predictions;
  std::size_t refused = 0;
  std::size_t number = 0;
  std::set<std::string, std::less<>> seen;
  for (const auto& line : split(bytes, '\n')) {
    ++number;
    const auto text = trim(line);
    if (text.empty()) {
      continue;
    }
    const bool is_new = seen.emplace(text).second;
    auto problem = is_new ? take_line(text, record, labels, predictions)
                          : "this row is there twice; the first counts";
    if (!problem.empty()) {
      ++refused;
      record.refused += is_new ? 1 : 0;
      report_.rejects.add(file.string(), fmt::format("line {}", number), std::move(problem));
    }
  }
  report_.objects += labels.labels.size() + predictions.predictions.size();
  if (options_.content == Content::kPredictions) {
    std::stable_sort(predictions.predictions.begin(), predictions.predictions.end(),
                     [](const auto& a, const auto& b) { return a.score > b.score; });
    record.predictions = std::move(predictions);
  } else if (!labels.labels.empty() || refused == 0) {
    record.labels.push_back(std::move(labels));
  }
}

std::string Reader::take_line(std::string_view line, Record& record, LabelSet& labels,
                              PredictionSet& predictions) {
  std::vector<double> numbers;
  if (auto problem = parse_row(line, numbers); !problem.empty()) {
    return problem;
  }
  Row row;
  if (auto problem = box_from(numbers, layout_.keypoints, row); !problem.empty()) {
    return problem;
  }
  if (numbers[0] < 0 || std::trunc(numbers[0]) != numbers[0] ||
      numbers[0] >= static_cast<double>(layout_.names.size())) {
    return fmt::format("unknown class number {:g}; the file names {} classes", numbers[0],
                       layout_.names.size());
  }
  row.class_index = static_cast<std::size_t>(numbers[0]);
  return take_row(row, record, labels, predictions);
}

std::string Reader::take_row(const Row& row, Record& record, LabelSet& labels,
                             PredictionSet& predictions) {
  const std::string& name = layout_.names[row.class_index];
  if (auto problem = classes_.problem(name); !problem.empty()) {
    return problem;
  }
  const double w = record.sample.width;
  const double h = record.sample.height;
  Box box{row.box.x1 * w, row.box.y1 * h, row.box.x2 * w, row.box.y2 * h};
  const bool predicted = options_.content == Content::kPredictions;
  const auto check = check_box(box, record.sample.width, record.sample.height,
                               predicted ? Outside::kClip : options_.outside);
  if (!check.problem.empty()) {
    return check.problem;
  }
  if (predicted && !(row.score >= 0 && row.score <= 1)) {
    return "a prediction needs a score from 0 to 1 in column 6";
  }
  report_.converted += check.clipped || row.polygon ? 1 : 0;
  if (predicted) {
    predictions.predictions.push_back({.class_name = name, .score = row.score, .box = box});
  } else {
    unread_scores_ += row.score >= 0 ? 1 : 0;
    labels.labels.push_back(
        {.object = fmt::format("{}", labels.labels.size() + 1), .class_name = name, .box = box});
  }
  return {};
}

void Reader::report_orphans() {
  for (const auto& [stem, file] : layout_.label_files) {
    if (!used_.contains(stem) &&
        (stem.starts_with("labels/") || stem.find("/labels/") != std::string::npos)) {
      report_.rejects.add(
          file.string(), "",
          "no picture belongs to it, and its numbers are shares of the picture's size; "
          "say where the pictures are (--images)");
    }
  }
  for (const auto& subset : layout_.subsets) {
    for (std::size_t i = 0; i < subset.lines.size(); ++i) {
      const auto& lines = listed_.at(last_part(subset.lines[i]));
      const bool found = std::any_of(lines.begin(), lines.end(), [&](const Line& line) {
        return line.subset == &subset && line.number == i + 1 && line.found;
      });
      if (!found) {
        report_.rejects.add(
            subset.list.string(), fmt::format("line {}", i + 1),
            fmt::format("no picture \"{}\" below {}", subset.lines[i], images_.root().string()));
      }
    }
  }
}

}  // namespace

ReadReport read_yolo(const fs::path& path, const ReadOptions& options,
                     const std::function<void(Record)>& take) {
  ReadReport report;
  YoloLayout layout = yolo_layout(path);
  if (layout.names.empty() && options.classes.empty()) {
    fail(ErrorCode::kInvalid,
         fmt::format(
             "no class names: no data.yaml, obj.names or classes.txt has them; give --classes: {}",
             path.string()));
  }
  report.notes = layout.notes;
  Reader reader(std::move(layout), options, report);
  reader.read_all(take);
  return report;
}

}  // namespace spotter::formats
