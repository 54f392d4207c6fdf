#include <algorithm>
#include <map>
#include <set>

#include <fmt/format.h>

#include "base/error.h"
#include "base/files.h"
#include "base/hash.h"
#include "formats/format.h"
#include "loop/label/batch.h"
#include "loop/label/difference.h"
#include "loop/label/label.h"
#include "project/ledger.h"
#include "project/options.h"
#include "trainer/command.h"
#include "trainer/trainer.h"

namespace spotter::label {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kDifferencesShown = 200;
constexpr double kScoreMin = 0.3;

// How a task's picture is called outside: the position keeps names apart, the rest is for people.
// The same at export and import, for the name is all that other tools bring back.
std::string picture_name(std::size_t position, const Sample& sample) {
  std::string stem =
      fs::path(sample.file_name.empty() ? sample.key : sample.file_name).stem().string();
  for (char& c : stem) {
    const bool plain =
        (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-';
    c = plain ? c : '_';
  }
  return fmt::format("{:05}_{}{}", position, stem.substr(0, 60),
                     sample.media_type == "image/png" ? ".png" : ".jpg");
}

// Samples of the batch by their name outside.
std::map<std::string, Sample> pictures_of(Project& project, const Batch& batch) {
  std::vector<std::string> keys;
  std::map<std::string, std::size_t> positions;
  for (std::size_t i = 0; i < batch.tasks.size(); ++i) {
    keys.push_back(batch.tasks[i].sample);
    positions[batch.tasks[i].sample] = i;
  }
  std::map<std::string, Sample> pictures;
  for (auto& sample : project.lake->samples(keys)) {
    const std::string name = picture_name(positions.at(sample.key), sample);
    pictures.emplace(name, std::move(sample));
  }
  return pictures;
}

// The batch's samples by every name that a file may use: ours first, then the original file name
// and the key, whole and by their last part, where only one sample has that.
class ReturnedNames {
 public:
  ReturnedNames(Project& project, const Batch& batch) {
    for (const auto& [name, sample] : pictures_of(project, batch)) {
      ours_.emplace(name, sample.key);
      std::set<std::string> names;
      for (const auto& text : {sample.file_name, sample.key}) {
        names.insert(text);
        names.insert(fs::path(text).filename().string());
        names.insert(fs::path(text).stem().string());
      }
      for (const auto& other : names) {
        const auto [at, is_new] = others_.emplace(other, sample.key);
        at->second = is_new || at->second == sample.key ? sample.key : "";
      }
    }
  }
  // The sample's key; empty when no sample, or more than one, goes by this name.
  [[nodiscard]] std::string find(const std::string& name) const {
    const fs::path path(name);
    const auto last = path.filename().string();
    if (const auto found = ours_.find(last); found != ours_.end()) {
      return found->second;
    }
    for (const auto& text : {name, last, path.stem().string()}) {
      if (const auto found = others_.find(text); found != others_.end() && !text.empty()) {
        return found->second;
      }
    }
    return {};
  }
  [[nodiscard]] std::string example() const { return ours_.empty() ? "" : ours_.begin()->first; }

 private:
  std::map<std::string, std::string> ours_;
  std::map<std::string, std::string> others_;  // "" = several
};

std::vector<std::string> open_keys(const Batch& batch) {
  std::vector<std::string> keys;
  for (const auto& task : batch.tasks) {
    if (task.state == "open") {
      keys.push_back(task.sample);
    }
  }
  return keys;
}

std::map<std::string, std::vector<Label>> current_labels(Project& project,
                                                         const std::vector<std::string>& keys) {
  std::map<std::string, std::vector<Label>> labels;
  if (!keys.empty()) {
    for (auto& set : project.lake->labels(keys, kLabelLayer)) {
      labels[set.sample] = std::move(set.labels);
    }
  }
  return labels;
}

// The model's predictions as labels to correct.
std::map<std::string, std::vector<Label>> pre_labels(Project& project, const ExportOptions& options,
                                                     const std::vector<std::string>& keys) {
  std::map<std::string, std::vector<Label>> labels;
  if (options.model.empty() || keys.empty()) {
    return labels;
  }
  trainer::predict(project, {.model = options.model, .keys = keys, .step = "label"},
                   [](double, std::string_view) {});
  const auto model = trainer::find_model(project, options.model);
  for (const auto& output : project.lake->predictions(model.id, keys)) {
    for (const auto& prediction : output.set.predictions) {
      if (prediction.score >= options.score_min) {
        auto& list = labels[output.set.sample];
        list.push_back({.object = std::to_string(list.size()),
                        .class_name = prediction.class_name,
                        .box = prediction.box});
      }
    }
  }
  return labels;
}

// Whether a sample is labelled by one class of the whole of it.
bool has_one_class(const Project& project) {
  return project.config.task == "classification";
}

const formats::Format& exchange_format(const Project& project, const std::string& name) {
  if (name == "csv" && !has_one_class(project)) {
    fail(ErrorCode::kInvalid,
         "a table holds no boxes: batches go out and come back as cvat or coco");
  }
  if (name != "coco" && name != "cvat" && name != "csv") {
    fail(
        ErrorCode::kInvalid,
        fmt::format("batches go out and come back as cvat, coco or, where pictures have one class, "
                    "csv, not \"{}\"",
                    name));
  }
  return formats::format_named(name);
}

// The file that holds the labels of a batch that goes out.
std::string file_name_of(std::string_view format) {
  return format == "cvat" ? "annotations.xml" : format == "csv" ? "labels.csv" : "annotations.json";
}

// What came back says itself what it is; the project's label.format decides where both would do.
std::string format_of(const Project& project, const ImportOptions& options) {
  if (!fs::exists(options.path)) {
    fail(ErrorCode::kNotFound, fmt::format("no such file or folder: {}", options.path.string()));
  }
  const bool cvat = formats::format_named("cvat").sniff(options.path);
  const bool coco = formats::format_named("coco").sniff(options.path);
  if (options.format == "csv" ||
      (options.format.empty() && formats::format_named("csv").sniff(options.path))) {
    (void)exchange_format(project, "csv");
    return "csv";
  }
  if (options.format.empty()) {
    return cvat != coco ? (cvat ? "cvat" : "coco")
                        : option_value(project.config.raw, "label.format").get<std::string>();
  }
  (void)exchange_format(project, options.format);
  const std::string other = options.format == "cvat" ? "coco" : "cvat";
  if (cvat != coco && (cvat ? "cvat" : "coco") == other) {
    fail(ErrorCode::kInvalid,
         fmt::format("this does not look like \"{}\" but like \"{}\"; say --format {}, or leave "
                     "--format out: {}",
                     options.format, other, other, options.path.string()));
  }
  return options.format;
}

Json rejects_json(const Rejects& rejects) {
  Json list = Json::array();
  for (const auto& row : rejects.rows()) {
    list.push_back({{"file", row.file}, {"where", row.where}, {"reason", row.reason}});
  }
  return list;
}

struct Returned {
  std::map<std::string, std::vector<Label>> labels;  // by sample
  Json foreign = Json::array();
  Json incomplete = Json::array();  // keys of samples that lack objects which were refused
  Json refused = Json::array();     // keys of samples whose every object was refused
  std::string expected_name;
  Rejects rejects;
};

// A class is of the whole picture, whatever box a tool drew for it.
void fill_whole(Project& project, const std::string& key, LabelSet& set) {
  if (!has_one_class(project)) {
    return;
  }
  const std::vector<std::string> keys = {key};
  const auto sample = project.lake->samples(keys).at(0);
  for (auto& label : set.labels) {
    label.object = "0";
    label.box = {0, 0, static_cast<double>(sample.width), static_cast<double>(sample.height)};
  }
}

Returned read_returned(Project& project, const Batch& batch, const ImportOptions& options) {
  const ReturnedNames names(project, batch);
  Returned returned{.expected_name = names.example()};
  formats::ReadOptions how;
  how.classes = trainer::class_names(project);
  Rejects twice;
  const auto report = formats::read_with(
      exchange_format(project, options.format), options.path, how, [&](formats::Record record) {
        const auto key = names.find(record.sample.file_name);
        if (key.empty()) {
          returned.foreign.push_back(record.sample.file_name);
          return;
        }
        if (record.labels.empty() && record.refused > 0) {
          returned.refused.push_back(key);
          return;
        }
        if (record.labels.empty() && has_one_class(project)) {
          return;  // nobody has said yet what it is
        }
        const auto [labels, is_new] = returned.labels.try_emplace(key);
        if (!is_new) {
          twice.add(record.file, record.where,
                    fmt::format("the sample \"{}\" is there twice; the first counts", key));
          return;
        }
        if (record.refused > 0) {
          returned.incomplete.push_back(key);
        }
        for (auto& set : record.labels) {
          fill_whole(project, key, set);
          std::move(set.labels.begin(), set.labels.end(), std::back_inserter(labels->second));
        }
      });
  returned.rejects = report.rejects;
  for (const auto& row : twice.rows()) {
    returned.rejects.add(row.file, row.where, row.reason);
  }
  return returned;
}

Json difference_json(const std::string& key, const Difference& difference) {
  return {{"key", key},
          {"added", difference.added},
          {"removed", difference.removed},
          {"moved", difference.moved},
          {"renamed", difference.renamed}};
}

void count(Json& report, const std::string& key, const Difference& difference, bool is_new) {
  const auto add = [&](const char* name, std::size_t by) {
    report[name] = report[name].get<std::size_t>() + by;
  };
  add(is_new || !difference.empty() ? "changed" : "unchanged", 1);
  add("labels_added", difference.added.size());
  add("labels_removed", difference.removed.size());
  add("labels_moved", difference.moved.size());
  add("labels_renamed", difference.renamed.size());
  if (!difference.empty() && report["differences"].size() < kDifferencesShown) {
    report["differences"].push_back(difference_json(key, difference));
  }
}

void take(Project& project, const Batch& batch, const ImportOptions& options,
          const std::vector<LabelSet>& sets, const std::vector<std::string>& done) {
  // Killed after the write, the same file shows no difference any more; so each import is its own
  // write.
  const std::string content = sha256_hex(read_file(options.path));
  const double share = options.seconds / static_cast<double>(std::max<std::size_t>(1, done.size()));
  take_labels(project, batch,
              fmt::format("label/{}/{}/{}", batch.id, content, project.lake->snapshot()), sets,
              done, share);
  if (options.seconds > 0) {
    add_ledger(project, {.key = fmt::format("label/{}/{}", batch.id, content),
                         .cycle = json_get_or<std::string>(batch.report, "cycle", ""),
                         .step = "label",
                         .kind = "human",
                         .seconds = options.seconds,
                         .note = fmt::format("labelling of batch \"{}\"", batch.name),
                         .author = options.author});
  }
}

}  // namespace

Json export_batch(Project& project, const ExportOptions& asked) {
  ExportOptions options = asked;
  if (options.format.empty()) {
    options.format = has_one_class(project) ? "csv" : "cvat";
  }
  if (options.score_min < 0) {
    options.score_min = has_one_class(project) ? 0 : kScoreMin;
  }
  const auto& format = exchange_format(project, options.format);
  const Batch batch = find_batch(project, options.batch);
  if (fs::exists(options.out) && !fs::is_empty(options.out)) {
    fail(ErrorCode::kConflict,
         fmt::format("the folder is not empty; name a new one: {}", options.out.string()));
  }
  const auto keys = open_keys(batch);
  if (keys.empty()) {
    fail(ErrorCode::kInvalid,
         fmt::format("every task of batch \"{}\" is done; there is nothing to send", batch.name));
  }
  // Where nothing can be written, this refuses before any file is made.
  project.catalog->execute("UPDATE batches SET state = state WHERE id = $1", {batch.id});
  const auto labels = current_labels(project, keys);
  const auto guesses = pre_labels(project, options, keys);
  make_folders(options.out / "images");
  std::vector<formats::WriteItem> items;
  std::size_t guessed = 0;
  for (const auto& [name, sample] : pictures_of(project, batch)) {
    if (std::find(keys.begin(), keys.end(), sample.key) == keys.end()) {
      continue;
    }
    fs::copy_file(project.blobs->local_path(sample.media), options.out / "images" / name);
    formats::WriteItem item{.sample = sample, .labels = LabelSet{.sample = sample.key}};
    item.sample.file_name = name;
    item.sample.key =
        fs::path(name).stem().string();  // what other tools see must lead back to the name
    if (const auto known = labels.find(sample.key); known != labels.end()) {
      item.labels->labels = known->second;
    } else if (const auto guess = guesses.find(sample.key); guess != guesses.end()) {
      item.labels->labels = guess->second;
      guessed += guess->second.size();
    }
    items.push_back(std::move(item));
  }
  const fs::path file = options.out / file_name_of(options.format);
  const auto report = format.write(file, items, trainer::class_names(project));
  project.catalog->execute(
      "UPDATE batches SET state = 'exported', updated_at = $2 WHERE id = $1 AND state = 'open'",
      {batch.id, project.now()});
  return {{"batch", batch.name},
          {"folder", options.out.string()},
          {"file", file.string()},
          {"samples", items.size()},
          {"labels", report.written},
          {"pre_labels", guessed},
          {"rejects", rejects_json(report.rejects)}};
}

Json import_batch(Project& project, const ImportOptions& asked) {
  const Batch batch = find_batch(project, asked.batch);
  ImportOptions options = asked;
  options.format = format_of(project, asked);
  const auto returned = read_returned(project, batch, options);
  std::vector<std::string> keys;
  for (const auto& task : batch.tasks) {
    keys.push_back(task.sample);
  }
  const auto current = current_labels(project, keys);
  Json report = {{"batch", batch.name},
                 {"dry_run", options.dry_run},
                 {"samples", returned.labels.size()},
                 {"changed", 0},
                 {"unchanged", 0},
                 {"labels_added", 0},
                 {"labels_removed", 0},
                 {"labels_moved", 0},
                 {"labels_renamed", 0},
                 {"missing", Json::array()},
                 {"format", options.format},
                 {"incomplete", returned.incomplete},
                 {"refused", returned.refused},
                 {"foreign", returned.foreign},
                 {"expected_name", returned.expected_name},
                 {"differences", Json::array()},
                 {"rejects", rejects_json(returned.rejects)}};
  std::vector<LabelSet> sets;
  std::vector<std::string> done;
  const std::string author = options.author.empty() ? "import:" + options.format : options.author;
  for (const auto& task : batch.tasks) {
    const auto& key = task.sample;
    const auto labels = returned.labels.find(key);
    if (labels == returned.labels.end()) {
      if (task.state == "open") {
        report["missing"].push_back(key);
      }
      continue;
    }
    const auto before = current.find(key);
    auto difference =
        compare(before == current.end() ? std::vector<Label>{} : before->second, labels->second);
    count(report, key, difference, before == current.end());
    done.push_back(key);
    if (before == current.end() || !difference.empty()) {
      sets.push_back({.sample = key,
                      .author = author,
                      .batch = batch.id,
                      .created_at = project.now(),
                      .labels = std::move(difference.merged)});
    }
  }
  if (!options.dry_run) {
    take(project, batch, options, sets, done);
    project.audit("batch.import", batch.id, {{"changed", report["changed"]}, {"author", author}});
  }
  return report;
}

}  // namespace spotter::label
