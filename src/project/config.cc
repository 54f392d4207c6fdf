#include "project/config.h"

#include <set>

#include <fmt/format.h>

#include "base/error.h"
#include "base/files.h"
#include "project/filter.h"
#include "project/options.h"

namespace spotter {
namespace {

template <typename T>
void take(const Json& value, std::string_view name, T& into) {
  into = option_value(value, name).get<T>();
}

// A command as a list of words; numbers in the list are words too.
std::vector<std::string> words(const Json& list) {
  std::vector<std::string> out;
  for (const auto& word : list) {
    out.push_back(word.is_string() ? word.get<std::string>() : word.dump());
  }
  return out;
}

SliceConfig slice_of(const Json& item) {
  SliceConfig slice;
  slice.name = item.value("name", "");
  slice.where = item.value("where", slice.where);
  slice.class_name = item.value("class", "");
  slice.weight = item.value("weight", slice.weight);
  slice.blocking = item.value("blocking", slice.blocking);
  slice.must = item.value("must", slice.must);
  return slice;
}

void check_values(const Config& config, const std::string& origin) {
  const auto refuse = [&](const std::string& why) {
    fail(ErrorCode::kInvalid, why + ": " + origin);
  };
  std::set<std::string> names;
  for (const auto& slice : config.slices) {
    if (slice.name.empty() || !names.insert(slice.name).second) {
      refuse(fmt::format("each slice needs a name of its own; \"{}\" is empty or there twice",
                         slice.name));
    }
    try {
      (void)Filter::parse(slice.where);
    } catch (const Error& e) {
      fail(e.code, fmt::format("slice \"{}\": {}: {}", slice.name, e.what(), origin));
    }
  }
  std::set<std::string> classes(config.classes.begin(), config.classes.end());
  if (classes.size() != config.classes.size() || classes.contains("")) {
    refuse("\"classes\" holds a name twice or an empty one");
  }
  const auto share = [&](double value, const char* name) {
    if (!(value >= 0 && value <= 0.9)) {
      refuse(fmt::format("\"{}\" must be between 0 and 0.9", name));
    }
  };
  share(config.test_share, "version.test_share");
  share(config.val_share, "version.val_share");
  if (config.test_share + config.val_share > 0.95) {
    refuse("version.test_share and version.val_share leave nothing to train on");
  }
  if (config.gate.resamples < 100 || config.gate.resamples > 100'000) {
    refuse("\"gate.resamples\" must be between 100 and 100000");
  }
  if (!(config.train.new_weight > 0 && config.train.new_weight <= 100)) {
    refuse("\"train.new_weight\" must be above 0 and at most 100");
  }
  if (!(config.gate.confidence > 0.5 && config.gate.confidence < 1)) {
    refuse("\"gate.confidence\" must be above 0.5 and below 1");
  }
  if (config.campaign_budget < 1) {
    refuse("\"curate.budget\" must be at least 1");
  }
  if (config.train.command.empty() != config.train.infer_command.empty()) {
    refuse("\"train.command\" and \"train.infer_command\" come together");
  }
}

void take_lists(const Json& v, Config& config) {
  for (const auto& name : option_value(v, "classes")) {
    config.classes.push_back(name.is_string() ? name.get<std::string>() : name.dump());
  }
  for (const auto& item : v.value("slices", Json::array())) {
    config.slices.push_back(slice_of(item));
  }
  for (const auto& item : v.value("checks", Json::array())) {
    config.checks.push_back({item.value("name", ""), item.value("parameters", Json::object())});
  }
  for (const auto& item : option_value(v, "sources")) {
    config.sources.push_back(item);
  }
  config.train.command = words(option_value(v, "train.command"));
  config.train.infer_command = words(option_value(v, "train.infer_command"));
}

void take_scalars(const Json& v, Config& config) {
  take(v, "name", config.name);
  take(v, "task", config.task);
  take(v, "curate.budget", config.campaign_budget);
  take(v, "curate.where", config.label_where);
  take(v, "label.team", config.label_team);
  take(v, "version.test_share", config.test_share);
  take(v, "version.val_share", config.val_share);
  take(v, "train.parameters", config.train.parameters);
  take(v, "train.warm_parameters", config.train.warm_parameters);
  take(v, "train.warm_start", config.train.warm_start);
  take(v, "train.new_weight", config.train.new_weight);
  take(v, "train.control", config.train.control);
  take(v, "train.random_control", config.train.random_control);
  take(v, "train.timeout_minutes", config.train.timeout_minutes);
  take(v, "executor", config.executor);
  take(v, "executor_options", config.executor_options);
  take(v, "gate.margin", config.gate.margin);
  take(v, "gate.confidence", config.gate.confidence);
  take(v, "gate.resamples", config.gate.resamples);
  take(v, "gate.suspicious_gain", config.gate.suspicious_gain);
  take(v, "gate.approval", config.gate.approval);
  take(v, "deploy.target", config.deploy_target);
  config.deploy_folder = option_value(v, "deploy.folder").get<std::string>();
  take(v, "schedule.cycle", config.schedule);
  take(v, "schedule.rehearsal", config.rehearsal_schedule);
  take(v, "cost.person_hour", config.cost.person_hour);
  take(v, "cost.machine_hour", config.cost.machine_hour);
  take(v, "cost.currency", config.cost.currency);
}

}  // namespace

Config read_config(const std::filesystem::path& path) {
  const std::string origin = path.string();
  const auto document = parse_yaml(read_file(path), origin);
  check_options(document, origin);
  Config config;
  config.raw = document.value;
  take_scalars(document.value, config);
  take_lists(document.value, config);
  check_values(config, origin);
  if (config.name.empty()) {
    config.name = std::filesystem::absolute(path).parent_path().filename().string();
  }
  return config;
}

std::string starting_config(std::string_view name, std::string_view task,
                            const std::vector<std::string>& classes) {
  std::string list;
  for (const auto& item : classes) {
    list += (list.empty() ? "" : ", ") + Json(item).dump();
  }
  return fmt::format(R"(# What this project is about and how its loop runs.
# Every key, its default and its meaning: docs/reference/configuration.md, or `spotter config options`.
name: {}
task: {}
classes: [{}]

# Parts of the data that you watch. A challenger may not lose where `blocking` is true.
# slices:
#   - name: rain
#     where: "weather = 'rain'"
#     weight: 3          # a failure here costs three times as much
#     must: win          # win, not_lose or report

# Where new data comes from, each time the loop turns.
# sources:
#   - {{format: voc, path: incoming, as: labels}}

curate:
  budget: 200            # samples a cycle may send to be labelled

# How the built-in network learns; without this it chooses for itself. All keys: docs/internals/trainer.md
# train:
#   parameters: {{steps: 200, input_width: 160, input_height: 128}}   # a quick look, not a good model
gate:
  approval: person       # auto = ship without a person when the gate passes
schedule:
  cycle: ""              # cron, for example "0 2 * * 1": Mondays at 02:00 UTC
)",
                     Json(std::string(name)).dump(), task, list);
}

}  // namespace spotter
