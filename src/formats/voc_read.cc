#include <cmath>
#include <fstream>
#include <map>

#include <fmt/format.h>
#include <pugixml.hpp>

#include "base/attempt.h"
#include "base/error.h"
#include "base/files.h"
#include "base/parallel.h"
#include "base/text.h"
#include "formats/image_folder.h"
#include "formats/json_rows.h"
#include "formats/rows.h"
#include "formats/voc.h"
#include "formats/xml_rows.h"

namespace spotter::formats {
namespace {

namespace fs = std::filesystem;

// An object as it stands in the file, before the corner origin is known.
struct RawObject {
  std::string name;
  std::string problem;
  Box corners;
  bool difficult = false;
  std::string attributes;
};

struct RawFile {
  std::string problem;  // of the whole file
  std::string file_name;
  int width = 0;
  int height = 0;
  std::vector<RawObject> objects;
};

bool yes(const pugi::xml_node& object, const char* name) {
  const auto text = trim(object.child_value(name));
  return text == "1" || to_lower(text) == "true";
}

int pixels(const pugi::xml_node& size, const char* name) {
  const auto number = parse_number(size.child_value(name)).value_or(0);
  return number >= 1 && number <= 1e6 ? static_cast<int>(number) : 0;
}

std::string attributes_of(const pugi::xml_node& object) {
  std::string members;
  const auto add = [&](std::string_view name, std::string_view json) {
    members += fmt::format("{}\"{}\":{}", members.empty() ? "" : ",", name, json);
  };
  for (const char* name : {"truncated", "occluded"}) {
    if (yes(object, name)) {
      add(name, "true");
    }
  }
  const auto pose = trim(object.child_value("pose"));
  if (!pose.empty() && pose != "Unspecified") {
    add("pose", json_text(pose));
  }
  return members.empty() ? "" : "{" + members + "}";
}

// Only the object's own bndbox counts: parts of a body have boxes of their own below it.
RawObject read_object(const pugi::xml_node& node) {
  RawObject object{.name = std::string(trim(node.child_value("name")))};
  object.difficult = yes(node, "difficult");
  object.attributes = attributes_of(node);
  const auto box = node.child("bndbox");
  if (!box) {
    object.problem = "the object has no <bndbox>";
    return object;
  }
  const std::pair<const char*, double*> corners[] = {{"xmin", &object.corners.x1},
                                                     {"ymin", &object.corners.y1},
                                                     {"xmax", &object.corners.x2},
                                                     {"ymax", &object.corners.y2}};
  for (const auto& [name, value] : corners) {
    const auto number = parse_number(box.child_value(name));
    if (!number || !std::isfinite(*number)) {
      object.problem =
          fmt::format("<{}> is \"{}\", not a finite number", name, trim(box.child_value(name)));
      return object;
    }
    *value = *number;
  }
  return object;
}

RawFile read_raw(const fs::path& file) {
  RawFile raw;
  raw.problem = problem_of([&] {
    std::string bytes = read_xml(file);
    pugi::xml_document document;
    const auto parsed = document.load_buffer_inplace(bytes.data(), bytes.size());
    if (!parsed) {
      fail(ErrorCode::kInvalid,
           fmt::format("not XML ({}): {}", parsed.description(), file.string()));
    }
    const auto root = document.child("annotation");
    if (!root) {
      fail(ErrorCode::kInvalid,
           fmt::format("not Pascal VOC, it has no <annotation>: {}", file.string()));
    }
    raw.file_name = trim(root.child_value("filename"));
    raw.width = pixels(root.child("size"), "width");
    raw.height = pixels(root.child("size"), "height");
    for (const auto& node : root.children("object")) {
      raw.objects.push_back(read_object(node));
    }
  });
  return raw;
}

// Split by stem from ImageSets/Main/{train,val,test}.txt; files of single classes have other names.
std::map<std::string, std::string> splits_of(const fs::path& path) {
  std::map<std::string, std::string> splits;
  for (const char* split : {"train", "val", "test"}) {
    std::ifstream in(path / "ImageSets" / "Main" / fmt::format("{}.txt", split));
    for (std::string line; std::getline(in, line);) {
      const std::string stem(trim(line));
      if (!stem.empty()) {
        splits.emplace(stem, split);
      }
    }
  }
  return splits;
}

int find_base(const std::vector<RawFile>& files, int asked, ReadReport& report) {
  if (asked >= 0) {
    report.notes.push_back(fmt::format("voc_base {} (as asked)", asked));
    return asked;
  }
  for (const auto& file : files) {
    for (const auto& object : file.objects) {
      const Box& c = object.corners;
      if (object.problem.empty() && (c.x1 == 0 || c.y1 == 0 || c.x2 == 0 || c.y2 == 0)) {
        report.notes.push_back(
            "voc_base 0 (some coordinate is 0); say --voc-base 1 if that is wrong");
        return 0;
      }
    }
  }
  report.notes.push_back("voc_base 1 (no coordinate is 0); say --voc-base 0 if that is wrong");
  return 1;
}

class Reader {
 public:
  Reader(const fs::path& path, const ReadOptions& options, ReadReport& report)
      : options_(options),
        report_(report),
        classes_(options, report),
        images_(folder_of(path, options)),
        annotations_(fs::is_directory(path / "Annotations") ? path / "Annotations" : path),
        splits_(splits_of(path)) {}

