#include <algorithm>
#include <array>
#include <fstream>
#include <set>
#include <unordered_set>

#include <fmt/format.h>
#include <simdjson.h>

#include "base/attempt.h"
#include "base/error.h"
#include "base/files.h"
#include "base/json.h"
#include "base/text.h"
#include "base/time.h"
#include "domain/track.h"
#include "formats/image_folder.h"
#include "formats/json_rows.h"
#include "formats/jsonl.h"
#include "formats/rows.h"

namespace spotter::formats {
namespace {

namespace fs = std::filesystem;
using simdjson::dom::array;
using simdjson::dom::element;
using simdjson::dom::object;

constexpr std::size_t kLineBytesMax = 64 << 20;

// What an object of a line is, before it becomes a label or a prediction.
struct Common {
  std::string class_name;
  Box box;
};

class Reader {
 public:
  Reader(fs::path file, const ReadOptions& options, ReadReport& report)
      : file_(std::move(file)),
        options_(options),
        report_(report),
        classes_(options, report),
        images_(options.images.empty() ? fs::absolute(file_).parent_path() : options.images) {}

  void read_line(std::string line, std::size_t number, const std::function<void(Record)>& take);
  void finish() {
    if (lost_members_ > 0) {
      report_.notes.push_back(
          fmt::format("{} lists beside the known members are not kept", lost_members_));
    }
  }

 private:
  void reject(std::string where, std::string reason) {
    report_.rejects.add(file_.string(), std::move(where), std::move(reason));
  }
  std::string read_sample(const object& row, Record& record);
  std::string read_picture(const object& row, Record& record);
  static std::string read_track(const object& row, Record& record);
  void read_objects(const object& row, Record& record);
  void read_layers(const object& row, Record& record);
  void read_labels(const array& rows, const std::string& place, bool sensor, Record& record,
                   LabelSet set);
  std::string read_label(const object& row, bool sensor, const Record& record, Label& label);
  void read_predictions(const array& rows, Record& record);
  std::string read_prediction(const object& row, const Record& record, Prediction& prediction);
  void read_flags(const array& rows, Record& record);
  std::string read_common(const object& row, bool any_class, Outside outside, const Record& record,
                          Common& common);
  std::string attributes_of(const object& row);

