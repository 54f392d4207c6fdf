// MOTChallenge sequences into a project: a sample a frame, with the objects' tracks. For scoring
// without a project see mot_rows.h, which also reads the lines.
#include <algorithm>
#include <array>
#include <charconv>
#include <map>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "base/error.h"
#include "base/json.h"
#include "formats/format.h"
#include "formats/image_folder.h"
#include "formats/mot_rows.h"
#include "formats/rows.h"

namespace spotter::formats {
namespace {

namespace fs = std::filesystem;

// The classes of MOT16 and later, from 1; files without classes hold pedestrians.
constexpr std::array<std::string_view, 13> kClasses = {
    "pedestrian",         "pedestrian",    "person_on_vehicle", "car",        "bicycle",
    "motorbike",          "non_motorized", "static_person",     "distractor", "occluder",
    "occluder_on_ground", "occluder_full", "reflection"};

struct Source {
  std::string name;   // of the sequence
  fs::path rows;      // the text file
  fs::path pictures;  // the folder with its pictures; empty = none here
};

bool is_sequence(const fs::path& folder) {
  return fs::is_regular_file(folder / "gt" / "gt.txt") ||
         (fs::is_directory(folder / "img1") && fs::is_regular_file(folder / "det" / "det.txt"));
}

std::vector<fs::path> sequences_in(const fs::path& folder) {
  if (is_sequence(folder)) {
    return {folder};
  }
  std::vector<fs::path> sequences;
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (entry.is_directory() && is_sequence(entry.path())) {
      sequences.push_back(entry.path());
    }
  }
  std::sort(sequences.begin(), sequences.end());
  return sequences;
}

bool sniff(const fs::path& path) {
  if (fs::is_directory(path)) {
    return !sequences_in(path).empty();
  }
  return path.extension() == ".txt";
}

// The first of the folders that is there, for the pictures of a sequence.
fs::path picture_folder(const fs::path& root, const std::string& name) {
  for (const auto& folder : {root / name / "img1", root / "img1", root / name, root}) {
    if (fs::is_directory(folder)) {
      return folder;
    }
  }
  return {};
}

std::vector<Source> sources_of(const fs::path& path, const ReadOptions& options) {
  if (!fs::is_directory(path)) {
    const auto name = find_mot_sequences(path, path)[0].name;
    const auto root = options.images.empty() ? fs::absolute(path).parent_path() : options.images;
    return {{name, path, picture_folder(root, name)}};
  }
  const char* file = options.content == Content::kLabels ? "gt/gt.txt" : "det/det.txt";
  std::vector<Source> sources;
  for (const auto& folder : sequences_in(path)) {
    const auto name =
        fs::absolute(folder / "x").lexically_normal().parent_path().filename().string();
    if (!fs::is_regular_file(folder / file)) {
      fail(ErrorCode::kNotFound,
           fmt::format("sequence \"{}\" has no {}: {}", name, file, folder.string()));
    }
    sources.push_back({name, folder / file,
                       picture_folder(options.images.empty() ? folder : options.images, name)});
  }
  if (sources.empty()) {
    fail(ErrorCode::kInvalid,
         fmt::format("no sequence (gt/gt.txt beside img1) in {}", path.string()));
  }
  return sources;
}

// Pictures by the number that they are called by (000001.jpg).
std::map<std::int64_t, std::string> numbered_pictures(ImageFolder& folder) {
  std::map<std::int64_t, std::string> pictures;
  for (const auto& name : folder.pictures()) {
    const auto stem = fs::path(name).stem().string();
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(stem.data(), stem.data() + stem.size(), number);
    if (error == std::errc() && end == stem.data() + stem.size()) {
      pictures.emplace(number, name);
    }
  }
  return pictures;
}

class Reader {
 public:
  Reader(const ReadOptions& options, ReadReport& report)
      : options_(options), report_(report), classes_(options, report) {}

