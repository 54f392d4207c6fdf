// Interchange formats: files of other tools to and from the nouns of domain/. A format is a value
// with its own sniff, read and write; one file a format and one line in registry.cc. Readers never
// open a path that a file names: names are lookup keys, resolved below the image folder that the
// user gave.
#pragma once
#include <filesystem>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/rejects.h"
#include "domain/annotation.h"
#include "domain/sample.h"

namespace spotter::formats {

// What a person or a robot says about a sample before anybody labels it.
struct Flag {
  std::string reason;
  Box box;             // empty = the whole sample
  std::string author;  // empty = whoever imports
};

// One sample as a file describes it. Fields that the file does not state stay empty or 0.
struct Record {
  Sample sample;                // key empty = derived from file_name
  std::filesystem::path image;  // file to read; empty = a lookup of a known sample by key or name
  std::string media;          // the sample's own bytes where it is no file; sample.media_type says
                              // what they are
  std::string image_problem;  // why `image` is empty although a picture was looked for
  std::string file;           // where this record stands, for reports: "a.json", "image 17"
  std::string where;
  std::vector<LabelSet>
      labels;  // one a layer that the file speaks of; an empty set = "nothing there"
  std::optional<PredictionSet> predictions;
  std::vector<Flag> flags;
  std::size_t refused = 0;  // labels of this picture that the reader rejected: it lacks them now
};

enum class Content { kLabels, kPredictions };
// What to do with a box that leaves its picture by more than a pixel (less is always clipped).
enum class Outside { kReject, kClip };

struct ReadOptions {
  std::filesystem::path images;  // folder that holds the pictures; empty = the format's custom
  std::filesystem::path
      reference;  // COCO results: the file with the pictures and categories they refer to
  Content content = Content::kLabels;
  std::vector<std::string> classes;  // the schema; empty = take every class that the file names
  bool boxes =
      true;          // false: the task has none, and an object without a box is of the whole sample
  int observed = 8;  // of tracks: positions that are seen in a window
  int predicted = 12;  // and that are to come
  int voc_base = -1;   // Pascal VOC corner origin: 1, 0, or -1 = find out (any 0 means 0)
  Outside outside = Outside::kReject;
  bool clusters = false;  // KITTI: layer lidar from the points themselves, not from 3D labels
};

struct ReadReport {
  std::size_t records = 0;
  std::size_t objects = 0;           // labels and predictions taken
  std::size_t converted = 0;         // of these, how many changed shape: polygons to boxes, clipped
  std::vector<std::string> classes;  // every class name seen, in the file's order
  std::vector<std::string> notes;    // choices made, e.g. "voc_base 1 (no coordinate is 0)"
  Rejects rejects;
};

struct WriteItem {
  Sample sample;
  std::optional<LabelSet> labels;  // absent = unlabelled (YOLO and VOC writers then omit the image)
  std::optional<PredictionSet> predictions;
  std::vector<LabelSet> layers;  // what sensors say; only JSON Lines holds it
  std::vector<Flag> flags;       // only JSON Lines holds them
};

struct WriteReport {
  std::size_t written = 0;  // objects
  std::size_t samples = 0;
  std::size_t dropped = 0;  // objects that the format cannot hold, each with a reason in `rejects`
  std::vector<std::string> notes;  // what is not kept: attributes, tracks, …
  Rejects rejects;
};

struct Format {
  std::string_view name;  // "coco", "voc", "yolo", "jsonl", "cvat", "images"
  std::string_view summary;
  std::string_view layout;  // what PATH is and what lies in it, for --help and the reference pages
  // Whether `path` (file or folder) looks like this format, from names and the first bytes only.
  bool (*sniff)(const std::filesystem::path& path);
  // Streams records to `take`, one at a time. Bad rows go to report.rejects and never stop the
  // rest; throws kInvalid only when nothing can be read (not this format at all, unreadable file).
  ReadReport (*read)(const std::filesystem::path& path, const ReadOptions& options,
                     const std::function<void(Record)>& take);
  // Writes all items below `path`; every file by temporary and rename. Images are not copied.
  // Null when the format cannot be written.
  WriteReport (*write)(const std::filesystem::path& path, std::span<const WriteItem> items,
                       std::span<const std::string> classes);
};

[[nodiscard]] std::span<const Format* const> all_formats();
// Throws kNotFound with "did you mean".
[[nodiscard]] const Format& format_named(std::string_view name);
// Reads, and where `format` cannot, names the format that the path looks like. Throws as `read`
// does.
[[nodiscard]] ReadReport read_with(const Format& format, const std::filesystem::path& path,
                                   const ReadOptions& options,
                                   const std::function<void(Record)>& take);

}  // namespace spotter::formats
