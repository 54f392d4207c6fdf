#include <algorithm>
#include <cmath>
#include <set>

#include <fmt/format.h>
#include <pugixml.hpp>

#include "base/error.h"
#include "base/files.h"
#include "base/text.h"
#include "formats/cvat.h"
#include "formats/image_folder.h"
#include "formats/rows.h"
#include "formats/xml_rows.h"

namespace spotter::formats {
namespace {

namespace fs = std::filesystem;
constexpr int kFramesMax = 216'000;  // two hours at 30 frames a second

int pixels(const pugi::xml_node& node, const char* name) {
  const auto text = node.attribute(name) ? node.attribute(name).value() : node.child_value(name);
  const double number = parse_number(text).value_or(0);
  return number >= 1 && number <= 1e6 ? static_cast<int>(number) : 0;
}

// A whole number of frames from 0, or -1.
int frame_number(std::string_view text) {
  const double number = parse_number(text).value_or(-1);
  return number >= 0 && number < kFramesMax && std::trunc(number) == number
             ? static_cast<int>(number)
             : -1;
}

class Reader {
 public:
  Reader(fs::path file, const fs::path& images, const ReadOptions& options, ReadReport& report,
         const pugi::xml_node& root)
      : file_(std::move(file)),
        options_(options),
        report_(report),
        root_(root),
        classes_(options, report),
        images_(images),
        typed_(cvat_typed_attributes(root)) {
    for (const auto& owner : root.child("meta").children()) {
      for (const auto& label : owner.child("labels").children("label")) {
        classes_.declare(label.child_value("name"));
      }
    }
  }

  void read_images(const std::function<void(Record)>& take) {
    std::size_t index = 0;
    for (const auto& image : root_.children("image")) {
      read_image(image, index++, take);
    }
  }

  void read_tracks(const std::function<void(Record)>& take);

 private:
  struct Taken {
    LabelSet labels;
    PredictionSet predictions;
    std::size_t refused = 0;
  };

  void reject(std::string where, std::string reason) {
    report_.rejects.add(file_.string(), std::move(where), std::move(reason));
  }
  void read_image(const pugi::xml_node& image, std::size_t index,
                  const std::function<void(Record)>& take);
  bool find_picture(const std::string& name, const std::string& where, Record& record);
  void take_shape(const pugi::xml_node& shape, std::string class_name, const std::string& where,
                  const Record& record, Taken& taken);
  void emit(Record record, Taken taken, const std::function<void(Record)>& take);
  void read_track(const pugi::xml_node& track, std::vector<Taken>& frames, const Record& size);
  void fill_between(const Label& from, int from_frame, const pugi::xml_node& next, int to_frame,
                    std::vector<Taken>& frames) const;

