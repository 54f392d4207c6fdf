#include <fstream>
#include <map>
#include <set>

#include <fmt/format.h>

#include "base/error.h"
#include "base/hash.h"
#include "base/random.h"
#include "loop/label/batch.h"
#include "loop/label/label.h"
#include "trainer/command.h"

namespace spotter::label {
namespace {

Label label_of(const Json& object, const std::string& origin) {
  const auto box = json_get<std::vector<double>>(object, "box", origin);
  Label label{.object = json_get<std::string>(object, "id", origin),
              .class_name = json_get<std::string>(object, "class", origin),
              .ignore = json_get_or<bool>(object, "ignore", false),
              .track = json_get_or<std::string>(object, "track", "")};
  if (box.size() == 4) {
    label.box = {box[0], box[1], box[2], box[3]};
  }
  if (!label.box.valid()) {
    fail(ErrorCode::kInvalid, fmt::format("{}: an object's box is not x1 y1 x2 y2", origin));
  }
  Json attributes = json_get_or(object, "attributes", Json(Json::object()));
  for (auto it = attributes.begin(); it != attributes.end();) {
    it = it->is_primitive() ? std::next(it) : attributes.erase(it);  // labels hold scalars only
  }
  label.attributes = attributes.empty() ? "" : attributes.dump();
  return label;
}

// The truth of the wanted samples.
std::map<std::string, std::vector<Label>> read_truth(const std::filesystem::path& path,
                                                     const std::set<std::string>& wanted) {
  std::ifstream in(path);
  if (!in) {
    fail(
        ErrorCode::kNotFound,
        fmt::format("the simulated team has no truth to look at (label.truth): {}", path.string()));
  }
  std::map<std::string, std::vector<Label>> truth;
  std::size_t number = 0;
  for (std::string line; std::getline(in, line);) {
    const std::string origin = fmt::format("{} line {}", path.string(), ++number);
    const Json row = parse_json(line, origin);
    const auto key = json_get<std::string>(row, "key", origin);
    if (wanted.contains(key)) {
      auto& labels = truth[key];
      for (const auto& object : json_get_or(row, "objects", Json(Json::array()))) {
        labels.push_back(label_of(object, origin));
      }
    }
  }
  return truth;
}

// What tired people do: overlook, confuse, draw badly. Returns how many mistakes were made.
std::size_t make_mistakes(std::vector<Label>& labels, const Sample& sample, double error_rate,
                          const std::vector<std::string>& classes, Rng rng) {
  std::size_t mistakes = 0;
  std::vector<Label> kept;
  for (auto& label : labels) {
    if (label.ignore || !rng.chance(error_rate)) {
      kept.push_back(std::move(label));
      continue;
    }
    ++mistakes;
    const auto kind = rng.index(3);
    if (kind == 0) {
      continue;
    }
    if (kind == 1 && classes.size() > 1) {
      const std::string right = label.class_name;
      while (label.class_name == right) {
        label.class_name = classes[rng.index(classes.size())];
      }
    } else {
      const double dx = label.box.width() * rng.uniform(-0.3, 0.3);
      const double dy = label.box.height() * rng.uniform(-0.3, 0.3);
      const Box moved =
          clip({label.box.x1 + dx, label.box.y1 + dy, label.box.x2 + dx, label.box.y2 + dy},
               sample.width, sample.height);
      label.box = moved.valid() ? moved : label.box;
    }
    kept.push_back(std::move(label));
  }
  labels = std::move(kept);
  return mistakes;
}

}  // namespace

Json simulated_team(Project& project, const TeamOptions& options) {
  if (!(options.error_rate >= 0 && options.error_rate <= 1)) {
    fail(ErrorCode::kInvalid, "label.error_rate must be between 0 and 1");
  }
  const Batch batch = find_batch(project, options.batch);
  std::set<std::string> wanted;
  for (const auto& task : batch.tasks) {
    if (task.state == "open") {
      wanted.insert(task.sample);
    }
  }
  const auto classes = trainer::class_names(project);
  auto truth = read_truth(options.truth_file, wanted);
  Json missing = Json::array();
  std::vector<LabelSet> sets;
  std::size_t labels = 0;
  std::size_t mistakes = 0;
  const std::vector<std::string> keys(wanted.begin(), wanted.end());
  for (const auto& sample : keys.empty() ? std::vector<Sample>{} : project.lake->samples(keys)) {
    const auto found = truth.find(sample.key);
    if (found == truth.end()) {
      missing.push_back(sample.key);
      continue;
    }
    mistakes += make_mistakes(found->second, sample, options.error_rate, classes,
                              Rng(options.seed, sample.key));
    labels += found->second.size();
    sets.push_back({.sample = sample.key,
                    .author = options.author,
                    .batch = batch.id,
                    .created_at = project.now(),
                    .labels = std::move(found->second)});
  }
  // Killed before the tasks were marked, the team finds the same tasks open and writes under the
  // same key.
  const std::string write_key =
      fmt::format("label/{}/{}/{}", batch.id, options.author,
                  sha256_hex(Json{options.seed, keys}.dump()).substr(0, 16));
  std::vector<std::string> done;
  for (const auto& set : sets) {
    done.push_back(set.sample);
  }
  take_labels(project, batch, write_key, sets, done, 0);
  return {
      {"labelled", sets.size()}, {"labels", labels}, {"mistakes", mistakes}, {"missing", missing}};
}

}  // namespace spotter::label
