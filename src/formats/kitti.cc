#include "formats/kitti.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <set>

#include <fmt/format.h>

#include "base/attempt.h"
#include "base/error.h"
#include "base/files.h"
#include "base/json.h"
#include "base/parallel.h"
#include "base/text.h"
#include "formats/image_folder.h"
#include "formats/rows.h"

namespace spotter::formats {
namespace {

namespace fs = std::filesystem;

constexpr std::uintmax_t kLabelBytesMax = 64 << 20;
constexpr std::uintmax_t kSweepBytesMax = std::uintmax_t{1} << 30;

// The first of these folders that is there.
fs::path folder_in(const fs::path& root, std::initializer_list<const char*> names) {
  for (const char* name : names) {
    if (fs::is_directory(root / name)) {
      return root / name;
    }
  }
  return {};
}

fs::path labels_of(const fs::path& root) {
  return folder_in(root, {"label_2", "labels"});
}

bool starts_as_kitti(const fs::path& folder) {
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    if (entry.path().extension() == ".txt") {
      const auto text = read_file(entry.path(), kLabelBytesMax);
      if (KittiRow row; !trim(text).empty()) {
        return parse_kitti_row(text.substr(0, text.find('\n')), row).empty();
      }
    }
  }
  return false;
}

// A recording: the folder itself, its training/, or each folder in it that has labels.
struct Scene {
  fs::path root;
  std::string name;  // empty: frames without order
};

std::vector<Scene> scenes_of(const fs::path& path) {
  for (const auto& root : {path, path / "training"}) {
    if (const auto labels = labels_of(root); !labels.empty()) {
      const bool recording = labels.filename() == "labels";
      return {{root, recording ? fs::absolute(root).lexically_normal().filename().string() : ""}};
    }
  }
  std::vector<Scene> scenes;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(path, error)) {
    if (entry.is_directory() && !labels_of(entry.path()).empty()) {
      scenes.push_back({entry.path(), entry.path().filename().string()});
    }
  }
  std::sort(scenes.begin(), scenes.end(),
            [](const Scene& a, const Scene& b) { return a.name < b.name; });
  return scenes;
}

bool sniff(const fs::path& path) {
  if (!fs::is_directory(path)) {
    return false;
  }
  const auto scenes = scenes_of(path);
  return !scenes.empty() && starts_as_kitti(labels_of(scenes.front().root));
}

class Reader {
 public:
  Reader(const Scene& scene, const ReadOptions& options, ReadReport& report, ClassNames& classes,
         const std::function<void(Record)>& take)
      : scene_(scene),
        options_(options),
        report_(report),
        classes_(classes),
        take_(take),
        points_(folder_in(scene.root, {"velodyne", "points"})),
        images_(picture_folder()) {}

  void read();

 private:
  [[nodiscard]] fs::path picture_folder() const {
    if (options_.images.empty()) {
      return folder_in(scene_.root, {"image_2", "images"});
    }
    const auto own = options_.images / scene_.name;
    return !scene_.name.empty() && fs::is_directory(own) ? own : options_.images;
  }
  std::vector<KittiRow> read_rows(const fs::path& file, std::size_t& refused);
  void find_picture(const std::string& stem, Record& record);
  [[nodiscard]] std::vector<float> sweep(const std::string& stem, std::size_t& stride);
  void add_labels(const std::vector<KittiRow>& rows, Record& record);
  void add_predictions(const std::vector<KittiRow>& rows, Record& record);
  void add_sensor(const std::string& stem, const std::vector<KittiRow>& rows, Record& record);
  void emit(const std::string& stem, std::int64_t frame, std::size_t refused);
  void note_ground();

  const Scene& scene_;
  const ReadOptions& options_;
  ReadReport& report_;
  ClassNames& classes_;
  const std::function<void(Record)>& take_;
  fs::path points_;
  ImageFolder images_;
  std::map<std::string, std::vector<KittiRow>> rows_;
  std::map<std::string, KittiPose> poses_;
  GroundMaps ground_;
  std::size_t outside_ = 0;
  std::size_t unplaced_ = 0;
};

std::vector<KittiRow> Reader::read_rows(const fs::path& file, std::size_t& refused) {
  std::vector<KittiRow> rows;
  std::size_t number = 0;
  for (const auto& line : split(read_file(file, kLabelBytesMax), '\n')) {
    ++number;
    if (trim(line).empty()) {
      continue;
    }
    KittiRow row{.line = number};
    auto problem = parse_kitti_row(line, row);
    if (problem.empty() && !row.ignore()) {
      problem = classes_.problem(row.class_name);
    }
    if (problem.empty()) {
      rows.push_back(std::move(row));
    } else {
      ++refused;
      report_.rejects.add(file.string(), fmt::format("line {}", number), std::move(problem));
    }
  }
  return rows;
}

