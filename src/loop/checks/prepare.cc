#include "loop/checks/prepare.h"

#include <algorithm>
#include <cstring>

#include <fmt/format.h>

#include "base/error.h"
#include "base/hash.h"
#include "domain/finding_errors.h"
#include "project/check_runs.h"
#include "project/filter.h"
#include "trainer/default_model.h"

namespace spotter::checks {
namespace {

// Aligns label sets or outputs (ordered by sample) with the samples.
template <typename T, typename KeyOf>
std::vector<const T*> aligned(const std::vector<Sample>& samples, const std::vector<T>& items,
                              const KeyOf& key_of) {
  std::map<std::string_view, const T*> by_key;
  for (const auto& item : items) {
    by_key[key_of(item)] = &item;
  }
  std::vector<const T*> result;
  result.reserve(samples.size());
  for (const auto& sample : samples) {
    const auto it = by_key.find(sample.key);
    result.push_back(it == by_key.end() ? nullptr : it->second);
  }
  return result;
}

std::vector<const LabelSet*> aligned_labels(const std::vector<Sample>& samples,
                                            const std::vector<LabelSet>& sets) {
  return aligned(samples, sets, [](const LabelSet& set) { return std::string_view(set.sample); });
}

std::string_view layer_of(const Json& parameters) {
  const auto it = parameters.find("layer");
  return it == parameters.end() ? std::string_view()
                                : std::string_view(it->get_ref<const std::string&>());
}

Box parse_box(const std::string& text) {
  if (text.empty()) {
    return {};
  }
  const Json box = parse_json(text, "the box of a flag");
  if (!box.is_array() || box.size() != 4) {
    return {};
  }
  return {box[0].get<double>(), box[1].get<double>(), box[2].get<double>(), box[3].get<double>()};
}

// A model that came as predictions only cannot be run.
bool runs_here(const trainer::Model& model) {
  return json_get_or<std::string>(model.definition, "runtime", "") != "imported";
}

}  // namespace

Preparation::Preparation(Project& project, const RunOptions& options)
    : project_(project),
      options_(options),
      model_(trainer::model_or_default(project, options.model)) {
  if (model_ && !model_->dataset_version.empty()) {
    for (const auto& item : project.lake->version_items(model_->dataset_version)) {
      if (item.split == "train") {
        training_keys_.insert(item.sample);
      }
    }
  }
}

std::string Preparation::missing(const Check& check) const {
  if (const std::string_view task = project_.config.task;
      !check.tasks.empty() &&
      std::find(check.tasks.begin(), check.tasks.end(), task) == check.tasks.end()) {
    return fmt::format("it is for {} and not for {}", fmt::join(check.tasks, " and "), task);
  }
  if ((check.needs & (kNeedsPredictions | kNeedsEmbeddings)) != 0 && !model_) {
    const auto several = trainer::model_to_name(project_);
    return several.empty() ? "there is no model yet: train one, or name one with --model" : several;
  }
  if ((check.needs & kNeedsEmbeddings) != 0 && training_keys_.empty()) {
    return fmt::format("the training set of model \"{}\" is not known", model_->name);
  }
  return "";
}

std::vector<std::string> Preparation::keys_for(const Check& check) {
  if (!options_.keys.empty()) {
    return options_.keys;
  }
  if (!options_.where.empty()) {
    return query_keys(project_, Filter::parse(options_.where));
  }
  if (check.population == Population::kLabelled) {
    return query_keys(project_, Filter::parse("labelled = true"));
  }
  auto keys = query_keys(project_, Filter::parse("true"));
  if (check.population == Population::kUnseen) {
    std::erase_if(keys, [&](const std::string& key) { return training_keys_.contains(key); });
  }
  return keys;
}

std::unique_ptr<Prepared> Preparation::prepare(const Check& check, const Json& parameters) {
  auto prepared = std::make_unique<Prepared>();
  prepared->parameters = parameters;
  prepared->skipped = missing(check);
  if (!prepared->skipped.empty()) {
    return prepared;
  }
  const auto keys = keys_for(check);
  if (keys.empty()) {
    prepared->skipped = "there are no samples for it to look at";
    return prepared;
  }
  prepared->samples = project_.lake->samples(keys);
  load_labels(check, *prepared);
  const bool sees_nothing = (check.needs & kNeedsSensor) != 0 && prepared->sensor.empty();
  if (sees_nothing) {
    prepared->skipped = fmt::format("no sample has the layer \"{}\"", layer_of(parameters));
    return prepared;
  }
  if ((check.needs & kNeedsFlags) != 0) {
    load_flags(*prepared);
  }
  if ((check.needs & kNeedsSplits) != 0) {
    load_splits(*prepared);
  }
  if ((check.needs & kUsesFailures) != 0) {
    load_failures(check, *prepared);
  }
  if ((check.needs & kNeedsPredictions) != 0) {
    load_outputs(check, *prepared, keys);
  }
  if ((check.needs & kNeedsReference) != 0) {
    load_reference(check, *prepared);
  }
  if ((check.needs & kNeedsEmbeddings) != 0) {
    load_embeddings(*prepared, keys);
  }
  prepared->input.task = project_.config.task;
  prepared->input.classes = project_.config.classes;
  prepared->input.samples = prepared->samples;
  prepared->input.parameters = &prepared->parameters;
  return prepared;
}

void Preparation::load_labels(const Check& check, Prepared& prepared) const {
  std::vector<std::string> keys;
  for (const auto& sample : prepared.samples) {
    keys.push_back(sample.key);
  }
  auto& input = prepared.input;
  if ((check.needs & kNeedsLabels) != 0) {
    prepared.labels = project_.lake->labels(keys, kLabelLayer);
    input.labels = aligned_labels(prepared.samples, prepared.labels);
  }
  const auto layer = layer_of(prepared.parameters);
  if ((check.needs & (kNeedsSensor | kUsesSensor)) != 0) {
    prepared.sensor = project_.lake->labels(keys, layer);
    input.sensor = aligned_labels(prepared.samples, prepared.sensor);
  }
}

// What people labelled in the training version, of a model whose version is not known, anywhere;
// with what the sensor saw and the model says there.
void Preparation::load_reference(const Check& check, Prepared& prepared) {
  auto& input = prepared.input;
  const std::vector<std::string> training(training_keys_.begin(), training_keys_.end());
  const std::string version = training.empty() ? "" : model_->dataset_version;
  prepared.reference_labels = project_.lake->labels(training, kLabelLayer, version);
  prepared.reference_sensor = project_.lake->labels(training, layer_of(prepared.parameters));
  std::map<std::string_view, const LabelSet*> sensor_of;
  for (const auto& set : prepared.reference_sensor) {
    sensor_of.emplace(set.sample, &set);
  }
  std::vector<std::string> keys;
  for (const auto& set : prepared.reference_labels) {
    const auto it = sensor_of.find(set.sample);
    if (it != sensor_of.end()) {
      keys.push_back(set.sample);
      input.reference_labels.push_back(&set);
      input.reference_sensor.push_back(it->second);
    }
  }
  input.reference_samples = project_.lake->samples(keys);
  if ((check.needs & kNeedsPredictions) == 0 || keys.empty()) {
    return;
  }
  if (runs_here(*model_)) {
    predict(keys, false);
  }
  prepared.reference_outputs = project_.lake->predictions(model_->id, keys);
  std::map<std::string_view, const lake::ModelOutput*> output_of;
  for (const auto& output : prepared.reference_outputs) {
    output_of.emplace(output.set.sample, &output);
  }
  for (const auto& key : keys) {
    const auto it = output_of.find(key);
    input.reference_outputs.push_back(it == output_of.end() ? nullptr : it->second);
  }
}

void Preparation::load_flags(Prepared& prepared) const {
  for (const auto& row : project_.catalog->query("SELECT id, sample, reason, author, box, "
                                                 "created_at FROM flags ORDER BY created_at, id")) {
    prepared.input.flags.push_back({.id = row.text(0),
                                    .sample = row.text(1),
                                    .reason = row.text(2),
                                    .author = row.text(3),
                                    .box = parse_box(row.text(4)),
                                    .created_at = row.integer(5)});
  }
}

std::vector<TrainingEnd> Preparation::training_ends() const {
  if (training_keys_.empty()) {
    return {};
  }
  std::map<std::string, TrainingEnd> ends;
  const std::vector<std::string> keys(training_keys_.begin(), training_keys_.end());
  for (const auto& sample : project_.lake->samples(keys)) {
    auto& end = ends.try_emplace(sample.source, TrainingEnd{.source = sample.source}).first->second;
    end.frame = std::max(end.frame, sample.frame);
    end.captured_at = std::max(end.captured_at, sample.captured_at);
  }
  std::vector<TrainingEnd> result;
  for (auto& [source, end] : ends) {
    result.push_back(std::move(end));
  }
  return result;
}

void Preparation::load_splits(Prepared& prepared) const {
  prepared.input.training_ends = training_ends();
  std::string version = model_ ? model_->dataset_version : "";
  if (version.empty()) {
    const auto newest =
        project_.catalog->query("SELECT id FROM dataset_versions ORDER BY number DESC LIMIT 1");
    version = newest.empty() ? "" : newest[0].text(0);
  }
  std::map<std::string, std::string> split_of;
  if (!version.empty()) {
    for (auto& item : project_.lake->version_items(version)) {
      split_of.emplace(std::move(item.sample), std::move(item.split));
    }
  }
  for (const auto& sample : prepared.samples) {
    const auto it = split_of.find(sample.key);
    prepared.input.splits.push_back(it == split_of.end() ? "" : it->second);
  }
}

void Preparation::load_failures(const Check& check, Prepared& prepared) const {
  std::map<std::string_view, std::size_t> place;
  for (std::size_t s = 0; s < prepared.samples.size(); ++s) {
    place.emplace(prepared.samples[s].key, s);
  }
  for (const auto& current : current_findings(project_, model_ ? model_->id : "")) {
    if (current.check == check.name || current.objects.empty()) {
      continue;
    }
    FailureCounts counts{.check = current.check,
                         .objects = std::vector<std::int64_t>(prepared.samples.size()),
                         .failing = std::vector<std::int64_t>(prepared.samples.size())};
    for (const auto& [sample, of_class] : current.objects) {
      if (const auto it = place.find(sample); it != place.end()) {
        for (const auto& [class_name, count] : of_class) {
          counts.objects[it->second] += count;
        }
      }
    }
    for (const auto& finding : current.findings) {
      const auto it = place.find(finding.sample);
      if (it != place.end() && !finding.object.empty() && doubts_the_model(finding.error)) {
        ++counts.failing[it->second];
      }
    }
    if (std::any_of(counts.failing.begin(), counts.failing.end(), [](auto n) { return n > 0; })) {
      prepared.input.failures.push_back(std::move(counts));
    }
  }
}

void Preparation::predict(const std::vector<std::string>& keys, bool with_labels) {
  trainer::PredictRequest request;
  request.model = model_->id;
  request.keys = keys;
  request.labels = with_labels && runs_here(*model_);
  request.cycle = options_.cycle;
  request.step = "checks";
  const trainer::Progress quiet = [](double, std::string_view) {};
  trainer::predict(project_, request, options_.progress ? options_.progress : quiet);
}

void Preparation::load_outputs(const Check& check, Prepared& prepared,
                               const std::vector<std::string>& keys) {
  predict(keys, (check.needs & kNeedsLabels) != 0);
  prepared.outputs = project_.lake->predictions(model_->id, keys);
  prepared.input.outputs =
      aligned(prepared.samples, prepared.outputs,
              [](const lake::ModelOutput& output) { return std::string_view(output.set.sample); });
}

void Preparation::load_embeddings(Prepared& prepared, const std::vector<std::string>& keys) {
  const std::vector<std::string> training(training_keys_.begin(), training_keys_.end());
  auto all = training;
  all.insert(all.end(), keys.begin(), keys.end());
  std::sort(all.begin(), all.end());
  all.erase(std::unique(all.begin(), all.end()), all.end());
  predict(all, false);
  auto& input = prepared.input;
  input.embeddings = trainer::image_embeddings(project_, model_->id, keys);
  input.training_embeddings = trainer::image_embeddings(project_, model_->id, training);
  if (input.embeddings.keys.empty() || input.training_embeddings.keys.empty()) {
    prepared.skipped = fmt::format("model \"{}\" gives no embeddings", model_->name);
    return;
  }
  std::map<std::string, std::string> scene_of;
  for (const auto& sample : project_.lake->samples(input.training_embeddings.keys)) {
    scene_of[sample.key] = sample.scene();
  }
  for (const auto& key : input.training_embeddings.keys) {
    input.training_scenes.push_back(scene_of[key]);
  }
}

namespace {

// Everything that a result depends on, as bytes.
class KeyText {
 public:
  void add(std::string_view text) {
    text_ += text;
    text_ += '\0';
  }
  void add(double value) {
    char bytes[sizeof value];
    std::memcpy(bytes, &value, sizeof value);
    text_.append(bytes, sizeof value);
  }
  void add(const Box& box) {
    for (const double v : {box.x1, box.y1, box.x2, box.y2}) {
      add(v);
    }
  }
  void add(const std::vector<double>& values) {
    for (const double v : values) {
      add(v);
    }
  }
  void add(const std::vector<LabelSet>& sets) {
    for (const auto& set : sets) {
      add(set.sample);
      add(static_cast<double>(set.revision));
      for (const auto& label : set.labels) {
        add(label.object);
        add(label.class_name);
        add(label.box);
        add(label.attributes);
        add(static_cast<double>((label.crowd ? 1 : 0) + (label.ignore ? 2 : 0)));
      }
    }
  }
  void add(const std::vector<lake::ModelOutput>& outputs) {
    for (const auto& output : outputs) {
      add(output.set.sample);
      add(output.loss);
      for (const auto& p : output.set.predictions) {
        add(p.class_name);
        add(p.score);
        add(p.box);
        add(p.mutual_information);
        add(p.attributes);
        add(p.probabilities);
        add(p.aleatoric);
        add(p.epistemic);
      }
    }
  }
  void add(const trainer::Embeddings& embeddings) {
    for (const auto& key : embeddings.keys) {
      add(key);
    }
    const auto* bytes = reinterpret_cast<const char*>(embeddings.values.data());
    add(sha256_hex({bytes, embeddings.values.size() * sizeof(float)}));
  }
  [[nodiscard]] std::string hash() const { return sha256_hex(text_); }

