#include "project/attention.h"

#include <algorithm>
#include <filesystem>
#include <optional>

#include <fmt/format.h>
#include <unistd.h>

#include "base/files.h"
#include "base/json.h"
#include "project/ledger.h"

namespace spotter {
namespace {

constexpr TimeMs kDay = TimeMs{24} * 3600 * 1000;

void add(Json& items, std::string_view kind, const std::string& object, const std::string& title,
         const std::string& detail, int urgency, TimeMs since) {
  items.push_back({{"kind", kind},
                   {"object", object},
                   {"title", title},
                   {"detail", detail},
                   {"urgency", urgency},
                   {"since", since == 0 ? Json(nullptr) : Json(iso_time(since))}});
}

// The newest report, if nobody decided yet, its model is not at work already, and its cycle was not
// cancelled.
void add_approvals(Project& project, Json& items) {
  for (const auto& row : project.catalog->query(
           "SELECT g.id, g.verdict, m.name, g.created_at FROM gate_reports g JOIN models m ON m.id "
           "= g.challenger WHERE g.verdict <> 'fail' AND g.created_at = (SELECT max(created_at) "
           "FROM gate_reports) AND NOT EXISTS (SELECT 1 FROM approvals a WHERE a.gate_report = "
           "g.id) AND NOT EXISTS (SELECT 1 FROM deployments d WHERE d.model = g.challenger) AND "
           "NOT EXISTS (SELECT 1 FROM cycles c WHERE c.id = g.cycle AND c.state = 'cancelled') "
           "ORDER BY g.created_at DESC")) {
    const std::string& verdict = row.text(1);
    add(items, "approval", row.text(0), fmt::format("Decide about model {}", row.text(2)),
        verdict == "pass" ? "It passed every test. One look, then ship it or hold it."
                          : "The tests could not decide. Read the report, then ship it or hold it.",
        3, row.integer(3));
  }
}

struct StepText {
  std::string name;
  std::string reason;
  std::string error;
  Json outputs;
  TimeMs ended_at = 0;
};

std::optional<StepText> find_step(Project& project, const std::string& cycle,
                                  const std::string& condition, const std::string& value) {
  const auto rows = project.catalog->query(
      fmt::format("SELECT name, reason, error, outputs, ended_at FROM steps WHERE cycle = $1 AND "
                  "{} = $2 ORDER BY position LIMIT 1",
                  condition),
      {cycle, value});
  if (rows.empty()) {
    return std::nullopt;
  }
  const auto& row = rows.front();
  return StepText{row.text(0), row.text(1), row.text(2),
                  json_get_or(parse_json(row.text(3), "the journal"), "result", Json::object()),
                  row.integer(4)};
}

// A cycle that waits for the decision about its new model: nobody decided, or somebody did and the
// cycle was not told to go on.
void add_wait_for_decision(Project& project, Json& items, const std::string& cycle,
                           std::int64_t number, TimeMs since) {
  const auto gate = find_step(project, cycle, "name", "gate");
  const auto report = gate ? json_get_or<std::string>(gate->outputs, "report", "") : "";
  const auto decided = project.catalog->query(
      "SELECT decision, author, created_at FROM approvals WHERE gate_report = $1 ORDER BY "
      "created_at DESC LIMIT 1",
      {report});
  if (!decided.empty()) {
    const auto& row = decided.front();
    add(items, "cycle", cycle, fmt::format("Cycle {} can go on", number),
        fmt::format("{} decided to {}; the cycle was not told to go on yet.", row.text(1),
                    row.text(0) == "ship" ? "ship the new model" : "hold the new model back"),
        3, row.integer(2));
    return;
  }
  const bool told = std::any_of(items.begin(), items.end(), [&](const Json& item) {
    return item["kind"] == "approval" && item["object"] == report;
  });
  if (!told) {
    add(items, "approval", report, fmt::format("Decide about the new model of cycle {}", number),
        "The cycle waits for it. Read the report, then ship the model or hold it back.", 3, since);
  }
}

// Whether a process works on the project's cycle; the engine holds this lock while it does.
bool cycle_runs(const Project& project) {
  const auto path = project.state_folder() / "cycle.lock";
  if (!std::filesystem::exists(path)) {
    return false;
  }
  const auto lock = FileLock::try_descriptor(path);
  if (lock) {
    ::close(*lock);
  }
  return !lock;
}

// After the approvals: a wait that is told there is not told again.
void add_cycle(Project& project, Json& items) {
  const auto cycles = project.catalog->query(
      "SELECT id, number, state, created_at FROM cycles WHERE rehearsal = 0 ORDER BY number DESC "
      "LIMIT 1");
  if (cycles.empty()) {
    return;
  }
  const std::string& id = cycles[0].text(0);
  const std::int64_t number = cycles[0].integer(1);
  const std::string& state = cycles[0].text(2);
  if (state == "running") {
    if (!cycle_runs(project)) {
      add(items, "cycle", id, fmt::format("Cycle {} was interrupted", number),
          "Nobody works on it. What it has done is kept: let it go on.", 3, cycles[0].integer(3));
    }
    return;
  }
  const auto step = state == "waiting" || state == "failed" ? find_step(project, id, "state", state)
                                                            : std::nullopt;
  if (!step) {
    return;
  }
  const TimeMs since = step->ended_at == 0 ? cycles[0].integer(3) : step->ended_at;
  if (state == "failed") {
    add(items, "cycle", id, fmt::format("Cycle {} stopped at {}", number, step->name), step->error,
        3, since);
  } else if (step->name == "deploy") {
    add_wait_for_decision(project, items, id, number, since);
  } else {
    add(items, "cycle", id, fmt::format("Cycle {} waits at {}", number, step->name), step->reason,
        3, since);
  }
}

void add_batches(Project& project, Json& items) {
  for (const auto& row :
       project.catalog->query("SELECT b.id, b.name, b.created_at, (SELECT count(*) FROM tasks t "
                              "WHERE t.batch = b.id AND t.state = "
                              "'open'), (SELECT count(*) FROM tasks t WHERE t.batch = b.id) FROM "
                              "batches b WHERE b.state <> 'done' "
                              "ORDER BY b.created_at")) {
    add(items, "batch", row.text(0), fmt::format("Label batch {}", row.text(1)),
        fmt::format("{} of {} pictures are still to be labelled.", row.integer(3), row.integer(4)),
        2, row.integer(2));
  }
}

void add_alarms(Project& project, Json& items) {
  for (const auto& row :
       project.catalog->query("SELECT id, created_at FROM monitor_runs WHERE alarm = 1 AND "
                              "created_at = (SELECT max(created_at) FROM "
                              "monitor_runs)")) {
    add(items, "alarm", row.text(0), "Production has changed",
        "What the model sees now differs from what it was trained on.", 2, row.integer(1));
  }
}

// Of jobs outside cycles: a cycle tells its own failures.
void add_failed_jobs(Project& project, Json& items) {
  for (const auto& row : project.catalog->query(
           "SELECT name, kind, message, updated_at FROM jobs WHERE state = 'failed' AND updated_at "
           "> $1 AND cycle NOT IN (SELECT id FROM cycles) ORDER BY updated_at DESC LIMIT 5",
           {project.now() - kDay})) {
    add(items, "job", row.text(0), fmt::format("A job failed: {}", row.text(1)), row.text(2), 2,
        row.integer(3));
  }
}

void add_modes(Project& project, Json& items) {
  const auto rows = project.catalog->query(
      "SELECT id, title, state, updated_at FROM failure_modes WHERE state IN ('open', 'regressed') "
      "ORDER BY "
      "rank_score DESC, name LIMIT 1");
  if (!rows.empty()) {
    const bool regressed = rows[0].text(2) == "regressed";
    add(items, "mode", rows[0].text(0),
        fmt::format("{}: {}", regressed ? "Came back" : "Worst open failure", rows[0].text(1)),
        regressed ? "It was fixed before. Nobody works on it yet." : "Nobody works on it yet.",
        regressed ? 2 : 1, rows[0].integer(3));
  }
}

std::int64_t count(Project& project, const std::string& from) {
  return project.catalog->query("SELECT count(*) FROM " + from)[0].integer(0);
}

Json counts(Project& project) {
  const auto lake = project.lake->query(
      "SELECT (SELECT count(*) FROM samples), (SELECT count(DISTINCT sample) FROM label_sets WHERE "
      "layer = "
      "'labels')");
  return {{"samples", lake.integer(0, 0)},
          {"labelled", lake.integer(0, 1)},
          {"models", count(project, "models")},
          {"versions", count(project, "dataset_versions")},
          {"cycles", count(project, "cycles WHERE rehearsal = 0")},
          {"open_modes", count(project, "failure_modes WHERE state NOT IN ('fixed', 'ignored')")}};
}

Json slices(Project& project) {
  Json rows = Json::array();
  for (const auto& row : project.catalog->query("SELECT name, definition, weight, blocking, source "
                                                "FROM slices WHERE archived = 0 ORDER BY name")) {
    const Json definition = parse_json(row.text(1), "the slice's definition");
    rows.push_back({{"name", row.text(0)},
                    {"where", json_get_or<std::string>(definition, "where", "true")},
                    {"class", json_get_or<std::string>(definition, "class", "")},
                    {"weight", row.real(2)},
                    {"blocking", row.integer(3) != 0},
                    {"source", row.text(4)}});
  }
  return rows;
}

}  // namespace

Json attention(Project& project) {
  Json items = Json::array();
  add_approvals(project, items);
  add_cycle(project, items);
  add_batches(project, items);
  add_alarms(project, items);
  add_failed_jobs(project, items);
  add_modes(project, items);
  std::stable_sort(items.begin(), items.end(), [](const Json& a, const Json& b) {
    return a["urgency"].get<int>() > b["urgency"].get<int>();
  });
  return {{"items", items}};
}

Json project_summary(Project& project) {
  Json summary = {{"name", project.config.name},
                  {"task", project.config.task},
                  {"classes", project.config.classes},
                  {"currency", project.config.cost.currency},
                  {"counts", counts(project)},
                  {"champion", nullptr},
                  {"deployed", nullptr},
                  {"version", nullptr},
                  {"slices", slices(project)}};
  const auto champion = project.catalog->query(
      "SELECT m.id, m.name FROM aliases a JOIN models m ON m.id = a.model WHERE a.alias = "
      "'champion'");
  if (!champion.empty()) {
    summary["champion"] = {{"id", champion[0].text(0)}, {"name", champion[0].text(1)}};
  }
  const auto deployed = project.catalog->query(
      "SELECT d.target, d.model, m.name, d.created_at FROM deployments d JOIN models m ON m.id = "
      "d.model WHERE "
      "d.target = $1 ORDER BY d.created_at DESC LIMIT 1",
      {project.config.deploy_target});
  if (!deployed.empty()) {
    summary["deployed"] = {{"target", deployed[0].text(0)},
                           {"model", deployed[0].text(1)},
                           {"name", deployed[0].text(2)},
                           {"at", iso_time(deployed[0].integer(3))}};
  }
  const auto version = project.catalog->query(
      "SELECT id, message FROM dataset_versions ORDER BY number DESC LIMIT 1");
  if (!version.empty()) {
    summary["version"] = {{"id", version[0].text(0)}, {"message", version[0].text(1)}};
  }
  return summary;
}

}  // namespace spotter
