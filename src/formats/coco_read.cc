#include <algorithm>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include <fmt/format.h>
#include <simdjson.h>

#include "base/attempt.h"
#include "base/error.h"
#include "base/files.h"
#include "base/json.h"
#include "base/time.h"
#include "formats/coco.h"
#include "formats/image_folder.h"
#include "formats/json_rows.h"
#include "formats/rows.h"

namespace spotter::formats {
namespace {

namespace fs = std::filesystem;
using simdjson::dom::array;
using simdjson::dom::element;
using simdjson::dom::object;

// One picture of the file while its annotations are gathered.
struct Entry {
  Record record;
  std::vector<Label> labels;
  std::vector<Prediction> predictions;
  std::size_t refused = 0;
  bool unlabelled = false;  // said by the file: listed, but nobody looked at it yet
};

class Reader {
 public:
  Reader(fs::path file, const ReadOptions& options, ReadReport& report, ImageFolder& images)
      : file_(std::move(file)),
        options_(options),
        report_(report),
        images_(images),
        classes_(options, report) {}

  // Pictures and categories; then annotations if the file has any.
  void read_dataset(const object& root) {
    read_categories(root);
    read_images(root);
    array rows;
    has_annotations_ = root.at_key("annotations").get(rows) == simdjson::SUCCESS;
    if (has_annotations_) {
      read_rows(rows, "annotations", options_.content);
    }
  }

  // Only pictures and categories, for results that refer to them.
  void read_reference(const object& root, const fs::path& reference) {
    const fs::path results = std::exchange(file_, reference);
    read_categories(root);
    read_images(root);
    file_ = results;
  }

  void read_results(const array& rows) {
    has_annotations_ = true;
    read_rows(rows, "results", Content::kPredictions);
  }

  void emit(const std::function<void(Record)>& take) {
    for (auto& entry : entries_) {
      attach(entry);
      ++report_.records;
      report_.objects += entry.labels.size() + entry.predictions.size();
      take(std::move(entry.record));
    }
    if (shapes_ > 0) {
      report_.notes.push_back(
          fmt::format("{} outlines (segmentation) are not kept, only boxes", shapes_));
    }
  }

 private:
  void reject(std::string where, std::string reason) {
    report_.rejects.add(file_.string(), std::move(where), std::move(reason));
  }

  void read_categories(const object& root);
  void read_images(const object& root);
  void read_image(const object& row, const std::string& where);
  void read_rows(const array& rows, std::string_view list, Content content);
  std::string read_row(const object& row, Content content, Entry*& entry);
  std::string read_box(const object& row, const Entry& entry, Content content, Box& box);
  void add_label(const object& row, const std::string& id, const std::string& name, const Box& box,
                 Entry& entry);
  void attach(Entry& entry) const;