void Reader::find_picture(const std::string& stem, Record& record) {
  ImageFolder::Answer found;
  for (const char* extension : {".png", ".jpg", ".jpeg", ".webp"}) {
    found = images_.find(stem + extension);
    if (!found.file.empty()) {
      break;
    }
  }
  const std::string name = found.name.empty() ? stem + ".png" : found.name;
  record.sample.file_name = scene_.name.empty() ? name : scene_.name + "/" + name;
  record.image = found.file;
  if (record.image.empty()) {
    record.image_problem = fmt::format(
        "the frame has no picture \"{}.png\": people could not see what is labelled; say where "
        "the pictures are (--images)",
        stem);
    return;
  }
  const auto problem = problem_of([&] {
    const auto info = probe_file(record.image);
    record.sample.width = info.width;
    record.sample.height = info.height;
  });
  if (!problem.empty()) {
    record.sample.width = record.sample.height = 0;  // ingest says what is wrong with it
  }
}

// x, y, z and more of each point as floats; KITTI has four a point, FSKITTI five.
std::vector<float> Reader::sweep(const std::string& stem, std::size_t& stride) {
  const fs::path file = points_ / (stem + ".bin");
  std::vector<float> values;
  stride = points_.filename() == "points" ? 5 : 4;
  if (points_.empty() || !fs::is_regular_file(file)) {
    return values;
  }
  const std::string bytes = read_file(file, kSweepBytesMax);
  if (bytes.size() % (stride * sizeof(float)) != 0) {
    report_.rejects.add(
        file.string(), "",
        fmt::format("{} bytes are no whole number of points of {} floats", bytes.size(), stride));
    return values;
  }
  values.resize(bytes.size() / sizeof(float));
  std::memcpy(values.data(), bytes.data(), bytes.size());
  return values;
}

void Reader::add_labels(const std::vector<KittiRow>& rows, Record& record) {
  LabelSet set;
  for (const auto& row : rows) {
    if (!row.box) {
      continue;
    }
    Label label{.object = fmt::format("{}", row.line),
                .class_name = row.class_name,
                .box = *row.box,
                .ignore = row.ignore()};
    const auto check =
        check_box(label.box, record.sample.width, record.sample.height, options_.outside);
    if (!check.problem.empty()) {
      ++record.refused;
      report_.rejects.add(record.file, fmt::format("line {}", row.line), check.problem);
      continue;
    }
    report_.converted += check.clipped ? 1 : 0;
    Json attributes = Json::object();
    if (row.truncated > 0) {
      attributes["truncated"] = row.truncated;
    }
    if (row.occluded > 0) {
      attributes["occluded"] = row.occluded;
    }
    label.attributes = attributes.empty() ? "" : attributes.dump();
    set.labels.push_back(std::move(label));
  }
  report_.objects += set.labels.size();
  if (!set.labels.empty() || record.refused == 0) {
    record.labels.push_back(std::move(set));
  }
}

void Reader::add_predictions(const std::vector<KittiRow>& rows, Record& record) {
  PredictionSet set;
  for (const auto& row : rows) {
    if (!row.box || row.ignore()) {
      continue;
    }
    Prediction prediction{.class_name = row.class_name, .score = row.score, .box = *row.box};
    auto problem =
        check_box(prediction.box, record.sample.width, record.sample.height, Outside::kClip)
            .problem;
    if (problem.empty() && !(row.score >= 0 && row.score <= 1)) {
      problem = fmt::format("the score {} is not between 0 and 1", row.score);
    }
    if (problem.empty()) {
      set.predictions.push_back(std::move(prediction));
    } else {
      report_.rejects.add(record.file, fmt::format("line {}", row.line), std::move(problem));
    }
  }
  std::stable_sort(set.predictions.begin(), set.predictions.end(),
                   [](const auto& a, const auto& b) { return a.score > b.score; });
  report_.objects += set.predictions.size();
  record.predictions = std::move(set);
}

void Reader::add_sensor(const std::string& stem, const std::vector<KittiRow>& rows,
                        Record& record) {
  std::optional<KittiCalibration> calibration;
  for (const auto& file : {scene_.root / "calib" / (stem + ".txt"), scene_.root / "calib.txt"}) {
    if (!calibration && fs::is_regular_file(file)) {
      const auto problem = problem_of([&] { calibration = read_kitti_calibration(file); });
      if (!problem.empty()) {
        report_.rejects.add(file.string(), "", problem);
        return;
      }
    }
  }
  SensorView view{.calibration = calibration ? &*calibration : nullptr,
                  .ground = ground_.of(stem),
                  .width = record.sample.width,
                  .height = record.sample.height};
  std::size_t stride = 0;
  const auto values = sweep(stem, stride);
  view.cloud = {values, stride};
  if (view.calibration == nullptr && view.ground == nullptr) {
    unplaced_ += static_cast<std::size_t>(
        std::count_if(rows.begin(), rows.end(), [](const KittiRow& row) { return row.in_3d; }));
    return;
  }
  if (options_.clusters && values.empty()) {
    return;
  }
  auto objects = options_.clusters ? clustered_objects(view) : labelled_objects(rows, view);
  outside_ += objects.outside;
  record.labels.push_back(std::move(objects.set));
}