  void emit(const fs::path& file, const RawFile& raw, int base,
            const std::function<void(Record)>& take);

 private:
  static fs::path folder_of(const fs::path& path, const ReadOptions& options) {
    if (!options.images.empty()) {
      return options.images;
    }
    fs::path folder = fs::is_directory(path) ? path : fs::absolute(path).parent_path();
    if (folder.filename() == "Annotations") {
      folder = folder.parent_path();
    }
    return fs::is_directory(folder / "JPEGImages") ? folder / "JPEGImages" : folder;
  }
  [[nodiscard]] std::string split_attribute(const fs::path& file) const;
  std::string take_object(const RawObject& raw, const RawFile& file, int base, LabelSet& set);

  const ReadOptions& options_;
  ReadReport& report_;
  ClassNames classes_;
  ImageFolder images_;
  fs::path annotations_;
  std::map<std::string, std::string> splits_;  // by path below annotations_, without extension
  std::map<std::string, fs::path> owner_;
};

std::string Reader::split_attribute(const fs::path& file) const {
  const auto split =
      splits_.find(file.lexically_relative(annotations_).replace_extension().generic_string());
  return split == splits_.end() ? "" : fmt::format("{{\"split\":\"{}\"}}", split->second);
}

std::string Reader::take_object(const RawObject& raw, const RawFile& file, int base,
                                LabelSet& set) {
  if (!raw.problem.empty()) {
    return raw.problem;
  }
  if (auto problem = classes_.problem(raw.name); !problem.empty()) {
    return problem;
  }
  const Box& c = raw.corners;
  if (c.x2 <= c.x1 || c.y2 <= c.y1) {
    return fmt::format(
        "the box xmin {:g}, ymin {:g}, xmax {:g}, ymax {:g} has no width or height or is "
        "inverted",
        c.x1, c.y1, c.x2, c.y2);
  }
  Label label{.object = fmt::format("{}", set.labels.size() + 1), .class_name = raw.name};
  label.box = {c.x1 - base, c.y1 - base, c.x2, c.y2};
  label.ignore = raw.difficult;
  label.attributes = raw.attributes;
  const auto check = check_box(label.box, file.width, file.height, options_.outside);
  if (check.problem.empty()) {
    report_.converted += check.clipped ? 1 : 0;
    set.labels.push_back(std::move(label));
  }
  return check.problem;
}

void Reader::emit(const fs::path& file, const RawFile& raw, int base,
                  const std::function<void(Record)>& take) {
  if (!raw.problem.empty()) {
    report_.rejects.add(file.string(), "", raw.problem);
    return;
  }
  Record record{.file = file.string()};
  const std::string named = raw.file_name.empty() ? file.stem().string() : raw.file_name;
  auto found = images_.find(named);
  if (!safe_relative_path(named)) {
    report_.rejects.add(file.string(), "filename", found.reason);
    return;
  }
  record.image = found.file;
  record.image_problem = found.reason;
  record.sample.file_name = found.name.empty() ? named : found.name;
  if (const auto [it, is_new] = owner_.emplace(record.sample.file_name, file); !is_new) {
    report_.rejects.add(file.string(), "filename",
                        fmt::format("the picture \"{}\" is described by {} already",
                                    record.sample.file_name, it->second.string()));
    return;
  }
  record.sample.width = raw.width;
  record.sample.height = raw.height;
  record.sample.attributes = split_attribute(file);
  LabelSet set;
  std::size_t refused = 0;
  for (std::size_t i = 0; i < raw.objects.size(); ++i) {
    if (auto problem = take_object(raw.objects[i], raw, base, set); !problem.empty()) {
      ++refused;
      report_.rejects.add(file.string(),
                          fmt::format("object {} \"{}\"", i + 1, raw.objects[i].name),
                          std::move(problem));
    }
  }
  report_.objects += set.labels.size();
  if (!set.labels.empty() || refused == 0) {
    record.labels.push_back(std::move(set));
  }
  record.refused = refused;
  ++report_.records;
  take(std::move(record));
}

}  // namespace

ReadReport read_voc(const fs::path& path, const ReadOptions& options,
                    const std::function<void(Record)>& take) {
  if (options.content == Content::kPredictions) {
    fail(ErrorCode::kInvalid,
         fmt::format("Pascal VOC files hold labels, not predictions; use coco, yolo or jsonl: {}",
                     path.string()));
  }
  const auto files = voc_files(path);
  if (files.empty()) {
    fail(ErrorCode::kInvalid,
         fmt::format("no XML files in Annotations/ or here: {}", path.string()));
  }
  std::vector<RawFile> raw(files.size());
  parallel_for(files.size(), 64, [&](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i) {
      raw[i] = read_raw(files[i]);
    }
  });
  if (files.size() == 1 && !raw.front().problem.empty()) {
    fail(ErrorCode::kInvalid, raw.front().problem);
  }
  ReadReport report;
  const int base = find_base(raw, options.voc_base, report);
  Reader reader(path, options, report);
  for (std::size_t i = 0; i < files.size(); ++i) {
    reader.emit(files[i], raw[i], base, take);
  }
  return report;
}

}  // namespace spotter::formats
