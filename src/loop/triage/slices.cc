#include "loop/triage/slices.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"
#include "kernels/look_alikes.h"
#include "kernels/slices.h"
#include "loop/triage/naming.h"
#include "loop/triage/object_rows.h"
#include "project/filter.h"

namespace spotter::triage {
namespace {

constexpr std::size_t kExamplesMax = 5;
constexpr std::size_t kFamilies = 3;   // searches: labels, predictions, pictures that look alike
constexpr std::size_t kKeysMax = 200;  // of a group without a name, in its filter
constexpr double kKnownOverlap = 0.5;  // a look-alike group that a slice covers so far is no news
constexpr double kNamingShare = 0.6;   // of the failures, for one kind of error to name the slice

std::string version_of(Project& project, const std::string& given) {
  if (!given.empty()) {
    return given;
  }
  const auto rows =
      project.catalog->query("SELECT id FROM dataset_versions ORDER BY number DESC LIMIT 1");
  if (rows.empty()) {
    fail(ErrorCode::kNotFound,
         "there is no dataset version yet: make one with `spotter version commit`");
  }
  return rows[0].text(0);
}

// The splits that the version has of those asked for, in one.
SplitData load(Project& project, const std::string& version, std::vector<std::string>& splits) {
  std::set<std::string> there;
  for (const auto& item : project.lake->version_items(version)) {
    there.insert(item.split);
  }
  if (splits.size() > 1) {
    std::erase_if(splits, [&](const std::string& split) { return !there.contains(split); });
  }
  if (splits.empty()) {
    splits = {"test"};  // for its message
  }
  SplitData data = load_split(project, version, splits.front());
  for (std::size_t i = 1; i < splits.size(); ++i) {
    auto more = load_split(project, version, splits[i]);
    std::move(more.samples.begin(), more.samples.end(), std::back_inserter(data.samples));
    std::move(more.labels.begin(), more.labels.end(), std::back_inserter(data.labels));
    for (auto& name : more.classes) {
      if (std::find(data.classes.begin(), data.classes.end(), name) == data.classes.end()) {
        data.classes.push_back(std::move(name));
      }
    }
  }
  data.scenes = scene_numbers(data.samples);
  data.scene_count =
      data.scenes.empty() ? 0 : *std::max_element(data.scenes.begin(), data.scenes.end()) + 1;
  return data;
}

std::vector<std::string> keys_of(const SplitData& data) {
  std::vector<std::string> keys;
  for (const auto& sample : data.samples) {
    keys.push_back(sample.key);
  }
  return keys;
}

// The model's predictions in the order of the samples.
std::vector<PredictionSet> predictions_of(Project& project, const std::string& model,
                                          const SplitData& data,
                                          const trainer::Progress& progress) {
  const auto keys = keys_of(data);
  trainer::predict(project, {.model = model, .keys = keys, .step = "slices"}, progress);
  std::map<std::string, PredictionSet> by_key;
  for (auto& output : project.lake->predictions(model, keys)) {
    by_key.emplace(output.set.sample, std::move(output.set));
  }
  std::vector<PredictionSet> sets;
  for (const auto& key : keys) {
    auto found = by_key.find(key);
    if (found == by_key.end()) {
      fail(ErrorCode::kNotFound,
           fmt::format("model \"{}\" has no predictions for sample \"{}\"", model, key));
    }
    sets.push_back(std::move(found->second));
  }
  return sets;
}

void keep_class(ObjectRows& table, const std::string& class_name) {
  if (class_name.empty()) {
    return;
  }
  ObjectRows kept{.kind = table.kind};
  for (std::size_t i = 0; i < table.rows.size(); ++i) {
    if (table.rows[i].class_name == class_name) {
      kept.rows.push_back(std::move(table.rows[i]));
      kept.object.push_back(std::move(table.object[i]));
      kept.error.push_back(std::move(table.error[i]));
    }
  }
  table = std::move(kept);
}

// The search over one table.
class ObjectSearch {
 public:
  ObjectSearch(const SplitData& data, ObjectRows table, std::string class_name,
               std::size_t families)
      : data_(data), table_(std::move(table)), class_name_(std::move(class_name)) {
    options_.conditions_max = 3;
    options_.replicate = true;
    options_.false_discovery /= static_cast<double>(families);
    conditions_ = object_conditions(data.samples, table_.rows, table_.kind, options_.rows_min);
    failing_ = kernels::RowSet(table_.rows.size());
    for (std::size_t row = 0; row < table_.rows.size(); ++row) {
      group_.push_back(data.scenes[table_.rows[row].sample]);
      if (!table_.error[row].empty()) {
        failing_.add(row);
      }
    }
  }