 private:
  std::string text_;
};

// Raised when a check's method changes, so that stored results of the old one are not reused.
constexpr std::string_view kMethodRevision = "4";

}  // namespace

std::string input_key(const Check& check, const std::string& model, const Prepared& prepared) {
  KeyText text;
  text.add(kMethodRevision);
  text.add(check.name);
  text.add(model);
  text.add(prepared.parameters.dump());
  for (const auto& sample : prepared.samples) {
    for (const std::string* fact :
         {&sample.key, &sample.media, &sample.sequence, &sample.attributes}) {
      text.add(*fact);
    }
    for (const auto number : {static_cast<double>(sample.frame), static_cast<double>(sample.width),
                              static_cast<double>(sample.height)}) {
      text.add(number);
    }
  }
  for (const auto* sets : {&prepared.labels, &prepared.sensor, &prepared.reference_labels,
                           &prepared.reference_sensor}) {
    text.add(*sets);
  }
  text.add(prepared.outputs);
  text.add(prepared.reference_outputs);
  for (const auto& flag : prepared.input.flags) {
    text.add(flag.id);
  }
  text.add(prepared.input.task);
  for (const auto& class_name : prepared.input.classes) {
    text.add(class_name);
  }
  for (const auto& split : prepared.input.splits) {
    text.add(split);
  }
  for (const auto& failures : prepared.input.failures) {
    text.add(failures.check);
    for (const auto* counts : {&failures.objects, &failures.failing}) {
      for (const auto count : *counts) {
        text.add(static_cast<double>(count));
      }
    }
  }
  text.add(prepared.input.embeddings);
  text.add(prepared.input.training_embeddings);
  return text.hash();
}

}  // namespace spotter::checks
