#include "loop/ingest/write.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <unordered_map>

#include <fmt/format.h>

#include "base/hash.h"
#include "formats/jsonl.h"
#include "loop/ingest/flags.h"

namespace spotter::ingest {
namespace {

constexpr double kSamePx = 0.01;  // CVAT's two decimals

bool same_box(const Box& a, const Box& b) {
  return std::abs(a.x1 - b.x1) <= kSamePx && std::abs(a.y1 - b.y1) <= kSamePx &&
         std::abs(a.x2 - b.x2) <= kSamePx && std::abs(a.y2 - b.y2) <= kSamePx;
}

void order(std::vector<Label>& labels) {
  const auto key = [](const Label& l) {
    return std::tuple(l.class_name, std::round(l.box.x1), std::round(l.box.y1),
                      std::round(l.box.x2), std::round(l.box.y2), l.box.x1, l.box.y1);
  };
  std::sort(labels.begin(), labels.end(),
            [&](const Label& a, const Label& b) { return key(a) < key(b); });
}

bool same_members(const Label& a, const Label& b) {
  return a.class_name == b.class_name && a.crowd == b.crowd && a.ignore == b.ignore &&
         a.track == b.track && a.attributes == b.attributes && same_box(a.box, b.box);
}

bool same_predictions(const PredictionSet& a, const PredictionSet& b) {
  return std::equal(a.predictions.begin(), a.predictions.end(), b.predictions.begin(),
                    b.predictions.end(), [](const Prediction& x, const Prediction& y) {
                      return x.class_name == y.class_name && x.score == y.score && x.box == y.box &&
                             x.probabilities == y.probabilities && x.aleatoric == y.aleatoric &&
                             x.epistemic == y.epistemic &&
                             x.mutual_information == y.mutual_information && x.track == y.track &&
                             x.attributes == y.attributes;
                    });
}

std::string write_key(std::string_view kind, const std::string& content,
                      const WriteContext& context) {
  return fmt::format("import/{}/{}@{}", kind, sha256_hex(content), context.snapshot);
}

void write_samples(Project& project, const std::vector<Ready>& batch, const WriteContext& context,
                   ImportReport& report) {
  std::vector<Sample> samples;
  std::string content;
  for (const auto& ready : batch) {
    if (ready.is_new) {
      samples.push_back(ready.record.sample);
      content += samples.back().key + "\n" + samples.back().media + "\n";
    } else {
      ++report.samples_unchanged;
    }
  }
  report.samples_added += samples.size();
  if (!context.dry_run && !samples.empty()) {
    (void)project.lake->add_samples(write_key("samples", content, context), samples);
  }
}

// The current sets of one layer, by sample, of those in the batch that are not new.
std::map<std::string, LabelSet> current_sets(Project& project, const std::vector<Ready>& batch,
                                             const std::string& layer) {
  std::vector<std::string> keys;
  for (const auto& ready : batch) {
    if (!ready.is_new) {
      keys.push_back(ready.record.sample.key);
    }
  }
  std::map<std::string, LabelSet> current;
  if (!keys.empty()) {
    for (auto& set : project.lake->labels(keys, layer)) {
      auto sample = set.sample;
      current.emplace(std::move(sample), std::move(set));
    }
  }
  return current;
}

void write_labels(Project& project, std::vector<Ready>& batch, const WriteContext& context,
                  ImportReport& report) {
  std::map<std::string, std::vector<LabelSet*>> by_layer;
  for (auto& ready : batch) {
    for (auto& set : ready.record.labels) {
      set.sample = ready.record.sample.key;
      set.author = context.author;
      set.created_at = project.now();
      by_layer[set.layer].push_back(&set);
    }
  }
  std::vector<LabelSet> changed;
  std::string content;
  for (auto& [layer, sets] : by_layer) {
    const auto current = current_sets(project, batch, layer);
    for (auto* set : sets) {
      const auto old = current.find(set->sample);
      if (old != current.end() && same_labels(old->second.labels, set->labels)) {
        continue;
      }
      ++report.label_sets_added;
      (layer == kLabelLayer ? report.labels_added : report.layer_objects_added) +=
          set->labels.size();
      content +=
          formats::jsonl_line({.sample = {.key = set->sample}, .labels = *set}) + layer + "\n";
      changed.push_back(std::move(*set));
    }
  }
  if (!context.dry_run && !changed.empty()) {
    (void)project.lake->add_labels(write_key("labels", content, context), changed);
  }
}

void write_predictions(Project& project, std::vector<Ready>& batch, const WriteContext& context,
                       ImportReport& report) {
  std::vector<std::string> keys;
  for (const auto& ready : batch) {
    if (ready.record.predictions) {
      keys.push_back(ready.record.sample.key);
    }
  }
  if (keys.empty()) {
    return;
  }
  std::unordered_map<std::string, PredictionSet> current;
  for (auto& output : project.lake->predictions(context.model_id, keys)) {
    current.emplace(output.set.sample, output.set);
  }
  std::vector<lake::ModelOutput> outputs;
  std::string content = context.model_id + "\n";
  for (auto& ready : batch) {
    if (!ready.record.predictions) {
      continue;
    }
    auto& set = *ready.record.predictions;
    set.sample = ready.record.sample.key;
    const auto old = current.find(set.sample);
    if (old != current.end() && same_predictions(old->second, set)) {
      continue;
    }
    report.predictions_added += set.predictions.size();
    content += formats::jsonl_line({.sample = {.key = set.sample}, .predictions = set}) + "\n";
    outputs.push_back({.set = std::move(set)});
  }
  if (!context.dry_run && !outputs.empty()) {
    (void)project.lake->add_predictions(write_key("predictions", content, context),
                                        context.model_id, outputs);
  }
}

void write_flags(Project& project, const std::vector<Ready>& batch, const WriteContext& context,
                 ImportReport& report) {
  const auto write = [&] {
    for (const auto& ready : batch) {
      for (const auto& flag : ready.record.flags) {
        const FlagRow row{.sample = ready.record.sample.key,
                          .reason = flag.reason,
                          .box = flag.box,
                          .author = flag.author.empty() ? project.person : flag.author,
                          .source = context.flag_source};
        const bool added = context.dry_run ? !has_flag(project, row) : add_flag(project, row);
        report.flags_added += added ? 1 : 0;
      }
    }
  };
  if (context.dry_run) {
    write();
  } else {
    project.catalog->transaction(write);
  }
}

}  // namespace

bool same_labels(std::vector<Label> a, std::vector<Label> b) {
  if (a.size() != b.size()) {
    return false;
  }
  if (std::equal(a.begin(), a.end(), b.begin(), same_members)) {
    return true;
  }
  order(a);
  order(b);
  return std::equal(a.begin(), a.end(), b.begin(), same_members);
}

void write_batch(Project& project, std::vector<Ready>& batch, const WriteContext& context,
                 ImportReport& report) {
  write_samples(project, batch, context, report);
  write_labels(project, batch, context, report);
  write_predictions(project, batch, context, report);
  write_flags(project, batch, context, report);
}

}  // namespace spotter::ingest
