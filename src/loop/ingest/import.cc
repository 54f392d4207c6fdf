#include <algorithm>
#include <span>

#include <fmt/format.h>

#include "base/attempt.h"
#include "base/error.h"
#include "base/files.h"
#include "base/hash.h"
#include "formats/convert.h"
#include "loop/ingest/fit.h"
#include "loop/ingest/ingest.h"
#include "loop/ingest/keys.h"
#include "loop/ingest/pictures.h"
#include "loop/ingest/write.h"
#include "media/image.h"
#include "trainer/trainer.h"

namespace spotter::ingest {
namespace {

using formats::Content;
using formats::Record;

constexpr std::size_t kBatchRecords = 2000;
constexpr int kLockTimeoutMs = 600'000;

void require_sense(const ImportOptions& options) {
  const bool predictions = options.read.content == Content::kPredictions;
  if (predictions && options.model.empty()) {
    fail(ErrorCode::kInvalid,
         "predictions need the name of the model that made them: --model NAME");
  }
  if (options.layer.empty()) {
    fail(ErrorCode::kInvalid, "the layer has no name");
  }
}

// The model by id, name or alias; one that the project does not know is registered as made
// elsewhere.
std::string model_of(Project& project, const ImportOptions& options, ImportReport& report) {
  if (options.model.empty()) {
    return {};
  }
  std::string id;
  const auto unknown = problem_of([&] { id = trainer::find_model(project, options.model).id; });
  if (!unknown.empty()) {
    id = "model_" + sha256_hex("imported\n" + options.model).substr(0, 12);
    report.notes.push_back(fmt::format(
        "the model \"{}\" is new here: it is known by its predictions only", options.model));
    if (!options.dry_run) {
      const Json definition = {{"runtime", "imported"}, {"classes", project.config.classes}};
      project.catalog->execute(
          "INSERT INTO models (id, name, definition, files, created_at) VALUES ($1, $2, $3, '{}', "
          "$4) ON CONFLICT "
          "(id) DO NOTHING",
          {id, options.model, definition.dump(), project.now()});
    }
  }
  return id;
}

std::vector<Record> read_records(const Project& project, const ImportOptions& options,
                                 ImportReport& report) {
  formats::ReadOptions read = options.read;
  read.boxes = project.config.task == "detection";
  if (read.classes.empty() && options.layer == kLabelLayer) {
    read.classes = project.config.classes;
  }
  std::vector<Record> records;
  auto result = formats::read_with(formats::format_named(options.format), options.path, read,
                                   [&](Record record) { records.push_back(std::move(record)); });
  report.converted = result.converted;
  report.classes = std::move(result.classes);
  report.notes = std::move(result.notes);
  report.rejects = std::move(result.rejects);
  std::size_t unread = 0;
  for (auto& record : records) {
    for (auto& set : record.labels) {
      if (set.layer == kLabelLayer) {
        set.layer = options.layer;
      }
    }
    if (record.predictions && options.model.empty()) {
      ++unread;
      record.predictions.reset();
    }
  }
  if (unread > 0) {
    report.notes.push_back(fmt::format(
        "predictions of {} samples are not read: say whose they are (--model)", unread));
  }
  return records;
}

// Metadata of the file's own words, filled up from the picture.
void complete(Sample& sample, const Picture& picture, const ImportOptions& options) {
  sample.media = picture.media;
  sample.media_type = picture.media_type;
  sample.width = picture.width;
  sample.height = picture.height;
  if (sample.captured_at == 0) {
    sample.captured_at = picture.captured_at;
  }
  if (sample.source.empty()) {
    sample.source = options.source;
  }
  if (sample.attributes.empty()) {
    sample.attributes = "{}";
  }
}

// Objects that people marked.
std::size_t labelled_objects(const Record& record) {
  std::size_t objects = 0;
  for (const auto& set : record.labels) {
    objects += set.layer == kLabelLayer ? set.labels.size() : 0;
  }
  return objects;
}

// Objects without a box are of the whole picture.
void say_of_whole(Record& record, const Picture& truth) {
  const Box whole = {0, 0, static_cast<double>(truth.width), static_cast<double>(truth.height)};
  for (auto& set : record.labels) {
    for (auto& label : set.labels) {
      label.box = label.box == Box{} ? whole : label.box;
    }
  }
  if (record.predictions) {
    for (auto& prediction : record.predictions->predictions) {
      prediction.box = prediction.box == Box{} ? whole : prediction.box;
    }
  }
  record.sample.width = truth.width;  // what the file says of the size places no box
  record.sample.height = truth.height;
}

class Importer {
 public:
  Importer(Project& project, const ImportOptions& options, ImportReport& report)
      : project_(project), options_(options), report_(report), known_(project) {
    context_ = {.author = "import:" + options.format,
                .model_id = model_of(project, options, report),
                .flag_source = "import",
                .snapshot = project.lake->snapshot(),
                .dry_run = options.dry_run};
  }