  [[nodiscard]] Json about() const {
    return {{"kind", table_.kind},
            {"rows", table_.rows.size()},
            {"failing", failing_.count()},
            {"conditions", conditions_.size()}};
  }

  // Adds what it finds, with the excess failures by which they are ordered.
  void run(std::vector<std::pair<double, Json>>& slices) {
    std::vector<kernels::SlicePredicate> predicates;
    for (const auto& condition : conditions_) {
      predicates.push_back({condition.column, condition.rows, condition.complexity});
    }
    for (const auto& slice : kernels::find_slices(predicates, failing_, group_, options_)) {
      const double excess =
          (slice.rate_inside - slice.rate_outside) * static_cast<double>(slice.rows_left);
      slices.emplace_back(excess, described(slice));
      known_.push_back(rows_of(slice.predicates));
    }
  }

  // Adds groups of pictures that look alike and that no slice found before covers.
  void run_look_alikes(const trainer::Embeddings& embeddings,
                       std::vector<std::pair<double, Json>>& slices) const {
    std::map<std::string_view, std::uint32_t> place;
    for (std::uint32_t i = 0; i < data_.samples.size(); ++i) {
      place.emplace(data_.samples[i].key, i);
    }
    if (embeddings.keys.size() != data_.samples.size()) {
      return;  // a part of the pictures would speak for all
    }
    std::vector<float> values(embeddings.values.size());
    for (std::size_t i = 0; i < embeddings.keys.size(); ++i) {
      std::copy_n(
          embeddings.values.begin() + static_cast<std::ptrdiff_t>(i * embeddings.dimensions),
          embeddings.dimensions,
          values.begin() +
              static_cast<std::ptrdiff_t>(place.at(embeddings.keys[i]) * embeddings.dimensions));
    }
    std::vector<std::uint32_t> picture_of;
    for (const auto& row : table_.rows) {
      picture_of.push_back(row.sample);
    }
    std::vector<const kernels::RowSet*> conditions;
    for (const auto& condition : conditions_) {
      conditions.push_back(&condition.rows);
    }
    const auto groups = kernels::find_look_alikes({.pictures = {values, embeddings.dimensions},
                                                   .picture_of = picture_of,
                                                   .scene_of = group_,
                                                   .failing = failing_,
                                                   .conditions = std::move(conditions)},
                                                  options_.false_discovery);
    int number = 0;
    for (const auto& group : groups) {
      if (std::none_of(known_.begin(), known_.end(), [&](const kernels::RowSet& known) {
            const auto both = static_cast<double>(known.count_with(group.rows));
            return both >= kKnownOverlap * static_cast<double>(group.counts.rows);
          })) {
        const double excess =
            (group.counts.rate() - group.rate_outside) * static_cast<double>(group.counts.rows);
        slices.emplace_back(excess, described(group, ++number));
      }
    }
  }

 private:
  [[nodiscard]] kernels::RowSet rows_of(const std::vector<std::size_t>& predicates) const {
    kernels::RowSet rows(table_.rows.size(), true);
    for (const auto p : predicates) {
      rows &= conditions_[p].rows;
    }
    return rows;
  }

  // A group without a name shows its most typical pictures.
  [[nodiscard]] Json described(const kernels::LookAlikes& group, int number) const {
    Json result = counted(group.rows);
    const auto* named =
        group.condition < 0 ? nullptr : &conditions_[static_cast<std::size_t>(group.condition)];
    std::set<std::string> keys;
    group.rows.each([&](std::size_t row) {
      keys.insert(filter_text(data_.samples[table_.rows[row].sample].key));
    });
    result["title"] = fmt::format(
        "{}, look-alike group {}{}", error_words(result["error"], class_name_), number,
        named == nullptr
            ? ""
            : ", mostly " + (named->adjective.empty() ? named->words : named->adjective));
    result["name"] = slug(result["title"]);
    result["kind"] = table_.kind;
    result["where"] = named != nullptr          ? named->where
                      : keys.size() <= kKeysMax ? fmt::format("key IN ({})", fmt::join(keys, ", "))
                                                : "";
    result["class"] = class_name_;
    result["rows"] = group.counts.rows;
    result["failing"] = group.counts.failing;
    result["rate_inside"] = group.counts.rate();
    result["rate_outside"] = group.rate_outside;
    result["p"] = group.p;
    result["p_replicated"] = group.p;
    result["examples"] = Json::array();
    for (const auto picture : group.nearest) {
      result["examples"].push_back(
          {{"sample", data_.samples[picture].key}, {"object", ""}, {"error", result["error"]}});
    }
    return result;
  }

