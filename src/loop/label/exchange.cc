#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "base/error.h"
#include "base/files.h"
#include "base/hash.h"
#include "formats/format.h"
#include "loop/label/batch.h"
#include "loop/label/difference.h"
#include "loop/label/label.h"
#include "project/ledger.h"
#include "trainer/command.h"
#include "trainer/trainer.h"

namespace spotter::label {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kDifferencesShown = 200;

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

const formats::Format& exchange_format(const std::string& name) {
  if (name != "coco" && name != "cvat") {
    fail(ErrorCode::kInvalid,
         fmt::format("batches go out and come back as cvat or coco, not \"{}\"", name));
  }
  return formats::format_named(name);
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
  Rejects rejects;
};

Returned read_returned(Project& project, const Batch& batch, const ImportOptions& options) {
  const auto pictures = pictures_of(project, batch);
  Returned returned;
  formats::ReadOptions how;
  how.classes = trainer::class_names(project);
  const auto report = formats::read_with(
      exchange_format(options.format), options.path, how, [&](formats::Record record) {
        const auto found = pictures.find(fs::path(record.sample.file_name).filename().string());
        if (found == pictures.end()) {
          returned.foreign.push_back(record.sample.file_name);
          return;
        }
        auto& labels = returned.labels[found->second.key];
        for (auto& set : record.labels) {
          std::move(set.labels.begin(), set.labels.end(), std::back_inserter(labels));
        }
      });
  returned.rejects = report.rejects;
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

Json export_batch(Project& project, const ExportOptions& options) {
  const auto& format = exchange_format(options.format);
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
    item.sample.key = fs::path(name).stem().string();  // what other tools see must lead back to the name
    if (const auto known = labels.find(sample.key); known != labels.end()) {
      item.labels->labels = known->second;
    } else if (const auto guess = guesses.find(sample.key); guess != guesses.end()) {
      item.labels->labels = guess->second;
      guessed += guess->second.size();
    }
    items.push_back(std::move(item));
  }
  const fs::path file =
      options.out / (options.format == "cvat" ? "annotations.xml" : "annotations.json");
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

Json import_batch(Project& project, const ImportOptions& options) {
  const Batch batch = find_batch(project, options.batch);
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
                 {"foreign", returned.foreign},
                 {"differences", Json::array()},
                 {"rejects", rejects_json(returned.rejects)}};
  std::vector<LabelSet> sets;
  std::vector<std::string> done;
  const std::string author = options.author.empty() ? "import:" + options.format : options.author;
  for (const auto& key : keys) {
    const auto labels = returned.labels.find(key);
    if (labels == returned.labels.end()) {
      report["missing"].push_back(key);
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
