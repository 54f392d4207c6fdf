#include "loop/cycle/cycle.h"

#include <fmt/format.h>

#include "base/error.h"
#include "loop/cycle/rehearsal.h"
#include "loop/cycle/steps.h"
#include "project/champion.h"
#include "project/filter.h"

namespace spotter::cycle {
namespace {

const StepRow* find_step(const CycleRow& cycle, std::string_view name) {
  for (const auto& step : cycle.steps) {
    if (step.name == name) {
      return &step;
    }
  }
  return nullptr;
}

std::string name_of(Project& project, const std::string& model) {
  const auto rows = project.catalog->query("SELECT name FROM models WHERE id = $1", {model});
  return rows.empty() ? model : rows[0].text(0);
}

// The batches that people still have, apart from the one that this cycle waits for.
Json left_open(Project& project, const CycleRow& cycle) {
  const bool ended = cycle.state == CycleState::kCancelled || cycle.state == CycleState::kDone;
  const auto own = ended ? std::string() : fmt::format("cycle-{}", cycle.number);
  Json names = Json::array();
  for (const auto& row : project.catalog->query(
           "SELECT DISTINCT b.name FROM batches b JOIN tasks t ON t.batch = b.id "
           "WHERE t.state = 'open' ORDER BY b.name")) {
    if (row.text(0) != own) {
      names.push_back(row.text(0));
    }
  }
  return names;
}

Json document(Project& project, const CycleRow& cycle) {
  Json json = to_json(project, cycle);
  const auto* gate = find_step(cycle, "gate");
  const auto* deploy = find_step(cycle, "deploy");
  json["verdict"] = gate == nullptr ? "" : json_get_or<std::string>(gate->outputs, "verdict", "");
  json["decision"] =
      deploy == nullptr ? "" : json_get_or<std::string>(deploy->outputs, "decision", "");
  json["deployed"] =
      json["decision"] == "shipped" ? json_get_or<std::string>(deploy->outputs, "model", "") : "";
  json["deployed_name"] = name_of(project, json["deployed"].get<std::string>());
  json["note"] = gate == nullptr ? "" : json_get_or<std::string>(gate->outputs, "note", "");
  json["left_open"] = left_open(project, cycle);
  json["interrupted"] = cycle.state == CycleState::kRunning && !runner_alive(project);
  return json;
}

Json plan_json(const std::vector<PlannedStep>& steps) {
  Json list = Json::array();
  for (const auto& step : steps) {
    list.push_back({{"name", step.name}, {"action", step.action}, {"reason", step.reason}});
  }
  return {{"steps", list}};
}

Json advance(Project& project, const std::string& id, const RunOptions& options) {
  const auto steps = loop_steps();
  if (options.on_plan) {
    options.on_plan(plan_json(plan_cycle(project, Journal(project).load(id), steps)));
  }
  return document(project, advance_cycle(project, id, steps, options.hooks));
}

std::vector<std::string> step_names() {
  std::vector<std::string> names;
  for (const auto& step : loop_steps()) {
    names.push_back(step.name);
  }
  return names;
}

bool open(const CycleRow& cycle) {
  return cycle.state == CycleState::kRunning || cycle.state == CycleState::kWaiting;
}

// Without a model there is nothing to collect, and without a label nothing to learn from.
bool nothing_to_learn_from(Project& project) {
  return project.config.sources.empty() && champion_id(project).empty() &&
         query_keys(project, Filter::parse("labelled = true")).empty();
}

}  // namespace

void check_startable(Project& project) {
  const Journal journal(project);
  if (runner_alive(project)) {
    fail(ErrorCode::kUnavailable,
         "another process runs a cycle of this project; `spotter cycle status` shows it");
  }
  if (const auto newest = journal.newest(); newest && open(*newest)) {
    fail(ErrorCode::kConflict,
         fmt::format(
             "cycle {} {}; `spotter cycle resume` goes on with it, `spotter cycle cancel` ends it",
             newest->number,
             newest->state == CycleState::kWaiting ? "is waiting for people" : "was interrupted"));
  }
  if (nothing_to_learn_from(project)) {
    fail(ErrorCode::kInvalid,
         "no cycle was started: nothing is labelled yet; `spotter import FORMAT PATH` brings in "
         "pictures with their labels (`spotter formats` lists what it reads)");
  }
}

Json run(Project& project, const RunOptions& options) {
  check_startable(project);
  Journal journal(project);
  const auto cycle =
      journal.create(step_names(), options.started_by.empty() ? project.person : options.started_by,
                     false, {{"champion", champion_id(project)}});
  return advance(project, cycle.id, options);
}

Json resume(Project& project, const RunOptions& options) {
  const auto cycle = Journal(project).load();
  if (cycle.state == CycleState::kCancelled) {
    fail(ErrorCode::kInvalid,
         fmt::format("cycle {} was cancelled; `spotter cycle run` starts another", cycle.number));
  }
  if (cycle.state == CycleState::kDone) {
    return document(project, cycle);
  }
  return advance(project, cycle.id, options);
}

Json status(Project& project, std::string_view cycle) {
  Json json = document(project, Journal(project).load(cycle));
  json["rehearsal_last"] = last_rehearsal(project);
  return json;
}

Json history(Project& project) {
  Json cycles = Json::array();
  for (const auto& cycle : Journal(project).all()) {
    cycles.push_back(document(project, cycle));
  }
  return {{"cycles", cycles}};
}

Json cancel(Project& project, std::string_view cycle) {
  return document(project, cancel_cycle(project, Journal(project).load(cycle).id));
}

Json plan(Project& project) {
  const auto steps = loop_steps();
  auto newest = Journal(project).newest();
  if (newest && (open(*newest) || newest->state == CycleState::kFailed)) {
    return plan_json(plan_cycle(project, *newest, steps));
  }
  CycleRow next{.parameters = {{"champion", champion_id(project)}}};
  for (const auto& step : steps) {
    next.steps.push_back({.name = step.name});
  }
  return plan_json(plan_cycle(project, next, steps));
}

int exit_code(const Json& cycle) {
  const auto state = cycle["state"].get<std::string>();
  if (state == "failed" || state == "cancelled") {
    for (const auto& step : cycle["steps"]) {
      if (step["state"] == "failed" && step["outputs"].value("error_code", "") == "unavailable") {
        return spotter::exit_code(ErrorCode::kUnavailable);
      }
    }
    return 1;
  }
  const auto decision = cycle["decision"].get<std::string>();
  return decision == "refused" || decision == "held" ? 3 : 0;
}

}  // namespace spotter::cycle