  [[nodiscard]] Json described(const kernels::FoundSlice& slice) const {
    std::vector<const SampleCondition*> conditions;
    std::string where;
    std::string class_name = class_name_;
    for (const auto p : slice.predicates) {
      conditions.push_back(&conditions_[p]);
      where += (where.empty() ? "" : " AND ") + conditions_[p].where;
      class_name = conditions_[p].class_name.empty() ? class_name : conditions_[p].class_name;
    }
    Json result = counted(rows_of(slice.predicates));
    const std::string error = result["error"];
    const std::string title = slice_title(error, class_name, conditions);
    result["title"] = title;
    result["name"] = slug(title);
    result["kind"] = table_.kind;
    result["where"] = where;
    result["class"] = class_name;
    result["rows"] = slice.rows;
    result["failing"] = slice.failing;
    result["rate_inside"] = slice.rate_inside;
    result["rate_outside"] = slice.rate_outside;
    result["p"] = slice.p_adjusted;
    result["p_replicated"] = slice.p_replicated;
    return result;
  }

  // What fails in the rows: {"error", "errors", "scenes", "examples"}, one example a scene.
  [[nodiscard]] Json counted(const kernels::RowSet& rows) const {
    std::map<std::string, std::size_t> errors;
    std::set<std::uint32_t> scenes;
    std::set<std::uint32_t> shown;
    Json examples = Json::array();
    std::size_t total = 0;
    rows.each([&](std::size_t row) {
      scenes.insert(group_[row]);
      const std::string& error = table_.error[row];
      if (error.empty()) {
        return;
      }
      ++errors[error];
      ++total;
      if (examples.size() < kExamplesMax && shown.insert(group_[row]).second) {
        examples.push_back({{"sample", data_.samples[table_.rows[row].sample].key},
                            {"object", table_.object[row]},
                            {"error", error}});
      }
    });
    std::string named = table_.kind == "label" ? "miss" : "false_alarm";
    for (const auto& [error, count] : errors) {
      named =
          static_cast<double>(count) >= kNamingShare * static_cast<double>(total) ? error : named;
    }
    return {{"error", named},
            {"errors", errors},
            {"scenes", scenes.size()},
            {"examples", std::move(examples)}};
  }