  fs::path file_;
  const ReadOptions& options_;
  ReadReport& report_;
  pugi::xml_node root_;
  ClassNames classes_;
  ImageFolder images_;
  std::map<std::string, bool> typed_;
  std::set<std::string> names_;
};

bool Reader::find_picture(const std::string& name, const std::string& where, Record& record) {
  auto found = images_.find(name);
  if (!safe_relative_path(name)) {
    reject(where, std::move(found.reason));
    return false;
  }
  record.image = std::move(found.file);
  record.image_problem = std::move(found.reason);
  record.sample.file_name = found.name.empty() ? name : found.name;
  record.file = file_.string();
  record.where = where;
  return true;
}

void Reader::read_image(const pugi::xml_node& image, std::size_t index,
                        const std::function<void(Record)>& take) {
  const std::string name = image.attribute("name").value();
  const std::string where =
      name.empty() ? fmt::format("image[{}]", index) : fmt::format("image \"{}\"", name);
  if (name.empty()) {
    return reject(where, "the image has no name");
  }
  if (!names_.insert(name).second) {
    return reject(where, "this image is there twice; the first counts");
  }
  Record record;
  if (!find_picture(name, where, record)) {
    return;
  }
  record.sample.width = pixels(image, "width");
  record.sample.height = pixels(image, "height");
  Taken taken;
  std::size_t shape_index = 0;
  for (const auto& shape : image.children()) {
    if (is_cvat_shape(shape.name())) {
      take_shape(shape, shape.attribute("label").value(),
                 fmt::format("{}, {} {}", where, shape.name(), ++shape_index), record, taken);
    }
  }
  emit(std::move(record), std::move(taken), take);
}

void Reader::take_shape(const pugi::xml_node& shape, std::string class_name,
                        const std::string& where, const Record& record, Taken& taken) {
  const bool predicted = options_.content == Content::kPredictions;
  Label label{.class_name = std::move(class_name)};
  double score = -1;
  read_cvat_attributes(shape, typed_, label, score);
  auto box = cvat_shape(shape);
  std::string problem = classes_.problem(label.class_name);
  problem = problem.empty() ? std::move(box.problem) : problem;
  if (problem.empty()) {
    const auto check = check_box(box.box, record.sample.width, record.sample.height,
                                 predicted || box.converted ? Outside::kClip : options_.outside);
    problem = check.problem;
    box.converted = box.converted || check.clipped;
  }
  if (problem.empty() && predicted && !(score >= 0 && score <= 1)) {
    problem = "a prediction needs an attribute \"score\" from 0 to 1";
  }
  if (!problem.empty()) {
    ++taken.refused;
    return reject(where, std::move(problem));
  }
  report_.converted += box.converted ? 1 : 0;
  if (predicted) {
    taken.predictions.predictions.push_back({.class_name = label.class_name,
                                             .score = score,
                                             .box = box.box,
                                             .track = label.track,
                                             .attributes = label.attributes});
    return;
  }
  label.box = box.box;
  label.object = fmt::format("{}", taken.labels.labels.size() + 1);
  taken.labels.labels.push_back(std::move(label));
}

void Reader::emit(Record record, Taken taken, const std::function<void(Record)>& take) {
  report_.objects += taken.labels.labels.size() + taken.predictions.predictions.size();
  if (options_.content == Content::kPredictions) {
    auto& all = taken.predictions.predictions;
    std::stable_sort(all.begin(), all.end(),
                     [](const auto& a, const auto& b) { return a.score > b.score; });
    record.predictions = std::move(taken.predictions);
  } else if (!taken.labels.labels.empty() || taken.refused == 0) {
    record.labels.push_back(std::move(taken.labels));
  }
  record.refused = taken.refused;
  ++report_.records;
  take(std::move(record));
}

// CVAT draws straight lines between the shapes of a track.
void Reader::fill_between(const Label& from, int from_frame, const pugi::xml_node& next,
                          int to_frame, std::vector<Taken>& frames) const {
  const auto to = cvat_shape(next);
  if (!to.problem.empty()) {
    return;
  }
  for (int frame = from_frame + 1; frame < to_frame; ++frame) {
    const double share = double(frame - from_frame) / (to_frame - from_frame);
    const auto mix = [share](double a, double b) { return a + (b - a) * share; };
    Label label = from;
    label.box = {mix(from.box.x1, to.box.x1), mix(from.box.y1, to.box.y1),
                 mix(from.box.x2, to.box.x2), mix(from.box.y2, to.box.y2)};
    auto& labels = frames[static_cast<std::size_t>(frame)].labels.labels;
    label.object = fmt::format("{}", labels.size() + 1);
    labels.push_back(std::move(label));
  }
}

void Reader::read_track(const pugi::xml_node& track, std::vector<Taken>& frames,
                        const Record& size) {
  const std::string id = track.attribute("id").value();
  const auto track_where = fmt::format("track {}", id);
  std::optional<Label> last;
  int last_frame = -1;
  for (const auto& shape : track.children()) {
    if (!is_cvat_shape(shape.name())) {
      continue;
    }
    const int frame = frame_number(shape.attribute("frame").value());
    const auto where = fmt::format("{}, frame {}", track_where, shape.attribute("frame").value());
    if (frame < 0 || frame <= last_frame || static_cast<std::size_t>(frame) >= frames.size()) {
      reject(where, "the frame is not a number of the video, or not after the one before");
      continue;
    }
    if (last) {
      fill_between(*last, last_frame, shape, frame, frames);
    }
    last_frame = frame;
    last.reset();
    if (shape.attribute("outside").as_bool()) {
      continue;
    }
    auto& taken = frames[static_cast<std::size_t>(frame)];
    const auto count = taken.labels.labels.size();
    take_shape(shape, track.attribute("label").value(), where, size, taken);
    if (taken.labels.labels.size() > count) {
      taken.labels.labels.back().track = id;
      last = taken.labels.labels.back();
    }
  }
}

void Reader::read_tracks(const std::function<void(Record)>& take) {
  const auto tracks = root_.children("track");
  if (tracks.begin() == tracks.end()) {
    return;
  }
  pugi::xml_node task = root_.child("meta").first_child();
  Record size;
  size.sample.width = pixels(task.child("original_size"), "width");
  size.sample.height = pixels(task.child("original_size"), "height");
  int count = std::max(0, frame_number(task.child_value("size")));
  for (const auto& track : tracks) {
    for (const auto& shape : track.children()) {
      count = std::max(count, frame_number(shape.attribute("frame").value()) + 1);
    }
  }
  std::vector<Taken> frames(static_cast<std::size_t>(count));
  for (const auto& track : tracks) {
    read_track(track, frames, size);
  }
  const std::string sequence = task.child_value("name");
  for (std::size_t i = 0; i < frames.size(); ++i) {
    Record record = size;
    if (find_picture(fmt::format("frame_{:06}", i), fmt::format("frame {}", i), record)) {
      record.sample.sequence = sequence.empty() ? file_.stem().string() : sequence;
      record.sample.frame = static_cast<std::int64_t>(i);
      emit(std::move(record), std::move(frames[i]), take);
    }
  }
  report_.notes.push_back(
      fmt::format("{} frames of a video, looked up as frame_000000 and on", frames.size()));
}

}  // namespace

ReadReport read_cvat(const fs::path& path, const ReadOptions& options,
                     const std::function<void(Record)>& take) {
  const fs::path file = fs::is_directory(path) ? path / "annotations.xml" : path;
  std::string bytes = read_xml(file);
  pugi::xml_document document;
  const auto parsed = document.load_buffer_inplace(bytes.data(), bytes.size());
  const auto root = document.child("annotations");
  if (!parsed || !root) {
    fail(ErrorCode::kInvalid,
         fmt::format("not CVAT XML ({}): {}",
                     parsed ? "it has no <annotations>" : parsed.description(), file.string()));
  }
  fs::path images = options.images;
  if (images.empty()) {
    const auto folder = fs::absolute(file).parent_path();
    images = fs::is_directory(folder / "images") ? folder / "images" : folder;
  }
  ReadReport report;
  Reader reader(file, images, options, report, root);
  reader.read_images(take);
  reader.read_tracks(take);
  return report;
}

}  // namespace spotter::formats