  fs::path file_;
  const ReadOptions& options_;
  ReadReport& report_;
  ImageFolder& images_;
  ClassNames classes_;
  bool has_annotations_ = false;
  std::size_t shapes_ = 0;
  std::unordered_map<std::string, std::string> categories_;  // id to name; ids have gaps
  std::unordered_map<std::string, std::size_t> by_id_;
  std::unordered_map<std::string, std::string> name_owner_;
  std::unordered_set<std::string> annotation_ids_;
  std::vector<Entry> entries_;
};

void Reader::read_categories(const object& root) {
  array rows;
  if (root.at_key("categories").get(rows) != simdjson::SUCCESS) {
    return;
  }
  std::size_t index = 0;
  for (const element item : rows) {
    const auto where = fmt::format("categories[{}]", index++);
    object row;
    if (item.get(row) != simdjson::SUCCESS) {
      reject(where, "not an object");
      continue;
    }
    const auto id = id_member(row, "id");
    const auto name = text_member(row, "name");
    if (!id || !name || name->empty()) {
      reject(where, "a category needs an \"id\" and a \"name\"");
    } else if (!categories_.emplace(*id, *name).second) {
      reject(where, fmt::format("the category id {} is there twice; the first counts", *id));
    } else {
      classes_.declare(*name);
    }
  }
}

void Reader::read_images(const object& root) {
  array rows;
  if (root.at_key("images").get(rows) != simdjson::SUCCESS) {
    fail(ErrorCode::kInvalid,
         fmt::format("not a COCO file: it has no list \"images\": {}", file_.string()));
  }
  std::size_t index = 0;
  for (const element item : rows) {
    auto where = fmt::format("images[{}]", index++);
    object row;
    if (item.get(row) != simdjson::SUCCESS) {
      reject(where, "not an object");
    } else {
      read_image(row, where);
    }
  }
}

void Reader::read_image(const object& row, const std::string& where) {
  const auto id = id_member(row, "id");
  const auto name = text_member(row, "file_name");
  if (!id || !name || name->empty()) {
    return reject(where, fmt::format("the picture has no \"{}\"", id ? "file_name" : "id"));
  }
  if (by_id_.contains(*id)) {
    return reject(where, fmt::format("the picture id {} is there twice; the first counts", *id));
  }
  if (const auto [owner, is_new] = name_owner_.emplace(*name, *id); !is_new) {
    return reject(where,
                  fmt::format("the picture \"{}\" has the id {} already", *name, owner->second));
  }
  auto found = images_.find(*name);
  if (!safe_relative_path(*name)) {
    return reject(fmt::format("image {}", *id), std::move(found.reason));
  }
  Entry entry;
  Sample& sample = entry.record.sample;
  entry.record.image = std::move(found.file);
  entry.record.image_problem = std::move(found.reason);
  entry.record.file = file_.string();
  entry.record.where = fmt::format("image {}", *id);
  sample.key = text_member(row, "key").value_or("");
  sample.file_name = found.name.empty() ? *name : found.name;
  sample.width = pixels_member(row, "width");
  sample.height = pixels_member(row, "height");
  sample.sequence = text_member(row, "sequence").value_or("");
  sample.frame = static_cast<std::int64_t>(number_member(row, "frame").value_or(0));
  sample.source = text_member(row, "source").value_or("");
  sample.attributes = object_member(row, "attributes");
  if (const auto time = text_member(row, "captured_at")) {
    const auto problem = problem_of([&] { sample.captured_at = parse_time(*time); });
    if (!problem.empty()) {
      reject(entry.record.where, problem);
    }
  }
  entry.unlabelled = has_member(row, "labelled") && !flag_member(row, "labelled");
  by_id_.emplace(*id, entries_.size());
  entries_.push_back(std::move(entry));
}

void Reader::read_rows(const array& rows, std::string_view list, Content content) {
  std::size_t index = 0;
  for (const element item : rows) {
    const std::size_t here = index++;
    object row;
    Entry* entry = nullptr;
    const std::string problem =
        item.get(row) != simdjson::SUCCESS ? "not an object" : read_row(row, content, entry);
    if (problem.empty()) {
      continue;
    }
    if (entry != nullptr) {
      ++entry->refused;
    }
    const auto id = item.is_object() ? id_member(row, "id") : std::nullopt;
    reject(id ? fmt::format("annotation {}", *id) : fmt::format("{}[{}]", list, here), problem);
  }
}

std::string Reader::read_row(const object& row, Content content, Entry*& entry) {
  const auto image = id_member(row, "image_id");
  if (!image) {
    return "it has no \"image_id\"";
  }
  const auto found = by_id_.find(*image);
  if (found == by_id_.end()) {
    return fmt::format("no picture has the id {}", *image);
  }
  entry = &entries_[found->second];
  const auto id = id_member(row, "id");
  if (content == Content::kLabels) {
    if (!id) {
      return "it has no \"id\"";
    }
    if (!annotation_ids_.insert(*id).second) {
      return fmt::format("the annotation id {} is there twice; the first counts", *id);
    }
  }
  const auto category = id_member(row, "category_id");
  if (!category) {
    return "it has no \"category_id\"";
  }
  const auto name = categories_.find(*category);
  if (name == categories_.end()) {
    return fmt::format("no category has the id {}", *category);
  }
  if (auto problem = classes_.problem(name->second); !problem.empty()) {
    return problem;
  }
  Box box;
  if (auto problem = read_box(row, *entry, content, box); !problem.empty()) {
    return problem;
  }
  shapes_ += has_member(row, "segmentation") ? 1 : 0;
  if (content == Content::kLabels) {
    add_label(row, *id, name->second, box, *entry);
    return {};
  }
  const auto score = number_member(row, "score");
  if (!score || !(*score >= 0 && *score <= 1)) {
    return score ? fmt::format("the score {:g} is not between 0 and 1", *score)
                 : "it has no \"score\"";
  }
  entry->predictions.push_back({.class_name = name->second, .score = *score, .box = box});
  return {};
}

// [x, y, width, height] with [0, 0, 1, 1] the first pixel: the edges that Spotter uses, no shift.
std::string Reader::read_box(const object& row, const Entry& entry, Content content, Box& box) {
  const auto numbers = numbers_member(row, "bbox");
  if (!numbers || numbers->size() != 4) {
    return has_member(row, "bbox")
               ? "\"bbox\" is not four finite numbers [x, y, width, height]"
               : "it has no \"bbox\"; Spotter reads boxes, convert outlines to boxes first";
  }
  const auto& b = *numbers;
  box = {b[0], b[1], b[0] + b[2], b[1] + b[3]};
  const auto check =
      check_box(box, entry.record.sample.width, entry.record.sample.height,
                content == Content::kPredictions ? Outside::kClip : options_.outside);
  report_.converted += check.clipped ? 1 : 0;
  return check.problem;
}

void Reader::add_label(const object& row, const std::string& id, const std::string& name,
                       const Box& box, Entry& entry) {
  Label label{.object = id_member(row, "object").value_or(id), .class_name = name, .box = box};
  label.crowd = flag_member(row, "iscrowd");
  label.ignore = flag_member(row, "ignore") && !label.crowd;  // as COCO's own code: crowd decides
  label.track = id_member(row, "track_id").value_or("");
  label.attributes = object_member(row, "attributes");
  entry.labels.push_back(std::move(label));
}

// A picture whose every annotation was refused is not "nothing there": it stays unlabelled.
void Reader::attach(Entry& entry) const {
  entry.record.refused = entry.refused;
  if (options_.content == Content::kPredictions) {
    std::stable_sort(entry.predictions.begin(), entry.predictions.end(),
                     [](const auto& a, const auto& b) { return a.score > b.score; });
    entry.record.predictions = PredictionSet{.sample = {}, .predictions = entry.predictions};
  } else if (!entry.labels.empty() ||
             (has_annotations_ && entry.refused == 0 && !entry.unlabelled)) {
    LabelSet set;
    set.labels = entry.labels;
    entry.record.labels.push_back(std::move(set));
  }
}

fs::path image_folder_of(const fs::path& path, const ReadOptions& options) {
  if (!options.images.empty()) {
    return options.images;
  }
  fs::path folder = fs::is_directory(path) ? path : fs::absolute(path).parent_path();
  if (folder.filename() == "annotations") {
    folder = folder.parent_path();
  }
  return fs::is_directory(folder / "images") ? folder / "images" : folder;
}

// "instances_train.json" in a folder of several says which split its pictures are in.
std::string split_in_name(const fs::path& file) {
  const auto stem = file.stem().string();
  for (const char* split : {"train", "val", "test"}) {
    if (stem.find(split) != std::string::npos) {
      return split;
    }
  }
  return {};
}

void add_split(Record& record, const std::string& split) {
  if (split.empty() || record.sample.attributes.find("\"split\"") != std::string::npos) {
    return;
  }
  Json attributes = record.sample.attributes.empty()
                        ? Json::object()
                        : parse_json(record.sample.attributes, "attributes");
  attributes["split"] = split;
  record.sample.attributes = attributes.dump();
}

void read_one(const fs::path& file, const ReadOptions& options, ReadReport& report,
              ImageFolder& images, const std::function<void(Record)>& take) {
  simdjson::dom::parser parser;
  const element root = parse_document(parser, read_file(file), file.string());
  Reader reader(file, options, report, images);
  object dataset;
  array results;
  if (root.get(dataset) == simdjson::SUCCESS) {
    reader.read_dataset(dataset);
  } else if (root.get(results) != simdjson::SUCCESS) {
    fail(ErrorCode::kInvalid,
         fmt::format("not a COCO file: neither object nor list: {}", file.string()));
  } else if (options.reference.empty() || options.content != Content::kPredictions) {
    fail(ErrorCode::kInvalid,
         fmt::format(
             "a COCO results list holds predictions and names pictures by number only: read it as "
             "predictions and give the file with the pictures (--as predictions --model NAME "
             "--reference FILE): {}",
             file.string()));
  } else {
    simdjson::dom::parser truth_parser;
    object truth;
    const element truth_root =
        parse_document(truth_parser, read_file(options.reference), options.reference.string());
    if (truth_root.get(truth) != simdjson::SUCCESS) {
      fail(ErrorCode::kInvalid,
           fmt::format("not a COCO file with pictures: {}", options.reference.string()));
    }
    reader.read_reference(truth, options.reference);
    reader.read_results(results);
  }
  reader.emit(take);
}

}  // namespace

ReadReport read_coco(const fs::path& path, const ReadOptions& options,
                     const std::function<void(Record)>& take) {
  ReadReport report;
  ImageFolder images(image_folder_of(path, options));
  const auto files = coco_files(path);
  for (const auto& file : files) {
    const auto split = fs::is_directory(path) ? split_in_name(file) : "";
    read_one(file, options, report, images, [&](Record record) {
      add_split(record, split);
      take(std::move(record));
    });
  }
  return report;
}

}  // namespace spotter::formats
