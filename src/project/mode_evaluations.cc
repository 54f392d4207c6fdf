#include "project/mode_evaluations.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>

#include <fmt/format.h>

#include "base/json.h"
#include "project/champion.h"
#include "project/failure_modes.h"
#include "project/mode_moves.h"

namespace spotter {
namespace {

// What the model did with one sample.
struct SampleOutcome {
  struct Object {
    std::size_t label = 0;
    bool missed = false;
    bool confused = false;   // missed, and taken for another class
    bool misplaced = false;  // missed, and put in a wrong place
  };
  std::vector<Object> objects;
  std::set<std::string> false_alarms;  // classes
};

SampleOutcome outcome_of(const SplitData& data, std::size_t sample, PredictionSet set) {
  const Task& task = *data.task;
  std::erase_if(set.predictions, [&](const Prediction& p) { return p.score < task.score_min; });
  SampleOutcome outcome;
  const auto& labels = data.labels[sample].labels;
  std::map<std::string, bool> missed;
  for (const auto& match : sample_matches(data, sample, set)) {
    if (match.kind == "fp") {
      outcome.false_alarms.insert(match.class_name);
    } else if (match.kind != "ignored") {
      missed[match.object] = match.kind == "fn";
    }
  }
  for (std::size_t l = 0; l < labels.size(); ++l) {
    const auto found = missed.find(labels[l].object);
    if (found == missed.end() || labels[l].ignore || labels[l].crowd) {
      continue;
    }
    const auto fails_by = [&](std::string_view error) {
      return found->second && task.fails_by != nullptr && task.fails_by(labels[l], set, error);
    };
    outcome.objects.push_back({.label = l,
                               .missed = found->second,
                               .confused = fails_by("wrong_class"),
                               .misplaced = fails_by("bad_box")});
  }
  return outcome;
}

std::vector<SampleOutcome> outcomes_of(const SplitData& data,
                                       const std::vector<PredictionSet>& predictions) {
  std::vector<SampleOutcome> outcomes;
  outcomes.reserve(data.samples.size());
  for (std::size_t i = 0; i < data.samples.size(); ++i) {
    outcomes.push_back(outcome_of(data, i, predictions[i]));
  }
  return outcomes;
}

bool about_samples(const std::string& error) {
  return error == "false_alarm" || error == "duplicate";
}

bool fails(const SampleOutcome::Object& object, const std::string& error) {
  return error == "wrong_class" ? object.confused
         : error == "bad_box"   ? object.misplaced
                                : object.missed;
}

struct Count {
  std::int64_t failed = 0;
  std::int64_t examined = 0;
};

// Of one sample; `counts`: a flag for each label, empty = all count.
Count count_of(const FailureMode& mode, const SampleOutcome& outcome,
               const std::vector<Label>& labels, const std::vector<std::uint8_t>& counts) {
  Count count;
  if (about_samples(mode.error)) {
    const auto& alarms = outcome.false_alarms;
    return {mode.class_name.empty() ? !alarms.empty() : alarms.contains(mode.class_name), 1};
  }
  for (const auto& object : outcome.objects) {
    const bool wanted =
        (counts.empty() || counts[object.label] != 0) &&
        (mode.class_name.empty() || labels[object.label].class_name == mode.class_name);
    count.examined += wanted ? 1 : 0;
    count.failed += wanted && fails(object, mode.error) ? 1 : 0;
  }
  return count;
}

ModeEvaluation measure(const FailureMode& mode, const SplitData& data,
                       const std::vector<SampleOutcome>& outcomes) {
  const auto view = view_slice(data, {.name = mode.name, .where = mode.slice});
  std::map<std::uint32_t, std::size_t> inside;  // sample → position in the view
  for (std::size_t v = 0; v < view.samples.size(); ++v) {
    inside.emplace(view.samples[v], v);
  }
  ModeEvaluation result{.failure_mode = mode.id,
                        .dataset_version = data.version,
                        .unit = about_samples(mode.error) ? "samples" : "objects"};
  std::map<std::string, Count> scenes;
  for (std::uint32_t i = 0; i < data.samples.size(); ++i) {
    const auto at = inside.find(i);
    const auto& labels = data.labels[i].labels;
    const auto all = count_of(mode, outcomes[i], labels, {});
    const auto here =
        at == inside.end() ? Count{} : count_of(mode, outcomes[i], labels, view.counts[at->second]);
    result.failed += here.failed;
    result.examined += here.examined;
    result.elsewhere_failed += all.failed - here.failed;
    result.elsewhere_examined += all.examined - here.examined;
    if (here.examined > 0) {
      auto& scene = scenes[data.samples[i].scene()];
      scene.failed += here.failed;
      scene.examined += here.examined;
    }
  }
  for (const auto& [name, count] : scenes) {
    result.scenes.push_back({name, count.failed, count.examined});
  }
  return result;
}

void store(Project& project, const ModeEvaluation& row) {
  Json scenes = Json::array();
  for (const auto& scene : row.scenes) {
    scenes.push_back({scene.name, scene.failed, scene.examined});
  }
  project.catalog->execute(
      "INSERT INTO failure_mode_evaluations (failure_mode, model, dataset_version, unit, failed, "
      "examined, elsewhere_failed, elsewhere_examined, scenes, created_at) VALUES ($1, $2, $3, $4, "
      "$5, $6, $7, $8, $9, $10) ON CONFLICT (failure_mode, model, dataset_version) DO UPDATE SET "
      "unit = excluded.unit, failed = excluded.failed, examined = excluded.examined, "
      "elsewhere_failed = excluded.elsewhere_failed, elsewhere_examined = "
      "excluded.elsewhere_examined, scenes = excluded.scenes",
      {row.failure_mode, row.model, row.dataset_version, row.unit, row.failed, row.examined,
       row.elsewhere_failed, row.elsewhere_examined, scenes.dump(), project.now()});
}

// The model's predictions for the whole split, if the lake has them.
std::optional<std::vector<PredictionSet>> known_predictions(Project& project,
                                                            const std::string& model,
                                                            const SplitData& data) {
  std::vector<std::string> keys;
  for (const auto& sample : data.samples) {
    keys.push_back(sample.key);
  }
  std::vector<PredictionSet> sets;
  for (auto& output : project.lake->predictions(model, keys)) {
    sets.push_back(std::move(output.set));
  }
  return sets.size() == keys.size() ? std::optional(std::move(sets)) : std::nullopt;
}

bool measured(Project& project, const std::string& mode, const std::string& model,
              const std::string& version) {
  return !project.catalog
              ->query(
                  "SELECT 1 FROM failure_mode_evaluations WHERE failure_mode = $1 AND model = "
                  "$2 AND dataset_version = $3",
                  {mode, model, version})
              .empty();
}

}  // namespace

void record_mode_evaluations(Project& project, std::string_view model, const SplitData& data) {
  if (data.split != "test") {
    return;
  }
  std::vector<FailureMode> modes = all_failure_modes(project);
  std::erase_if(modes, [](const FailureMode& mode) { return mode.state == "ignored"; });
  std::map<std::string, std::vector<const FailureMode*>> missing;
  const std::string newest(model);
  const auto champion = champion_id(project);
  for (const auto& mode : modes) {
    for (const auto& wanted :
         std::set<std::string>{newest, mode.first_model, champion.empty() ? newest : champion}) {
      if (!wanted.empty() && !measured(project, mode.id, wanted, data.version)) {
        missing[wanted].push_back(&mode);
      }
    }
  }
  std::map<std::string, std::vector<SampleOutcome>> outcomes;
  for (const auto& [wanted, unused] : missing) {
    if (const auto predictions = known_predictions(project, wanted, data)) {
      outcomes.emplace(wanted, outcomes_of(data, *predictions));
    }
  }
  project.catalog->transaction([&] {
    for (const auto& [wanted, some] : outcomes) {
      for (const auto* mode : missing[wanted]) {
        auto row = measure(*mode, data, some);
        row.model = wanted;
        store(project, row);
      }
    }
    move_modes(project, modes, newest);
  });
}

void measure_again(Project& project, const std::string& id, const std::string& like) {
  const FailureMode mode = find_failure_mode(project, id);
  for (const auto& row : mode_evaluations(project, like)) {
    const auto data = load_split(project, row.dataset_version, "test");
    if (const auto predictions = known_predictions(project, row.model, data)) {
      auto again = measure(mode, data, outcomes_of(data, *predictions));
      again.model = row.model;
      store(project, again);
    }
  }
}

std::vector<ModeEvaluation> mode_evaluations(Project& project, std::string_view mode) {
  std::vector<ModeEvaluation> result;
  for (const auto& row : project.catalog->query(
           "SELECT e.model, e.dataset_version, e.unit, e.failed, e.examined, e.elsewhere_failed, "
           "e.elsewhere_examined, e.scenes, e.created_at FROM failure_mode_evaluations e JOIN "
           "models m ON m.id = e.model LEFT JOIN dataset_versions v ON v.id = e.dataset_version "
           "WHERE e.failure_mode = $1 ORDER BY m.created_at, m.id, v.number",
           {std::string(mode)})) {
    ModeEvaluation evaluation{.failure_mode = std::string(mode),
                              .model = row.text(0),
                              .dataset_version = row.text(1),
                              .unit = row.text(2),
                              .failed = row.integer(3),
                              .examined = row.integer(4),
                              .elsewhere_failed = row.integer(5),
                              .elsewhere_examined = row.integer(6),
                              .created_at = row.integer(8)};
    for (const auto& scene : parse_json(row.text(7), "failure_mode_evaluations.scenes")) {
      evaluation.scenes.push_back({scene.at(0).get<std::string>(), scene.at(1).get<std::int64_t>(),
                                   scene.at(2).get<std::int64_t>()});
    }
    result.push_back(std::move(evaluation));
  }
  return result;
}

kernels::RateDifference compare(const ModeEvaluation& first, const ModeEvaluation& second) {
  std::vector<kernels::SceneRates> common;
  for (const auto& b : second.scenes) {
    const auto a = std::find_if(first.scenes.begin(), first.scenes.end(),
                                [&](const auto& scene) { return scene.name == b.name; });
    if (a != first.scenes.end()) {
      common.push_back({static_cast<double>(a->failed), static_cast<double>(a->examined),
                        static_cast<double>(b.failed), static_cast<double>(b.examined)});
    }
  }
  return kernels::rate_difference(common);
}

kernels::RateInterval interval_of(const ModeEvaluation& evaluation) {
  std::vector<kernels::SceneRates> scenes;
  for (const auto& scene : evaluation.scenes) {
    scenes.push_back(
        {static_cast<double>(scene.failed), static_cast<double>(scene.examined), 0, 0});
  }
  return kernels::rate_interval(scenes);
}

}  // namespace spotter