void Reader::emit(const std::string& stem, std::int64_t frame, std::size_t refused) {
  const auto found = rows_.find(stem);
  static const std::vector<KittiRow> kNone;
  const auto& rows = found == rows_.end() ? kNone : found->second;
  Record record{.file = (labels_of(scene_.root) / (stem + ".txt")).string(), .refused = refused};
  find_picture(stem, record);
  if (!scene_.name.empty()) {
    record.sample.sequence = scene_.name;
    record.sample.frame = frame;
  }
  if (const auto pose = poses_.find(stem); pose != poses_.end()) {
    record.sample.captured_at = static_cast<TimeMs>(std::llround(pose->second.time_s * 1000));
    record.sample.attributes = Json{
        {"ego_x_m", pose->second.x_m},
        {"ego_y_m", pose->second.y_m},
        {"ego_yaw_rad",
         pose->second.yaw_rad}}.dump();
  }
  if (options_.content == Content::kPredictions) {
    add_predictions(rows, record);
  } else {
    if (found != rows_.end()) {
      add_labels(rows, record);
    }
    add_sensor(stem, rows, record);
  }
  ++report_.records;
  take_(std::move(record));
}

void Reader::note_ground() {
  const std::string where = scene_.name.empty() ? "" : scene_.name + ": ";
  if (!ground_.by_first.empty()) {
    report_.notes.push_back(fmt::format(
        "{}no calibration; the ground's place in the picture is learned from {} lines with both "
        "boxes{}, median error {:.1f} px",
        where, ground_.pairs,
        ground_.held_out() ? ", for each fifth of the frames from the other four" : "",
        ground_.error_median_px));
  }
  if (unplaced_ > 0) {
    report_.notes.push_back(fmt::format(
        "{}{} 3D objects are not kept: there is neither a calibration nor a line with both boxes "
        "to learn one from",
        where, unplaced_));
  }
  if (outside_ > 0) {
    report_.notes.push_back(fmt::format(
        "{}{} objects of the lidar lie outside of the picture and are not kept", where, outside_));
  }
}

void Reader::read() {
  const fs::path labels = labels_of(scene_.root);
  std::set<std::string> stems;
  std::map<std::string, std::size_t> refused;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(labels, error)) {
    if (entry.path().extension() == ".txt") {
      stems.insert(entry.path().stem().string());
    }
  }
  for (const auto& stem : stems) {
    const fs::path file = labels / (stem + ".txt");
    auto problem = problem_of([&] { rows_[stem] = read_rows(file, refused[stem]); });
    if (!problem.empty()) {
      rows_.erase(stem);
      report_.rejects.add(file.string(), "", std::move(problem));
    }
  }
  if (options_.content == Content::kLabels && !points_.empty()) {
    for (const auto& entry : fs::directory_iterator(points_, error)) {
      if (entry.path().extension() == ".bin") {
        stems.insert(entry.path().stem().string());
      }
    }
  }
  poses_ = read_kitti_poses(scene_.root / "metadata.json");
  if (!fs::is_directory(scene_.root / "calib") && !fs::is_regular_file(scene_.root / "calib.txt")) {
    ground_ = learn_ground_maps(rows_);
  }
  std::int64_t frame = 0;
  for (const auto& stem : stems) {
    emit(stem, frame++, refused[stem]);
  }
  if (options_.content == Content::kLabels) {
    note_ground();
  }
}

ReadReport read(const fs::path& path, const ReadOptions& options,
                const std::function<void(Record)>& take) {
  const auto scenes = fs::is_directory(path) ? scenes_of(path) : std::vector<Scene>();
  if (scenes.empty()) {
    fail(ErrorCode::kInvalid,
         fmt::format("not KITTI: no folder label_2 or labels with text files: {}", path.string()));
  }
  ReadReport report;
  ClassNames classes(options, report);
  for (const auto& scene : scenes) {
    Reader(scene, options, report, classes, take).read();
  }
  return report;
}

}  // namespace

extern constinit const Format format_kitti = {
    .name = "kitti",
    .summary =
        "KITTI objects: 2D boxes as labels, 3D objects or clusters of the point cloud as layer "
        "lidar",
    .layout =
        "a folder with label_2/*.txt, image_2/, velodyne/ and calib/ (or its parent with "
        "training/), a recording with labels/*.txt, images/, points/ (5 floats a point) and "
        "metadata.json, or a folder of recordings",
    .sniff = sniff,
    .read = read,
    .write = nullptr,
};

}  // namespace spotter::formats
