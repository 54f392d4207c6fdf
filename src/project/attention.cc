#include "project/attention.h"

#include <fmt/format.h>

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

// The newest report of each challenger, if nobody decided yet and it is not at work already.
void add_approvals(Project& project, Json& items) {
  for (const auto& row : project.catalog->query(
           "SELECT g.id, g.verdict, m.name, g.created_at FROM gate_reports g JOIN models m ON m.id "
           "= "
           "g.challenger WHERE g.verdict <> 'fail' AND g.created_at = (SELECT max(created_at) FROM "
           "gate_reports) "
           "AND NOT EXISTS (SELECT 1 FROM approvals a WHERE a.gate_report = g.id) AND NOT EXISTS "
           "(SELECT 1 FROM "
           "deployments d WHERE d.model = g.challenger) ORDER BY g.created_at DESC")) {
    const std::string& verdict = row.text(1);
    add(items, "approval", row.text(0), fmt::format("Decide about model {}", row.text(2)),
        verdict == "pass" ? "It passed every test. One look, then ship it or hold it."
                          : "The tests could not decide. Read the report, then ship it or hold it.",
        3, row.integer(3));
  }
}

void add_cycle(Project& project, Json& items) {
  const auto cycles = project.catalog->query(
      "SELECT id, number, state, created_at FROM cycles WHERE rehearsal = 0 ORDER BY number DESC "
      "LIMIT 1");
  if (cycles.empty()) {
    return;
  }
  const auto& cycle = cycles[0];
  const std::string& state = cycle.text(2);
  if (state != "waiting" && state != "failed") {
    return;
  }
  const auto step = project.catalog->query(
      "SELECT name, reason, error, ended_at FROM steps WHERE cycle = $1 AND state = $2 ORDER BY "
      "position LIMIT 1",
      {cycle.text(0), state});
  const std::string where = step.empty() ? "" : step[0].text(0);
  if (state == "failed") {
    add(items, "cycle", cycle.text(0),
        fmt::format("Cycle {} stopped at {}", cycle.integer(1), where),
        step.empty() ? "" : step[0].text(2), 3,
        step.empty() ? cycle.integer(3) : step[0].integer(3));
  } else if (where != "deploy") {  // that wait is told as the decision about the model
    add(items, "cycle", cycle.text(0), fmt::format("Cycle {} waits at {}", cycle.integer(1), where),
        step.empty() ? "" : step[0].text(1), 3,
        step.empty() ? cycle.integer(3) : step[0].integer(3));
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

void add_failed_jobs(Project& project, Json& items) {
  for (const auto& row :
       project.catalog->query("SELECT name, kind, message, updated_at FROM jobs WHERE state = "
                              "'failed' AND updated_at > $1 ORDER BY "
                              "updated_at DESC LIMIT 5",
                              {project.now() - kDay})) {
    add(items, "job", row.text(0), fmt::format("A {} job failed", row.text(1)), row.text(2), 2,
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
