// Looking at failure modes and findings, and what people decide about them.
#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"
#include "loop/triage/naming.h"
#include "loop/triage/queue.h"
#include "loop/triage/triage.h"
#include "project/champion.h"
#include "project/check_runs.h"
#include "project/failure_modes.h"
#include "project/filter.h"
#include "project/mode_evaluations.h"
#include "trainer/trainer.h"

namespace spotter::triage {
namespace {

std::size_t count_findings(Project& project, const std::string& mode) {
  const auto rows = project.catalog->query(
      "SELECT COUNT(*) FROM failure_mode_findings WHERE failure_mode = $1", {mode});
  return static_cast<std::size_t>(rows.at(0).integer(0));
}

Json described(Project& project, const FailureMode& mode) {
  Json result = to_json(mode);
  result["findings"] = count_findings(project, mode.id);
  return result;
}

std::map<std::string, std::vector<std::string>> modes_by_finding(Project& project) {
  std::map<std::string, std::vector<std::string>> result;
  for (const auto& row :
       project.catalog->query("SELECT f.finding, m.name FROM failure_mode_findings f JOIN "
                              "failure_modes m ON m.id = f.failure_mode "
                              "ORDER BY f.finding, m.name")) {
    result[row.text(0)].push_back(row.text(1));
  }
  return result;
}

Json finding_json(const Finding& finding, const std::string& verdict,
                  const std::vector<std::string>& modes) {
  const Box& b = finding.box;
  return {{"id", finding.id},
          {"check", finding.check},
          {"model", finding.model},
          {"sample", finding.sample},
          {"object", finding.object},
          {"error", finding.error},
          {"class", finding.class_name},
          {"score", finding.score},
          {"box", b.valid() ? Json{b.x1, b.y1, b.x2, b.y2} : Json()},
          {"evidence",
           finding.evidence.empty() ? Json::object() : parse_json(finding.evidence, "evidence")},
          {"verdict", verdict.empty() ? Json() : Json(verdict)},
          {"modes", modes},
          {"created_at", iso_time(finding.created_at)}};
}

// Current findings of the model, or all findings of one mode whatever run they are of.
std::vector<Finding> wanted_findings(Project& project, const FindingsOptions& options) {
  std::vector<Finding> wanted;
  if (!options.mode.empty()) {
    const auto mode = find_failure_mode(project, options.mode);
    std::vector<std::string> ids;
    for (const auto& row : project.catalog->query(
             "SELECT finding FROM failure_mode_findings WHERE failure_mode = $1", {mode.id})) {
      ids.push_back(row.text(0));
    }
    return findings_by_id(project, std::move(ids));
  }
  for (auto& check : current_findings(project, queue_model(project, options.model), true)) {
    std::move(check.findings.begin(), check.findings.end(), std::back_inserter(wanted));
  }
  return wanted;
}

Json history_of(Project& project, const std::string& mode) {
  Json history = Json::array();
  for (const auto& row :
       project.catalog->query("SELECT state, model, note, created_at, author FROM "
                              "failure_mode_history WHERE failure_mode = $1 "
                              "ORDER BY created_at",
                              {mode})) {
    history.push_back({{"state", row.text(0)},
                       {"model", row.text(1)},
                       {"note", row.text(2)},
                       {"author", row.text(4)},
                       {"at", iso_time(row.integer(3))}});
  }
  return history;
}

Json difference_json(const ModeEvaluation* first, const ModeEvaluation& second) {
  if (first == nullptr || first->model == second.model) {
    return nullptr;
  }
  const auto d = compare(*first, second);
  return {{"difference", d.second - d.first},
          {"low", d.low},
          {"high", d.high},
          {"p_rise", d.p_rise},
          {"p_fall", d.p_fall},
          {"scenes", d.scene_count}};
}

// The newest measurement of each model.
Json models_of(Project& project, const FailureMode& mode) {
  std::vector<ModeEvaluation> rows;
  for (auto& row : mode_evaluations(project, mode.id)) {
    if (!rows.empty() && rows.back().model == row.model) {
      rows.pop_back();
    }
    rows.push_back(std::move(row));
  }
  const auto row_of = [&](const std::string& model) {
    const auto it = std::find_if(rows.begin(), rows.end(),
                                 [&](const ModeEvaluation& row) { return row.model == model; });
    return it == rows.end() ? nullptr : &*it;
  };
  const auto champion = champion_id(project);
  const auto* first = row_of(mode.first_model);
  const auto* best = champion.empty() ? nullptr : row_of(champion);
  Json result = Json::array();
  for (const auto& row : rows) {
    const auto interval = interval_of(row);
    result.push_back({{"model", row.model},
                      {"name", trainer::find_model(project, row.model).name},
                      {"version", row.dataset_version},
                      {"unit", row.unit},
                      {"failed", row.failed},
                      {"examined", row.examined},
                      {"rate", row.examined > 0 ? Json(interval.rate) : Json()},
                      {"low", interval.low},
                      {"high", interval.high},
                      {"scenes", row.scenes.size()},
                      {"elsewhere", row.elsewhere_examined > 0
                                        ? Json(static_cast<double>(row.elsewhere_failed) /
                                               static_cast<double>(row.elsewhere_examined))
                                        : Json()},
                      {"against_first", difference_json(first, row)},
                      {"against_champion", difference_json(best, row)}});
  }
  return result;
}

}  // namespace

Json modes(Project& project, bool all) {
  Json result = Json::array();
  for (const auto& mode : all_failure_modes(project)) {
    if (all || (mode.state != "fixed" && mode.state != "ignored")) {
      result.push_back(described(project, mode));
    }
  }
  return {{"modes", result}};
}

Json show_mode(Project& project, const std::string& name, std::size_t limit) {
  const auto mode = find_failure_mode(project, name);
  Json result = described(project, mode);
  result["samples"] = query_samples(project, Filter::parse(mode.slice), 1).total;
  result["history"] = history_of(project, mode.id);
  result["models"] = models_of(project, mode);
  result["examples"] = findings(project, {.mode = mode.id, .limit = limit})["findings"];
  return result;
}

Json merge_modes(Project& project, const std::string& name, const std::string& other_name) {
  const auto mode = find_failure_mode(project, name);
  const auto other = find_failure_mode(project, other_name);
  if (mode.id == other.id) {
    fail(ErrorCode::kInvalid,
         fmt::format("a mode cannot be merged with itself: \"{}\"", mode.name));
  }
  project.catalog->transaction([&] {
    project.catalog->execute(
        "INSERT INTO failure_mode_findings (failure_mode, finding, sample, score) SELECT $1, "
        "finding, sample, "
        "score FROM failure_mode_findings WHERE failure_mode = $2 ON CONFLICT (failure_mode, "
        "finding) DO NOTHING",
        {mode.id, other.id});
    project.catalog->execute("DELETE FROM failure_mode_findings WHERE failure_mode = $1",
                             {other.id});
    FailureMode merged = other;
    Json evidence = parse_json(merged.evidence, "evidence");
    evidence["merged_into"] = mode.id;
    merged.evidence = evidence.dump();
    save_failure_mode(project, merged);
    set_failure_mode_state(project, other.id, "ignored", "",
                           fmt::format("merged into \"{}\"", mode.name));
  });
  project.audit("merge_modes", mode.id, {{"other", other.id}});
  return described(project, find_failure_mode(project, mode.id));
}

Json set_mode(Project& project, const SetOptions& options) {
  if (options.state.empty() && options.title.empty() && options.weight < 0 && !options.owner &&
      options.note.empty()) {
    fail(ErrorCode::kInvalid,
         "nothing to set: give a state, a title, a weight, an owner or a note");
  }
  const auto id = find_failure_mode(project, options.mode).id;
  project.catalog->transaction([&] {
    FailureMode mode = find_failure_mode(project, id);
    if (!options.title.empty()) {
      mode.title = options.title;
    }
    if (options.weight >= 0) {
      mode.weight = options.weight;
      mode.rank_score = mode.weight * mode.frequency * mode.severity;
    }
    if (options.owner) {
      mode.owner = *options.owner;
    }
    mode.updated_at = project.now();
    save_failure_mode(project, mode);
    if (!options.state.empty() && options.state != mode.state) {
      set_failure_mode_state(project, id, options.state, mode.last_model,
                             options.note.empty() ? "set by " + project.person : options.note);
    } else if (!options.note.empty()) {
      note_failure_mode(project, id, "", options.note);
    }
    // The gate's slice of a fixed mode weighs as much as the mode.
    project.catalog->execute("UPDATE slices SET weight = $1 WHERE failure_mode = $2",
                             {mode.weight, mode.id});
  });
  project.audit("set_mode", id,
                {{"state", options.state}, {"title", options.title}, {"weight", options.weight}});
  return described(project, find_failure_mode(project, id));
}

Json findings(Project& project, const FindingsOptions& options) {
  auto wanted = wanted_findings(project, options);
  std::erase_if(wanted, [&](const Finding& finding) {
    return (!options.check.empty() && finding.check != options.check) ||
           (!options.sample.empty() && finding.sample != options.sample);
  });
  std::sort(wanted.begin(), wanted.end(), [](const Finding& a, const Finding& b) {
    return a.score != b.score ? a.score > b.score : a.id < b.id;
  });
  const auto verdicts = latest_verdicts(project);
  const auto modes_of = modes_by_finding(project);
  Json rows = Json::array();
  for (std::size_t i = 0; i < std::min(options.limit, wanted.size()); ++i) {
    const auto verdict = verdicts.find(wanted[i].id);
    const auto in_modes = modes_of.find(wanted[i].id);
    rows.push_back(
        finding_json(wanted[i], verdict == verdicts.end() ? "" : verdict->second,
                     in_modes == modes_of.end() ? std::vector<std::string>() : in_modes->second));
  }
  return {{"total", wanted.size()}, {"findings", rows}};
}

}  // namespace spotter::triage