  void take(std::span<Record> records) {
    const auto pictures =
        load_pictures(project_, records, known_, options_.dry_run ? Keep::kNothing : Keep::kBlobs);
    std::vector<Ready> batch;
    for (std::size_t i = 0; i < records.size(); ++i) {
      settle(records[i], pictures[i], batch);
    }
    write_batch(project_, batch, context_, report_);
  }

  void finish() {
    report_.converted += counts_.turned + counts_.clipped;
    if (counts_.turned > 0) {
      report_.notes.push_back(
          fmt::format("{} boxes were given in the frame of turned pictures' stored pixels and "
                      "are upright now",
                      counts_.turned));
    }
  }

 private:
  void reject(const Record& record, std::string reason) {
    report_.rejects.add(record.file, record.where, std::move(reason));
  }
  void settle(Record& record, const Picture& picture, std::vector<Ready>& batch);
  [[nodiscard]] Picture picture_of(const Sample& sample, const Record& record) const;

  Project& project_;
  const ImportOptions& options_;
  ImportReport& report_;
  KnownSamples known_;
  WriteContext context_;
  FitCounts counts_;
};

// A known sample's picture; its orientation is looked up only where the file's size is the other
// way round.
Picture Importer::picture_of(const Sample& sample, const Record& record) const {
  Picture picture{.media = sample.media, .width = sample.width, .height = sample.height};
  if (record.sample.width == sample.height && record.sample.height == sample.width &&
      sample.width != sample.height) {
    picture.orientation = media::probe(project_.blobs->get(sample.media), sample.key).orientation;
  }
  return picture;
}

void Importer::settle(Record& record, const Picture& picture, std::vector<Ready>& batch) {
  if (!picture.problem.empty()) {
    return reject(record, picture.problem);
  }
  const Sample* known = known_.find(record);
  if (known == nullptr && record.image.empty() && record.media.empty()) {
    return reject(record, record.image_problem.empty()
                              ? fmt::format("no sample \"{}\" is known and no picture is given",
                                            record.sample.key)
                              : record.image_problem);
  }
  const bool brings_bytes = !record.image.empty() || !record.media.empty();
  if (known != nullptr && brings_bytes && known->media != picture.media) {
    return reject(
        record,
        fmt::format("the key \"{}\" belongs to a sample with other bytes; samples never change: "
                    "give another name, or keys of their own by --prefix",
                    known->key));
  }
  const std::size_t objects = labelled_objects(record);
  const auto truth = known != nullptr && !brings_bytes ? picture_of(*known, record) : picture;
  if (project_.config.task == "classification") {
    say_of_whole(record, truth);
  }
  if (project_.config.task != "trajectory") {  // tracks have no boxes
    fit_record(record, truth, options_.read.outside, counts_, report_.rejects);
  }
  const std::size_t fitting = labelled_objects(record);
  if (fitting > 0 && objects - fitting + record.refused > 0) {
    report_.incomplete.push_back(known != nullptr ? known->key : record.sample.key);
  }
  if (known != nullptr) {
    record.sample.key = known->key;
  } else {
    complete(record.sample, picture, options_);
  }
  batch.push_back({.record = std::move(record), .is_new = known == nullptr});
}

// A project without classes takes those of its labels, so it lacks none.
std::vector<std::string> class_hints(const Project& project, const ImportReport& report) {
  std::vector<std::string> unknown;
  if (project.config.classes.empty()) {
    return unknown;
  }
  for (const auto& name : report.classes) {
    const auto& schema = project.config.classes;
    if (std::find(schema.begin(), schema.end(), name) == schema.end()) {
      unknown.push_back(name);
    }
  }
  return unknown;
}

std::string incomplete_note(const ImportReport& report, bool only_some_classes) {
  constexpr std::size_t kNamedMax = 3;
  const auto& keys = report.incomplete;
  const auto named = std::span(keys).first(std::min(kNamedMax, keys.size()));
  return fmt::format(
      "{} incompletely labelled: {}{}; training takes what was refused for background: {}",
      keys.size() == 1 ? "1 picture is now" : fmt::format("{} pictures are now", keys.size()),
      fmt::join(named, ", "),
      keys.size() > kNamedMax ? fmt::format(" and {} more", keys.size() - kNamedMax) : "",
      only_some_classes
          ? "right only if nobody wants the classes that --classes leaves out found; else import "
            "again with all"
          : "mend the file, or add the classes to spotter.yaml, and import again");
}

}  // namespace

ImportReport import(Project& project, const ImportOptions& options, const Progress& progress) {
  require_sense(options);
  const FileLock lock(project.state_folder() / "import.lock", "importing", kLockTimeoutMs);
  ImportReport report{.dry_run = options.dry_run};
  auto records = read_records(project, options, report);
  assign_keys(records, options, report.rejects);
  Importer importer(project, options, report);
  for (std::size_t done = 0; done < records.size();) {
    const auto count = std::min(kBatchRecords, records.size() - done);
    importer.take(std::span(records).subspan(done, count));
    done += count;
    if (progress) {
      progress(static_cast<double>(done) / static_cast<double>(records.size()),
               fmt::format("{} of {} samples", done, records.size()));
    }
  }
  importer.finish();
  if (const auto unknown = class_hints(project, report);
      !unknown.empty() && options.layer == kLabelLayer) {
    report.notes.push_back(
        fmt::format("classes that the project does not have: {}; add them to `classes` in "
                    "spotter.yaml to take their objects",
                    fmt::join(unknown, ", ")));
  }
  if (!report.incomplete.empty()) {
    report.notes.push_back(incomplete_note(report, !options.read.classes.empty()));
  }
  const bool changed = report.samples_added + report.label_sets_added + report.predictions_added +
                           report.flags_added >
                       0;
  if (!options.dry_run && changed) {
    Json counts = to_json(report);
    counts["rejects"] = report.rejects.count();
    counts.erase("incomplete");  // how many is enough
    project.audit("import", options.path.string(), counts);
  }
  return report;
}

Json to_json(const ImportReport& report) {
  return {{"samples_added", report.samples_added},
          {"samples_unchanged", report.samples_unchanged},
          {"labels_added", report.labels_added},
          {"label_sets_added", report.label_sets_added},
          {"layer_objects_added", report.layer_objects_added},
          {"predictions_added", report.predictions_added},
          {"flags_added", report.flags_added},
          {"converted", report.converted},
          {"incomplete_count", report.incomplete.size()},
          {"incomplete", report.incomplete},
          {"reject_count", report.rejects.count()},
          {"rejects", formats::rejects_json(report.rejects)},
          {"classes", report.classes},
          {"notes", report.notes},
          {"dry_run", report.dry_run}};
}

}  // namespace spotter::ingest