  const SplitData& data_;
  ObjectRows table_;
  std::string class_name_;
  kernels::SliceOptions options_;
  std::vector<SampleCondition> conditions_;
  kernels::RowSet failing_;
  std::vector<std::uint32_t> group_;
  std::vector<kernels::RowSet> known_;  // of the slices found
};

// Names that are there once; and which of the slices is watched already.
void finish(Project& project, Json& slices) {
  std::map<std::string, std::size_t> seen;
  const auto known = watched_slices(project);
  for (auto& slice : slices) {
    const std::string name = slice["name"];
    if (const auto n = ++seen[name]; n > 1) {
      slice["name"] = fmt::format("{}-{}", name, n);
    }
    const auto same = std::find_if(known.begin(), known.end(),
                                   [&](const SliceConfig& s) { return s.where == slice["where"]; });
    slice["watched"] = same == known.end() ? "" : same->name;
  }
}

}  // namespace

Json find_slices(Project& project, const SlicesOptions& options,
                 const trainer::Progress& progress) {
  const auto model = trainer::find_model(project, options.model);
  const auto version = version_of(project, options.version);
  std::vector<std::string> splits = {"val", "test"};
  if (!options.split.empty()) {
    splits = {options.split};
  }
  const auto data = load(project, version, splits);
  const auto known = std::find(data.classes.begin(), data.classes.end(), options.class_name);
  if (!options.class_name.empty() && known == data.classes.end()) {
    fail(ErrorCode::kNotFound, fmt::format("there is no class \"{}\"{}", options.class_name,
                                           did_you_mean(options.class_name, data.classes)));
  }
  const auto predictions = predictions_of(project, model.id, data, progress);
  Json result = {{"model", model.name},        {"version", version},
                 {"splits", splits},           {"samples", data.samples.size()},
                 {"scenes", data.scene_count}, {"searches", Json::array()},
                 {"slices", Json::array()}};
  std::vector<std::pair<double, Json>> slices;
  for (const auto rows_of : {label_rows, prediction_rows}) {
    auto table = rows_of(data, predictions, options.score_min);
    keep_class(table, options.class_name);
    ObjectSearch search(data, std::move(table), options.class_name, kFamilies);
    result["searches"].push_back(search.about());
    search.run(slices);
    if (rows_of == label_rows) {
      search.run_look_alikes(trainer::image_embeddings(project, model.id, keys_of(data)), slices);
    }
  }
  std::stable_sort(slices.begin(), slices.end(),
                   [](const auto& a, const auto& b) { return a.first > b.first; });
  for (auto& [excess, slice] : slices) {
    result["slices"].push_back(std::move(slice));
  }
  finish(project, result["slices"]);
  return result;
}

Json watch_slice(Project& project, const WatchOptions& options) {
  if (Filter::parse(options.where).mentions_predictions()) {
    fail(ErrorCode::kInvalid,
         fmt::format("a watched slice is a part of the labels, and this filter speaks of "
                     "predictions: leave those conditions out: {}",
                     options.where));
  }
  if (options.name.empty() || slug(options.name) != options.name) {
    fail(ErrorCode::kInvalid,
         fmt::format("the name of a slice is lower-case letters, digits and hyphens, not \"{}\"; "
                     "try \"{}\"",
                     options.name, slug(options.name)));
  }
  const auto taken = project.catalog->query(
      "SELECT source FROM slices WHERE name = $1 AND archived = 0", {options.name});
  if (!taken.empty()) {
    fail(ErrorCode::kConflict,
         fmt::format("there is a slice \"{}\" already ({})", options.name, taken[0].text(0)));
  }
  project.catalog->transaction([&] {
    project.catalog->execute("DELETE FROM slices WHERE name = $1", {options.name});
    project.catalog->execute(
        "INSERT INTO slices (name, definition, weight, blocking, must, source, created_at) "
        "VALUES ($1, $2, $3, $4, $5, 'team', $6)",
        {options.name, Json({{"where", options.where}, {"class", options.class_name}}).dump(),
         options.weight, std::int64_t{options.blocking ? 1 : 0}, options.must, project.now()});
    project.audit("slices.add", options.name, {{"where", options.where}});
  });
  return watched(project);
}

Json unwatch_slice(Project& project, const std::string& name) {
  const auto rows =
      project.catalog->query("SELECT source FROM slices WHERE name = $1 AND archived = 0", {name});
  if (rows.empty()) {
    fail(ErrorCode::kNotFound,
         fmt::format("no slice \"{}\" is watched; `spotter slices list` names them", name));
  }
  if (rows[0].text(0) != "team") {
    fail(ErrorCode::kConflict,
         fmt::format("slice \"{}\" comes from {}: change it there", name,
                     rows[0].text(0) == "config" ? "spotter.yaml" : "a failure mode"));
  }
  project.catalog->transaction([&] {
    project.catalog->execute("UPDATE slices SET archived = 1 WHERE name = $1", {name});
    project.audit("slices.remove", name);
  });
  return watched(project);
}

Json watched(Project& project) {
  std::map<std::string, std::string> sources;
  for (const auto& row :
       project.catalog->query("SELECT name, source FROM slices WHERE archived = 0")) {
    sources[row.text(0)] = row.text(1);
  }
  Json slices = Json::array();
  for (const auto& slice : watched_slices(project)) {
    const auto source = sources.find(slice.name);
    slices.push_back({{"name", slice.name},
                      {"where", slice.where},
                      {"class", slice.class_name},
                      {"weight", slice.weight},
                      {"blocking", slice.blocking},
                      {"must", slice.must},
                      {"source", source == sources.end() ? "always" : source->second}});
  }
  return {{"slices", slices}};
}

}  // namespace spotter::triage