  void read(const Source& source, const std::function<void(Record)>& take) {
    std::map<std::int64_t, std::vector<MotRow>> frames;
    for (const auto& row : read_mot_file(source.rows, report_.rejects)) {
      frames[row.frame].push_back(row);
    }
    ImageFolder folder(source.pictures);
    const auto pictures = numbered_pictures(folder);
    for (const auto& [number, name] : pictures) {
      frames[number];  // a picture without rows shows nothing
    }
    for (const auto& [number, rows] : frames) {
      Record record{.file = source.rows.string(), .where = fmt::format("frame {}", number)};
      record.sample.key = fmt::format("{}/{:06}", source.name, number);
      record.sample.sequence = source.name;
      record.sample.frame = number;
      if (const auto it = pictures.find(number); it != pictures.end()) {
        auto found = folder.find(it->second);
        record.image = std::move(found.file);
        record.image_problem = std::move(found.reason);
        record.sample.file_name = it->second;
      }
      fill(record, source.name, rows);
      ++report_.records;
      take(std::move(record));
    }
  }

 private:
  void fill(Record& record, const std::string& sequence, const std::vector<MotRow>& rows) {
    LabelSet labels;
    PredictionSet predictions;
    std::set<std::int64_t> seen;
    for (const auto& row : rows) {
      // Pixels are counted from 1.
      Box box = {row.box.x1 - 1, row.box.y1 - 1, row.box.x2 - 1, row.box.y2 - 1};
      const auto check =
          check_box(box, record.sample.width, record.sample.height, options_.outside);
      const auto name = class_of(row);
      const bool labelled = options_.content == Content::kLabels;
      std::string problem = check.problem.empty() ? problem_of(row, name) : check.problem;
      if (problem.empty() && row.track >= 0 && !seen.insert(row.track).second) {
        problem = fmt::format("id {} has two boxes in this frame", row.track);
      }
      if (!problem.empty()) {
        report_.rejects.add(record.file, record.where, std::move(problem));
        ++record.refused;
        continue;
      }
      report_.converted += check.clipped ? 1 : 0;
      ++report_.objects;
      const auto track = row.track < 0 ? "" : fmt::format("{}/{}", sequence, row.track);
      if (labelled) {
        labels.labels.push_back({.object = fmt::format("{}", row.track),
                                 .class_name = name,
                                 .box = box,
                                 .ignore = row.confidence == 0,
                                 .track = track,
                                 .attributes = visibility_of(row)});
      } else {
        Prediction prediction;
        prediction.class_name = name;
        prediction.score = row.confidence == -1 ? 1 : row.confidence;
        prediction.box = box;
        prediction.track = track;
        predictions.predictions.push_back(std::move(prediction));
      }
    }
    if (options_.content == Content::kLabels) {
      record.labels.push_back(std::move(labels));
    } else {
      std::stable_sort(predictions.predictions.begin(), predictions.predictions.end(),
                       [](const Prediction& a, const Prediction& b) { return a.score > b.score; });
      record.predictions = std::move(predictions);
    }
  }

  // Empty if the row can be taken, apart from its box.
  std::string problem_of(const MotRow& row, const std::string& class_name) {
    if (class_name.empty()) {
      return fmt::format("{} is no MOTChallenge class", row.class_id);
    }
    const bool scored = options_.content == Content::kPredictions && row.confidence != -1;
    if (scored && (row.confidence < 0 || row.confidence > 1)) {
      return fmt::format("the confidence {} is not between 0 and 1", row.confidence);
    }
    return classes_.problem(class_name);
  }

  static std::string class_of(const MotRow& row) {
    if (row.class_id < 1) {
      return std::string(kClasses[0]);  // MOT15: no classes, or a place in the world
    }
    const auto index = static_cast<std::size_t>(std::min(row.class_id, 1e6));
    return index < kClasses.size() ? std::string(kClasses[index]) : "";
  }

  static std::string visibility_of(const MotRow& row) {
    return row.class_id >= 1 && row.visibility >= 0 ? Json{{"visibility", row.visibility}}.dump()
                                                    : "";
  }

  const ReadOptions& options_;
  ReadReport& report_;
  ClassNames classes_;
};

ReadReport read(const fs::path& path, const ReadOptions& options,
                const std::function<void(Record)>& take) {
  ReadReport report;
  Reader reader(options, report);
  for (const auto& source : sources_of(path, options)) {
    reader.read(source, take);
  }
  return report;
}

}  // namespace

extern constinit const Format format_mot = {
    .name = "mot",
    .summary = "MOTChallenge sequences: boxes with tracks, a sample a frame",
    .layout =
        "a sequence (img1/000001.jpg, gt/gt.txt or, as predictions, det/det.txt), a folder of "
        "such, or one text file SEQ.txt with --images; keys are SEQ/000001",
    .sniff = sniff,
    .read = read,
    .write = nullptr,
};

}  // namespace spotter::formats
