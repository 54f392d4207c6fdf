#include "project/mode_evaluations.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>

#include <fmt/format.h>

#include "base/json.h"
#include "domain/geometry.h"
#include "project/failure_modes.h"

namespace spotter {
namespace {

constexpr double kSpeaks = 0.3;  // score from which a model's word counts
constexpr double kSameOverlap = 0.5;
constexpr double kTouches = 0.1;           // overlap from which a box is meant for the object
constexpr double kCertain = 0.05;          // p below which rates differ beyond chance
constexpr double kFixedShare = 0.5;        // of the first model's rate that may be left
constexpr double kRegressedBy = 0.05;      // rise of the rate that matters
constexpr std::int64_t kExaminedMin = 10;  // units from which a mode can be judged

// What the model did with one sample.
struct SampleOutcome {
  struct Object {
    std::size_t label = 0;
    bool missed = false;
    bool confused = false;   // another class is seen there
    bool misplaced = false;  // its class is seen beside it
  };
  std::vector<Object> objects;
  std::set<std::string> false_alarms;  // classes
};

SampleOutcome outcome_of(const SplitData& data, std::size_t sample, PredictionSet set) {
  std::erase_if(set.predictions, [](const Prediction& p) { return p.score < kSpeaks; });
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
    SampleOutcome::Object object{.label = l, .missed = found->second};
    for (const auto& p : set.predictions) {
      const double overlap = iou(p.box, labels[l].box);
      const bool same = p.class_name == labels[l].class_name;
      object.confused = object.confused || (!same && overlap >= kSameOverlap);
      object.misplaced = object.misplaced || (same && overlap >= kTouches);
    }
    outcome.objects.push_back(object);
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
  return object.missed && (error == "wrong_class" ? object.confused
                           : error == "bad_box"   ? object.misplaced
                                                  : true);
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

struct ModelFacts {
  std::string name;
  std::string kind;  // of its run; empty = made elsewhere
  TimeMs created_at = 0;
};

ModelFacts facts_of(Project& project, const std::string& model) {
  const auto rows = project.catalog->query(
      "SELECT m.name, coalesce(r.kind, ''), m.created_at FROM models m LEFT JOIN runs r ON r.id = "
      "m.run WHERE m.id = $1",
      {model});
  return rows.empty() ? ModelFacts{}
                      : ModelFacts{rows[0].text(0), rows[0].text(1), rows[0].integer(2)};
}

std::string percent(double rate) {
  return fmt::format("{:.0f} %", 100 * rate);
}

double rate_of(std::int64_t failed, std::int64_t examined) {
  return examined > 0 ? static_cast<double>(failed) / static_cast<double>(examined) : 0;
}

std::string words_of(const ModeEvaluation& row, const std::string& model) {
  return fmt::format("{} fails on {} of {} {} of it ({})", model, row.failed, row.examined,
                     row.unit, percent(rate_of(row.failed, row.examined)));
}

// The model that the mode's newest move speaks of, among those that were measured.
const ModeEvaluation* row_of_model(const std::vector<ModeEvaluation>& rows,
                                   const std::string& model) {
  const auto it = std::find_if(rows.rbegin(), rows.rend(),
                               [&](const ModeEvaluation& row) { return row.model == model; });
  return it == rows.rend() ? nullptr : &*it;
}

// Moves one mode by what the newly measured model shows.
class Move {
 public:
  Move(Project& project, const FailureMode& mode, std::string model)
      : project_(project),
        mode_(mode),
        model_(std::move(model)),
        rows_(mode_evaluations(project, mode.id)),
        facts_(facts_of(project, model_)) {}

  void run() {
    const auto* now = row_of_model(rows_, model_);
    if (now == nullptr || model_ == mode_.first_model || arm() || !newer()) {
      return;
    }
    if (now->examined < kExaminedMin || now->scenes.size() < 2) {
      stays(
          fmt::format("too few test {} of it to say whether {} is better", now->unit, facts_.name));
    } else if (mode_.state == "fixed") {
      check_regression(*now);
    } else {
      check_fix(*now);
    }
  }

 private:
  // Control and random arms are there to compare with, not to ship.
  [[nodiscard]] bool arm() const { return facts_.kind == "control" || facts_.kind == "random"; }

  // Only a model that is newer than the one that moved the mode last says something new, and each
  // says it once.
  [[nodiscard]] bool newer() const {
    if (!project_.catalog
             ->query("SELECT 1 FROM failure_mode_history WHERE failure_mode = $1 AND model = $2 "
                     "AND state IN ('fixed', 'regressed')",
                     {mode_.id, model_})
             .empty()) {
      return false;
    }
    const auto rows = project_.catalog->query(
        "SELECT coalesce(max(m.created_at), 0) FROM failure_mode_history h JOIN models m ON m.id = "
        "h.model WHERE h.failure_mode = $1 AND h.model <> $2",
        {mode_.id, model_});
    return facts_.created_at >= rows[0].integer(0);
  }

  // The model that fixed the mode last; empty = none did.
  [[nodiscard]] std::string fixed_by() const {
    const auto rows = project_.catalog->query(
        "SELECT model FROM failure_mode_history WHERE failure_mode = $1 AND state = 'fixed' ORDER "
        "BY created_at DESC LIMIT 1",
        {mode_.id});
    return rows.empty() ? "" : rows[0].text(0);
  }

  void check_fix(const ModeEvaluation& now) {
    const auto* first = row_of_model(rows_, mode_.first_model);
    if (first == nullptr) {
      stays(words_of(now, facts_.name));
      return;
    }
    const auto gap = compare(*first, now);
    const double elsewhere = rate_of(now.elsewhere_failed, now.elsewhere_examined);
    const auto* fixer = row_of_model(rows_, fixed_by());
    const bool low = gap.second <= std::max(kFixedShare * gap.first, elsewhere) &&
                     (fixer == nullptr || compare(*fixer, now).p_rise >= kCertain);
    const auto note = fmt::format("{}; {} of it with {}", words_of(now, facts_.name),
                                  percent(gap.first), facts_of(project_, first->model).name);
    if (gap.p_fall < kCertain && low) {
      set_failure_mode_state(project_, mode_.id, "fixed", model_, note);
    } else {
      stays(note);
    }
  }

  void check_regression(const ModeEvaluation& now) {
    const auto* before = row_of_model(rows_, fixed_by());
    if (before == nullptr || before == &now) {
      return;
    }
    const auto gap = compare(*before, now);
    if (gap.p_rise < kCertain && gap.second - gap.first >= kRegressedBy) {
      set_failure_mode_state(
          project_, mode_.id, "regressed", model_,
          fmt::format("{}; {} of it with {}", words_of(now, facts_.name), percent(gap.first),
                      facts_of(project_, before->model).name));
    }
  }

  // Work on the mode ended with this model, and it is not fixed.
  void stays(const std::string& why) {
    if (mode_.state == "training" && facts_.kind == "train") {
      set_failure_mode_state(project_, mode_.id, "open", model_, "not fixed yet: " + why);
    }
  }

  Project& project_;
  const FailureMode& mode_;
  std::string model_;
  std::vector<ModeEvaluation> rows_;
  ModelFacts facts_;
};

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
  if (data.split != "test" || project.config.task == "trajectory") {
    return;
  }
  std::vector<FailureMode> modes = all_failure_modes(project);
  std::erase_if(modes, [](const FailureMode& mode) { return mode.state == "ignored"; });
  std::map<std::string, std::vector<const FailureMode*>> missing;
  const std::string newest(model);
  const auto champion =
      project.catalog->query("SELECT model FROM aliases WHERE alias = 'champion'");
  for (const auto& mode : modes) {
    for (const auto& wanted : std::set<std::string>{
             newest, mode.first_model, champion.empty() ? newest : champion[0].text(0)}) {
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
    for (const auto& mode : modes) {
      Move(project, mode, newest).run();
    }
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
