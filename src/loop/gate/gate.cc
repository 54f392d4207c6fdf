#include "loop/gate/gate.h"

#include <algorithm>
#include <optional>
#include <set>

#include <fmt/format.h>

#include "base/error.h"
#include "base/hash.h"
#include "kernels/false_discovery.h"
#include "loop/gate/page.h"
#include "loop/gate/pictures.h"
#include "loop/gate/rule.h"
#include "project/champion.h"
#include "project/failure_modes.h"
#include "project/mode_evaluations.h"
#include "project/scoring.h"

namespace spotter::gate {
namespace {

constexpr std::size_t kPicturesShown = 6;  // of each kind: fills rows of two and of three
constexpr std::size_t kScenesMin = 2;      // from which scenes can be compared with each other

struct Contender {
  trainer::Model model;
  std::vector<PredictionSet> predictions;
};

// Everything that a report is made of.
struct Ring {
  SplitData data;
  std::optional<Contender> champion;
  Contender challenger;
  std::optional<Contender> control;
  std::optional<Contender> random;
};

std::string version_of(Project& project, const std::string& wanted) {
  const auto rows = project.catalog->query(
      "SELECT id FROM dataset_versions WHERE id = $1 OR $1 = '' ORDER BY number DESC LIMIT 1",
      {wanted});
  if (rows.empty()) {
    fail(ErrorCode::kNotFound,
         wanted.empty() ? std::string("there is no dataset version yet: make one with `spotter "
                                      "version commit`")
                        : fmt::format("there is no dataset version \"{}\"", wanted));
  }
  return rows[0].text(0);
}

Contender contender(Project& project, const trainer::Model& model, const SplitData& data,
                    const std::string& cycle, const trainer::Progress& progress) {
  std::vector<std::string> keys;
  for (const auto& sample : data.samples) {
    keys.push_back(sample.key);
  }
  trainer::predict(project, {.model = model.id, .keys = keys, .cycle = cycle, .step = "gate"},
                   progress);
  return {model, load_predictions(project, model.id, data)};
}

std::optional<trainer::Model> optional_model(Project& project, const std::string& name) {
  return name.empty() ? std::nullopt : std::optional(trainer::find_model(project, name));
}

// The named champion, else the alias, else none: then the challenger is the project's first model.
std::optional<trainer::Model> champion_of(Project& project, const std::string& name) {
  if (!name.empty()) {
    return trainer::find_model(project, name);
  }
  const auto id = champion_id(project);
  return id.empty() ? std::nullopt : std::optional(trainer::find_model(project, id));
}

struct Judged {
  SliceFacts facts;
  Judgement judgement;
  SliceView view;
  kernels::SceneMetric after;
  double baseline = -1;
  double random = -1;
};

Judged measure(const Ring& ring, const SliceConfig& slice, const GateConfig& config,
               std::uint64_t seed) {
  Judged judged{.facts = {.slice = slice}, .view = view_slice(ring.data, slice)};
  const kernels::BootstrapOptions options{
      .resamples = config.resamples, .confidence = config.confidence, .seed = seed};
  const auto metric_of = [&](const Contender& contender) {
    return ring.data.task->measure(ring.data, judged.view, contender.predictions);
  };
  judged.after = metric_of(ring.challenger);
  judged.baseline = ring.data.task->baseline(ring.data, judged.view);
  if (ring.champion) {
    judged.facts.against_champion =
        kernels::paired_bootstrap(metric_of(*ring.champion), judged.after, options);
  } else {
    judged.facts.against_champion =
        kernels::paired_bootstrap(judged.after, judged.after, {.resamples = 1, .seed = seed});
  }
  if (ring.control) {
    judged.facts.has_control = true;
    judged.facts.against_control =
        kernels::paired_bootstrap(metric_of(*ring.control), judged.after, options);
  }
  if (ring.random) {
    judged.random = metric_of(*ring.random).value({});
  }
  return judged;
}

// Holm over the blocking slices for losses, and over those that must win for gains.
void adjust(std::vector<Judged>& slices) {
  const auto over = [&](auto chosen, auto p_value, auto set) {
    std::vector<double> p;
    for (const auto& s : slices) {
      if (chosen(s.facts.slice) && s.facts.against_champion.first >= 0) {
        p.push_back(p_value(s.facts.against_champion));
      }
    }
    const auto adjusted = kernels::holm(p);
    std::size_t at = 0;
    for (auto& s : slices) {
      if (chosen(s.facts.slice) && s.facts.against_champion.first >= 0) {
        set(s.facts, adjusted[at++]);
      }
    }
  };
  over([](const SliceConfig& s) { return s.blocking && s.must != "report"; },
       [](const auto& d) { return d.p_loss; },
       [](SliceFacts& f, double p) { f.p_loss_adjusted = p; });
  over([](const SliceConfig& s) { return s.must == "win"; }, [](const auto& d) { return d.p_gain; },
       [](SliceFacts& f, double p) { f.p_gain_adjusted = p; });
}

Judgement judge(const SliceFacts& facts, bool first_model, const GateConfig& config) {
  const auto& d = facts.against_champion;
  if (d.second < 0) {
    return {facts.slice.must == "report" ? Verdict::kPass : Verdict::kFail,
            "the test split has no object of this slice: label some"};
  }
  if (first_model) {
    return {Verdict::kPass, "first model: nothing to compare with"};
  }
  if (d.scene_count < kScenesMin && facts.slice.must != "report") {
    return {Verdict::kInconclusive, fmt::format("the test split has only one scene of this slice: "
                                                "label more of at least {} other scenes",
                                                kScenesMin)};
  }
  if (d.gain > config.suspicious_gain && facts.slice.must != "report") {
    return {Verdict::kHold,
            fmt::format(
                "gains {:+.3f}, which is suspiciously much: look for a leak between training and "
                "test",
                d.gain)};
  }
  return rule_named(facts.slice.must).judge(facts, config);
}

Json slice_json(const Judged& s, bool first_model) {
  const auto& d = s.facts.against_champion;
  Json row = {{"name", s.facts.slice.name},
              {"where", s.facts.slice.where},
              {"class", s.facts.slice.class_name},
              {"must", s.facts.slice.must},
              {"blocking", s.facts.slice.blocking},
              {"weight", s.facts.slice.weight},
              {"samples", s.view.samples.size()},
              {"scenes", d.scene_count},
              {"truths", d.truth_count},
              {"found", s.after.found},
              {"baseline", s.baseline},
              {"after", d.second},
              {"verdict", name(s.judgement.verdict)},
              {"reason", s.judgement.reason}};
  if (!first_model) {
    row["before"] = d.first;
    row["delta"] = d.gain;
    row["low"] = d.low;
    row["high"] = d.high;
    row["p_loss"] = s.facts.p_loss_adjusted;
    row["p_gain"] = s.facts.p_gain_adjusted;
  }
  if (s.facts.has_control) {
    const auto& c = s.facts.against_control;
    row["control"] = c.first;
    row["over_control"] = {{"delta", c.gain}, {"low", c.low}, {"high", c.high}};
    row["credited"] = c.low > 0;  // to the data, and not to the extra steps
  }
  if (s.random >= 0) {
    row["random"] = s.random;
  }
  return row;
}

Verdict overall(const std::vector<Judged>& slices) {
  const auto any = [&](Verdict verdict) {
    return std::any_of(slices.begin(), slices.end(), [&](const Judged& s) {
      return s.judgement.verdict == verdict &&
             (s.facts.slice.blocking || s.facts.slice.must == "win");
    });
  };
  return any(Verdict::kFail)           ? Verdict::kFail
         : any(Verdict::kHold)         ? Verdict::kHold
         : any(Verdict::kInconclusive) ? Verdict::kInconclusive
                                       : Verdict::kPass;
}

Json reasons_of(const std::vector<Judged>& slices, Verdict verdict) {
  Json reasons = Json::array();
  for (const auto& s : slices) {
    if (s.judgement.verdict == verdict &&
        (verdict != Verdict::kPass || s.facts.slice.must == "win")) {
      reasons.push_back(s.facts.slice.name + ": " + s.judgement.reason);
    }
  }
  return reasons;
}

Json model_json(Project& project, const trainer::Model& model) {
  const auto rows = project.catalog->query(
      "SELECT kind, cpu_seconds, seconds FROM runs WHERE id = $1", {model.run});
  return {{"id", model.id},
          {"name", model.name},
          {"dataset_version", model.dataset_version},
          {"kind", rows.empty() ? "" : rows[0].text(0)},
          {"cpu_seconds", rows.empty() ? 0.0 : rows[0].real(1)}};
}

Json cost_of(Project& project, const Ring& ring) {
  double machine_seconds = 0;
  for (const auto* c : {&ring.challenger, ring.control ? &*ring.control : nullptr,
                        ring.random ? &*ring.random : nullptr}) {
    if (c != nullptr) {
      machine_seconds += model_json(project, c->model)["cpu_seconds"].get<double>();
    }
  }
  const auto& cost = project.config.cost;
  return {{"machine_seconds", machine_seconds},
          {"money", machine_seconds / 3600 * cost.machine_hour},
          {"currency", cost.currency}};
}

std::string key_of(const Ring& ring, const std::vector<SliceConfig>& slices, const Project& project,
                   const GateOptions& options) {
  const auto id = [](const std::optional<Contender>& c) { return c ? c->model.id : std::string(); };
  std::string text = fmt::format("{}\n{}\n{}\n{}\n{}\n{}\n{}\n", id(ring.champion),
                                 ring.challenger.model.id, id(ring.control), id(ring.random),
                                 ring.data.version, options.cycle, options.seed);
  for (const auto& s : slices) {
    text += fmt::format("{}\t{}\t{}\t{}\t{}\n", s.name, s.where, s.class_name, s.must, s.blocking);
  }
  const auto& g = project.config.gate;
  return sha256_hex(
      text + fmt::format("{} {} {} {}", g.margin, g.confidence, g.resamples, g.suspicious_gain));
}

Json make_report(Project& project, const Ring& ring, const std::vector<SliceConfig>& slices,
                 const GateOptions& options, const std::string& id) {
  std::vector<Judged> judged;
  for (const auto& slice : slices) {
    judged.push_back(measure(ring, slice, project.config.gate, options.seed));
  }
  adjust(judged);
  const bool first_model = !ring.champion.has_value();
  for (auto& s : judged) {
    s.judgement = judge(s.facts, first_model, project.config.gate);
  }
  const auto verdict = overall(judged);
  Json report = {
      {"id", id},
      {"verdict", name(verdict)},
      {"reasons", reasons_of(judged, verdict)},
      {"first_model", first_model},
      {"champion", first_model ? Json(nullptr) : model_json(project, ring.champion->model)},
      {"challenger", model_json(project, ring.challenger.model)},
      {"control", ring.control ? model_json(project, ring.control->model) : Json(nullptr)},
      {"random", ring.random ? model_json(project, ring.random->model) : Json(nullptr)},
      {"task", ring.data.task->name},
      {"metric", ring.data.task->headline},
      {"scale", ring.data.task->scale},
      {"baseline_name", ring.data.task->baseline_name},
      {"lower_is_better", !judged.empty() && judged.front().after.lower_is_better},
      {"version", ring.data.version},
      {"samples", ring.data.samples.size()},
      {"scenes", ring.data.scene_count},
      {"margin", project.config.gate.margin},
      {"confidence", project.config.gate.confidence},
      {"cost", cost_of(project, ring)},
      {"created_at", iso_time(project.now())},
      {"slices", Json::array()},
      {"regressions", Json::array()},
      {"fixes", Json::array()}};
  for (const auto& s : judged) {
    report["slices"].push_back(slice_json(s, first_model));
  }
  if (!first_model && ring.data.task->pictures) {
    const auto& before = ring.champion->predictions;
    const auto& after = ring.challenger.predictions;
    const auto pictures = choose_pictures(ring.data, before, after, kPicturesShown);
    for (const auto& pair : pictures.regressions) {
      report["regressions"].push_back(to_json(pair, ring.data, before, after));
    }
    for (const auto& pair : pictures.fixes) {
      report["fixes"].push_back(to_json(pair, ring.data, before, after));
    }
  }
  return report;
}

std::string page_of(Project& project, const Json& report) {
  const auto modes = all_failure_modes(project);
  const auto picture_of = [&](const std::string& media) {
    return project.blobs->has(media) ? project.blobs->get(media) : std::string();
  };
  const auto title_of = [&](const std::string& slice) {
    const auto mode = std::find_if(modes.begin(), modes.end(),
                                   [&](const FailureMode& m) { return m.name == slice; });
    return mode == modes.end() ? std::string() : mode->title;
  };
  return page(report, picture_of, title_of);
}

void store(Project& project, const Json& report, const std::string& html,
           const std::string& cycle) {
  const auto id_of = [&](const char* who) {
    return report[who].is_null() ? std::string() : report[who]["id"].get<std::string>();
  };
  project.catalog->execute(
      "INSERT INTO gate_reports (id, champion, challenger, control, dataset_version, verdict, "
      "report, html, cycle, "
      "created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT (id) DO NOTHING",
      {report["id"].get<std::string>(), id_of("champion"), id_of("challenger"), id_of("control"),
       report["version"].get<std::string>(), report["verdict"].get<std::string>(), report.dump(),
       html, cycle, project.now()});
}

// Where the model is at work now: the newest entry of each target's log is what is there.
Json targets_of(Project& project, const std::string& model) {
  Json targets = Json::array();
  std::set<std::string> seen;
  for (const auto& row : project.catalog->query(
           "SELECT target, model FROM deployments ORDER BY created_at DESC, id DESC")) {
    if (seen.insert(row.text(0)).second && row.text(1) == model) {
      targets.push_back(row.text(0));
    }
  }
  return targets;
}

}  // namespace

Json run(Project& project, const GateOptions& options, const trainer::Progress& progress) {
  const auto champion = champion_of(project, options.champion);
  const auto challenger = trainer::find_model(project, options.challenger);
  if (champion && champion->id == challenger.id) {
    fail(ErrorCode::kInvalid,
         fmt::format("model \"{}\" cannot be its own challenger", challenger.name));
  }
  const auto control = optional_model(project, options.control);
  const auto random = optional_model(project, options.random);
  Ring ring{.data = load_split(project, version_of(project, options.version), "test")};
  ring.challenger = contender(project, challenger, ring.data, options.cycle, progress);
  const auto enter = [&](const std::optional<trainer::Model>& model) {
    return model ? std::optional(contender(project, *model, ring.data, options.cycle, progress))
                 : std::nullopt;
  };
  ring.champion = enter(champion);
  ring.control = enter(control);
  ring.random = enter(random);
  record_mode_evaluations(project, challenger.id, ring.data);
  const auto slices = watched_slices(project);
  const auto id = "gate_" + key_of(ring, slices, project, options).substr(0, 12);
  if (!project.catalog->query("SELECT 1 FROM gate_reports WHERE id = $1", {id}).empty()) {
    return find(project, id);
  }
  Json report = make_report(project, ring, slices, options, id);
  store(project, report, project.blobs->put(page_of(project, report)), options.cycle);
  return find(project, id);
}

Json find(Project& project, std::string_view id) {
  const auto rows = project.catalog->query(
      "SELECT report, html, id FROM gate_reports WHERE id = $1 OR $1 = '' OR id LIKE $1 || '%' "
      "ORDER BY created_at DESC, id DESC",
      {std::string(id)});
  if (rows.empty()) {
    fail(ErrorCode::kNotFound,
         id.empty() ? std::string("there is no gate report yet: run `spotter gate`")
                    : fmt::format("there is no gate report \"{}\"; see `spotter gate list`", id));
  }
  Json report = parse_json(rows[0].text(0), "gate_reports.report");
  report["html"] = rows[0].text(1);
  const auto decisions = project.catalog->query(
      "SELECT decision, author, note, created_at FROM approvals WHERE gate_report = $1 ORDER BY "
      "created_at DESC, id DESC",
      {rows[0].text(2)});
  if (!report.contains("metric")) {  // made before there were other tasks
    report.update({{"task", "detection"},
                   {"metric", "AP50"},
                   {"scale", task_named("detection").scale},
                   {"lower_is_better", false}});
  }
  report["note"] = weakness(report);
  report["deployed_to"] = targets_of(project, report["challenger"]["id"].get<std::string>());
  report["decision"] = nullptr;
  if (!decisions.empty()) {
    report["decision"] = {{"decision", decisions[0].text(0)},
                          {"author", decisions[0].text(1)},
                          {"note", decisions[0].text(2)},
                          {"created_at", iso_time(decisions[0].integer(3))}};
  }
  return report;
}

Json list(Project& project) {
  Json reports = Json::array();
  for (const auto& row :
       project.catalog->query("SELECT id FROM gate_reports ORDER BY created_at DESC, id DESC")) {
    Json report = find(project, row.text(0));
    for (const char* large : {"slices", "regressions", "fixes"}) {
      report.erase(large);
    }
    reports.push_back(std::move(report));
  }
  return {{"reports", reports}};
}

}  // namespace spotter::gate
