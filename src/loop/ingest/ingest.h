// Step 1 of the loop: samples, labels, predictions and flags come in from files of other tools, and
// go out again. Importing the same thing twice adds nothing; a killed import is simply run again;
// one bad row never spoils the rest.
#pragma once
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/rejects.h"
#include "formats/format.h"
#include "project/project.h"

namespace spotter::ingest {

using Progress = std::function<void(double fraction, std::string_view doing)>;

enum class Sequences {
  kAsGiven,
  kByFolder
};  // kByFolder: pictures of one folder are one recording

struct ImportOptions {
  std::string format;
  std::filesystem::path path;
  formats::ReadOptions read;  // read.classes empty = the project's
  std::string model;          // whose predictions; with Content::kPredictions required
  std::string layer =
      kLabelLayer;     // for the labels that the file does not assign to a layer itself
  std::string prefix;  // put before every key that is derived from a file name
  std::string source;  // where the samples come from, where the file does not say
  Sequences sequences = Sequences::kAsGiven;
  bool dry_run = false;  // the same report, nothing changes
};

struct ImportReport {
  std::size_t samples_added = 0;
  std::size_t samples_unchanged = 0;
  std::size_t labels_added =
      0;  // objects in label sets that are new or differ from the current ones
  std::size_t label_sets_added = 0;     // those sets: also "nothing there"
  std::size_t layer_objects_added = 0;  // what sensors say
  std::size_t predictions_added = 0;
  std::size_t flags_added = 0;
  std::size_t converted = 0;  // objects that changed shape
  // Samples with labels, though some of their objects were refused: training would take those for
  // background.
  std::vector<std::string> incomplete;
  std::vector<std::string> classes;
  std::vector<std::string> notes;
  Rejects rejects;
  bool dry_run = false;
};
[[nodiscard]] Json to_json(const ImportReport& report);

// Keys: the file's own, else prefix + the picture's path below the image folder without its
// extension; two pictures that differ only in the extension keep it. A known key with other bytes
// is a reject, never an overwrite. Labels that equal the current ones (boxes within 0.01 px) add
// nothing, others a new revision. Pictures are hashed, decoded once (so broken ones are found) and
// given a thumbnail on all cores. Boxes in the frame of a turned picture's stored size are turned
// upright. One import at a time: others wait. Throws what the reader throws when nothing can be
// read, kUnavailable when the disk is full.
ImportReport import(Project& project, const ImportOptions& options, const Progress& progress = {});

struct FlagOptions {
  std::string sample;  // key
  std::string reason;
  std::optional<Box> box;  // upright pixels
  std::string author;      // empty = the project's person
  std::string source = "person";
};
// Returns {"id","sample","reason","box","author","added"}; the same flag again adds nothing. Throws
// kNotFound for an unknown sample with "did you mean", kInvalid for an empty reason or a bad box.
Json flag(Project& project, const FlagOptions& options);

struct ExportOptions {
  std::string format;
  std::filesystem::path out;
  std::string version;  // a dataset version; else `where`
  std::string where = "true";
  std::string model;      // its predictions go along
  bool pictures = false;  // copy the pictures too, where the format expects them
  bool overwrite = false;
};
// Returns {"samples","written","dropped","pictures","notes","rejects"}. Throws kConflict when `out`
// is there.
Json export_samples(Project& project, const ExportOptions& options);

}  // namespace spotter::ingest