  fs::path file_;
  const ReadOptions& options_;
  ReadReport& report_;
  ClassNames classes_;
  ImageFolder images_;
  simdjson::dom::parser parser_;
  std::size_t lost_members_ = 0;
  std::unordered_set<std::string> keys_;
};

std::string Reader::read_sample(const object& row, Record& record) {
  Sample& sample = record.sample;
  sample.key = text_member(row, "key").value_or("");
  if (sample.key.empty() && !text_member(row, "image")) {
    return "it has neither \"key\" nor \"image\"";
  }
  if (auto problem = read_track(row, record); !problem.empty()) {
    return problem;
  }
  if (has_member(row, "key") && sample.key.empty()) {
    return "\"key\" is not a text";
  }
  if (auto problem = read_picture(row, record); !problem.empty()) {
    return problem;
  }
  if (!keys_.insert(sample.key.empty() ? "\n" + sample.file_name : sample.key).second) {
    return fmt::format("the sample \"{}\" is there twice; the first counts",
                       sample.key.empty() ? sample.file_name : sample.key);
  }
  sample.width = pixels_member(row, "width");
  sample.height = pixels_member(row, "height");
  sample.sequence = text_member(row, "sequence").value_or("");
  sample.source = text_member(row, "source").value_or("");
  sample.attributes = object_member(row, "attributes");
  const double frame = number_member(row, "frame").value_or(0);
  if (!(frame >= 0 && frame <= 9e15) || std::trunc(frame) != frame) {
    return fmt::format("the frame {:g} is not a whole number from 0", frame);
  }
  sample.frame = static_cast<std::int64_t>(frame);
  if (const auto time = text_member(row, "captured_at")) {
    return problem_of([&] { sample.captured_at = parse_time(*time); });
  }
  return {};
}

std::string Reader::read_picture(const object& row, Record& record) {
  Sample& sample = record.sample;
  if (const auto name = text_member(row, "image")) {
    auto found = images_.find(*name);
    if (!safe_relative_path(*name)) {
      return found.reason;
    }
    sample.file_name = found.name.empty() ? *name : found.name;
    record.image = std::move(found.file);
    record.image_problem = std::move(found.reason);
  }
  return {};
}

// "track": the sample is what was observed of an agent; "future": where it went after that.
std::string Reader::read_track(const object& row, Record& record) {
  const auto text = object_member(row, "track");
  if (text.empty()) {
    return {};
  }
  return problem_of([&] {
    auto track = parse_track(text, "\"track\"");
    track.class_name = text_member(row, "class").value_or(track.class_name);
    record.sample.media_type = kTrackMedia;
    record.media = track_media(track);
    element future;
    if (row.at_key("future").get(future) == simdjson::SUCCESS && !future.is_null()) {
      LabelSet set = whole_label(track.class_name);
      set.labels[0].attributes = future_attributes(
          parse_path(parse_json(simdjson::minify(future), "\"future\""), "\"future\""));
      record.labels.push_back(std::move(set));
    }
  });
}

void Reader::read_objects(const object& row, Record& record) {
  if (options_.content == Content::kPredictions || has_member(row, "predictions")) {
    array rows;
    if (row.at_key("predictions").get(rows) == simdjson::SUCCESS) {
      read_predictions(rows, record);
    }
  }
  if (!record.media.empty() && options_.content == Content::kLabels) {
    report_.objects += record.labels.size();
    return;
  }
  if (const auto name = text_member(row, "class"); name && options_.content == Content::kLabels) {
    if (auto problem = classes_.problem(*name); problem.empty()) {
      record.labels.push_back(whole_label(*name));
      ++report_.objects;
    } else {
      reject(record.where, std::move(problem));
    }
    return;
  }
  for (const char* name : {"objects", "labels"}) {
    array rows;
    if (options_.content == Content::kLabels && row.at_key(name).get(rows) == simdjson::SUCCESS) {
      read_labels(rows, name, false, record, {});
      return;
    }
  }
}

void Reader::read_layers(const object& row, Record& record) {
  object layers;
  if (row.at_key("layers").get(layers) != simdjson::SUCCESS) {
    return;
  }
  for (const auto& [name, value] : layers) {
    array rows;
    const auto place = fmt::format("layers.{}", name);
    if (value.get(rows) != simdjson::SUCCESS || name.empty()) {
      reject(fmt::format("{}, {}", record.where, place), "not a list of objects");
    } else {
      LabelSet set;
      set.layer = name;
      read_labels(rows, place, name != kLabelLayer, record, std::move(set));
    }
  }
}

void Reader::read_labels(const array& rows, const std::string& place, bool sensor, Record& record,
                         LabelSet set) {
  std::size_t index = 0;
  std::size_t refused = 0;
  std::set<std::string> ids;
  for (const element item : rows) {
    const std::size_t here = index++;
    object row;
    Label label;
    auto problem = item.get(row) != simdjson::SUCCESS ? "not an object"
                                                      : read_label(row, sensor, record, label);
    if (problem.empty()) {
      label.object = label.object.empty() ? fmt::format("{}", here + 1) : label.object;
      if (!ids.insert(label.object).second) {
        problem = fmt::format("the object \"{}\" is there twice; the first counts", label.object);
      }
    }
    if (problem.empty()) {
      set.labels.push_back(std::move(label));
    } else {
      ++refused;
      reject(fmt::format("{}, {}[{}]", record.where, place, here), std::move(problem));
    }
  }
  report_.objects += set.labels.size();
  record.refused += set.layer == kLabelLayer ? refused : 0;
  if (!set.labels.empty() || refused == 0) {
    record.labels.push_back(std::move(set));
  }
}

std::string Reader::read_common(const object& row, bool any_class, Outside outside,
                                const Record& record, Common& common) {
  common.class_name = text_member(row, "class").value_or("");
  if (common.class_name.empty()) {
    return "it has no \"class\"";
  }
  if (auto problem = any_class ? "" : classes_.problem(common.class_name); !problem.empty()) {
    return problem;
  }
  if (!options_.boxes && !has_member(row, "box")) {
    return {};
  }
  const auto numbers = numbers_member(row, "box");
  if (!numbers || numbers->size() != 4) {
    return "\"box\" is not four finite numbers [x1, y1, x2, y2]";
  }
  const auto& n = *numbers;
  common.box = {n[0], n[1], n[2], n[3]};
  const auto check = check_box(common.box, record.sample.width, record.sample.height, outside);
  report_.converted += check.clipped ? 1 : 0;
  return check.problem;
}

// "attributes", and beside it every unknown member that is a scalar.
std::string Reader::attributes_of(const object& row) {
  static constexpr std::array<std::string_view, 16> kKnown = {"object",        "id",
                                                              "class",         "box",
                                                              "crowd",         "ignore",
                                                              "track",         "score",
                                                              "probabilities", "aleatoric",
                                                              "epistemic",     "mutual_information",
                                                              "attributes",    "embedding_row",
                                                              "author",        "revision"};
  std::string members = object_member(row, "attributes");
  members = members.empty() ? "" : members.substr(1, members.size() - 2);
  for (const auto& [name, value] : row) {
    if (std::find(kKnown.begin(), kKnown.end(), name) != kKnown.end() || value.is_null()) {
      continue;
    }
    if (value.is_array() || value.is_object()) {
      ++lost_members_;
      continue;
    }
    members += fmt::format("{}{}:{}", members.empty() ? "" : ",", json_text(name),
                           simdjson::minify(value));
  }
  return members.empty() ? "" : "{" + members + "}";
}

std::string Reader::read_label(const object& row, bool sensor, const Record& record, Label& label) {
  Common common;
  if (auto problem =
          read_common(row, sensor, sensor ? Outside::kClip : options_.outside, record, common);
      !problem.empty()) {
    return problem;
  }
  const auto id = id_member(row, "object");
  label = {.object = id ? *id : id_member(row, "id").value_or(""),
           .class_name = std::move(common.class_name),
           .box = common.box,
           .crowd = flag_member(row, "crowd"),
           .ignore = flag_member(row, "ignore"),
           .track = id_member(row, "track").value_or(""),
           .attributes = attributes_of(row)};
  return {};
}

std::string Reader::read_prediction(const object& row, const Record& record,
                                    Prediction& prediction) {
  Common common;
  if (auto problem = read_common(row, false, Outside::kClip, record, common); !problem.empty()) {
    return problem;
  }
  const auto score = number_member(row, "score");
  if (!score || !(*score >= 0 && *score <= 1)) {
    return score ? fmt::format("the score {:g} is not between 0 and 1", *score)
                 : "it has no \"score\"";
  }
  prediction.class_name = std::move(common.class_name);
  prediction.score = *score;
  prediction.box = common.box;
  const std::tuple<const char*, std::vector<double>*, std::size_t> lists[] = {
      {"probabilities", &prediction.probabilities, 0},
      {"aleatoric", &prediction.aleatoric, 4},
      {"epistemic", &prediction.epistemic, 4}};
  for (const auto& [name, target, size] : lists) {
    if (!has_member(row, name)) {
      continue;
    }
    auto numbers = numbers_member(row, name);
    if (!numbers || (size != 0 && numbers->size() != size) ||
        std::any_of(numbers->begin(), numbers->end(), [](double v) { return v < 0; })) {
      return fmt::format("\"{}\" is not a list of {}numbers from 0", name, size == 4 ? "4 " : "");
    }
    *target = std::move(*numbers);
  }
  if (std::any_of(prediction.probabilities.begin(), prediction.probabilities.end(),
                  [](double p) { return p > 1.0001; })) {
    return "\"probabilities\" has a value above 1";
  }
  prediction.mutual_information = number_member(row, "mutual_information").value_or(-1);
  prediction.track = id_member(row, "track").value_or("");
  prediction.embedding_row =
      static_cast<std::int64_t>(number_member(row, "embedding_row").value_or(-1));
  prediction.attributes = attributes_of(row);
  return {};
}

void Reader::read_predictions(const array& rows, Record& record) {
  PredictionSet set;
  std::size_t index = 0;
  for (const element item : rows) {
    const std::size_t here = index++;
    object row;
    Prediction prediction;
    auto problem = item.get(row) != simdjson::SUCCESS ? "not an object"
                                                      : read_prediction(row, record, prediction);
    if (problem.empty()) {
      set.predictions.push_back(std::move(prediction));
    } else {
      reject(fmt::format("{}, predictions[{}]", record.where, here), std::move(problem));
    }
  }
  std::stable_sort(set.predictions.begin(), set.predictions.end(),
                   [](const auto& a, const auto& b) { return a.score > b.score; });
  report_.objects += set.predictions.size();
  record.predictions = std::move(set);
}

void Reader::read_flags(const array& rows, Record& record) {
  std::size_t index = 0;
  for (const element item : rows) {
    const auto where = fmt::format("{}, flags[{}]", record.where, index++);
    object row;
    if (item.get(row) != simdjson::SUCCESS || !text_member(row, "reason")) {
      reject(where, "a flag needs a \"reason\"");
      continue;
    }
    Flag flag{.reason = *text_member(row, "reason"), .author = text_member(row, "by").value_or("")};
    if (has_member(row, "box")) {
      const auto n = numbers_member(row, "box");
      flag.box = n && n->size() == 4 ? Box{(*n)[0], (*n)[1], (*n)[2], (*n)[3]} : Box{};
      const auto check =
          check_box(flag.box, record.sample.width, record.sample.height, Outside::kClip);
      if (!check.problem.empty()) {
        reject(where, check.problem);
        continue;
      }
    }
    record.flags.push_back(std::move(flag));
  }
}

void Reader::read_line(std::string line, std::size_t number,
                       const std::function<void(Record)>& take) {
  Record record{.file = file_.string(), .where = fmt::format("line {}", number)};
  object row;
  auto problem = problem_of([&] {
    const auto root = parse_document(parser_, std::move(line), "this line of the file");
    if (root.get(row) != simdjson::SUCCESS) {
      fail(ErrorCode::kInvalid, "not a JSON object");
    }
  });
  if (problem.empty()) {
    problem = read_sample(row, record);
  }
  if (!problem.empty()) {
    reject(record.where, std::move(problem));
    return;
  }
  read_objects(row, record);
  read_layers(row, record);
  array flags;
  if (row.at_key("flags").get(flags) == simdjson::SUCCESS) {
    read_flags(flags, record);
  }
  ++report_.records;
  take(std::move(record));
}

}  // namespace

ReadReport read_jsonl(const fs::path& path, const ReadOptions& options,
                      const std::function<void(Record)>& take) {
  std::ifstream in(path, std::ios::binary);
  if (!in || fs::is_directory(path)) {
    fail(ErrorCode::kInvalid, fmt::format("not a file that can be read: {}", path.string()));
  }
  ReadReport report;
  Reader reader(path, options, report);
  std::size_t number = 0;
  for (std::string line; std::getline(in, line);) {
    ++number;
    if (line.size() > kLineBytesMax) {
      report.rejects.add(path.string(), fmt::format("line {}", number), "longer than 64 MiB");
    } else if (!trim(line).empty()) {
      reader.read_line(std::move(line), number, take);
    }
  }
  if (report.records == 0 && report.rejects.count() > 0) {
    fail(ErrorCode::kInvalid,
         fmt::format("not one line can be read; {}: {}: {}", report.rejects.rows().front().where,
                     report.rejects.rows().front().reason, path.string()));
  }
  reader.finish();
  return report;
}

}  // namespace spotter::formats
