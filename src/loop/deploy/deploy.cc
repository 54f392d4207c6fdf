#include "loop/deploy/deploy.h"

#include <map>

#include <fmt/format.h>

#include "base/error.h"
#include "base/hash.h"
#include "loop/deploy/release.h"
#include "trainer/trainer.h"

namespace spotter::deploy {
namespace {

constexpr std::string_view kColumns =
    "id, target, model, previous, action, author, reason, gate_report, created_at";
constexpr std::string_view kChampion = "champion";

Deployment from_row(const catalog::Row& row) {
  return {.id = row.text(0),
          .target = row.text(1),
          .model = row.text(2),
          .previous = row.text(3),
          .action = row.text(4),
          .author = row.text(5),
          .reason = row.text(6),
          .gate_report = row.text(7),
          .created_at = row.integer(8)};
}

std::string checked_target(const Project& project, const std::string& target) {
  const std::string name = target.empty() ? project.config.deploy_target : target;
  if (name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_-") != std::string::npos) {
    fail(ErrorCode::kInvalid,
         fmt::format("\"{}\" cannot be a target: use small letters, digits, - and _", name));
  }
  return name;
}

// The gate report that lets `model` replace `current`, or empty.
std::string allowing_report(Project& project, const std::string& model,
                            const std::string& current) {
  const bool automatic = project.config.gate.approval == "auto";
  for (const auto& row : project.catalog->query(
           "SELECT g.id, g.verdict, (SELECT a.decision FROM approvals a WHERE a.gate_report = g.id "
           "ORDER BY a.created_at DESC, a.id DESC LIMIT 1) FROM gate_reports g "
           "WHERE g.challenger = $1 AND g.champion = $2 ORDER BY g.created_at DESC, g.id DESC "
           "LIMIT 1",
           {model, current})) {
    const bool decided = !row.is_null(2);
    const bool approved = decided && row.text(2) == "ship";
    if (approved || (!decided && automatic && row.text(1) == "pass")) {
      return row.text(0);
    }
  }
  return "";
}

std::string permission(Project& project, const trainer::Model& model, const std::string& current,
                       const DeployOptions& options) {
  if (const auto why = held(project, options); !why.empty()) {
    fail(ErrorCode::kConflict, why);
  }
  if (options.force && options.reason.empty()) {
    fail(ErrorCode::kInvalid, "--force needs a --reason: it is kept in the log for ever");
  }
  if (current.empty()) {
    return "";
  }
  const auto report = allowing_report(project, model.id, current);
  if (report.empty() && !options.force) {
    const auto present = trainer::find_model(project, current);
    fail(ErrorCode::kConflict,
         fmt::format(
             "model \"{0}\" was not deployed: no approved gate report compares it with \"{1}\", "
             "which is there now; run `spotter gate --champion {1} --challenger {0}` and "
             "`spotter approve`, or use --force with a --reason",
             model.name, present.name));
  }
  return report;
}

void record(Project& project, const Deployment& made) {
  project.catalog->transaction([&] {
    project.catalog->execute(
        fmt::format("INSERT INTO deployments ({}) VALUES ($1,$2,$3,$4,$5,$6,$7,$8,$9) "
                    "ON CONFLICT (id) DO NOTHING",
                    kColumns),
        {made.id, made.target, made.model, made.previous, made.action, made.author, made.reason,
         made.gate_report, made.created_at});
    if (made.target == project.config.deploy_target) {
      project.catalog->execute(
          "INSERT INTO aliases (alias, model, updated_at) VALUES ($1, $2, $3) "
          "ON CONFLICT (alias) DO UPDATE SET model = excluded.model, updated_at = "
          "excluded.updated_at",
          {std::string(kChampion), made.model, made.created_at});
    }
    project.audit(
        "deploy." + made.action, made.target,
        {{"model", made.model}, {"reason", made.reason}, {"gate_report", made.gate_report}});
  });
}

// Release folder first, then the log, then the link: whatever a kill leaves, `publish` makes whole.
void publish(Project& project, const Deployment& made) {
  const auto folder = target_folder(project, made.target);
  write_release(project, folder, made);
  record(project, made);
  point_current(folder, made.id);
}

}  // namespace

std::string held(Project& project, const DeployOptions& options) {
  const auto model = trainer::find_model(project, options.model);
  const auto rows = project.catalog->query(
      "SELECT a.decision, a.author, a.note, a.created_at, g.id FROM approvals a "
      "JOIN gate_reports g ON g.id = a.gate_report WHERE g.challenger = $1 "
      "ORDER BY a.created_at DESC, a.id DESC LIMIT 1",
      {model.id});
  const auto target = checked_target(project, options.target);
  if (options.force || rows.empty() || rows[0].text(0) != "hold" ||
      current_model(project, target) == model.id) {
    return "";
  }
  return fmt::format(
      "model \"{0}\" was not deployed: {1} held it at {2}{3}; if that no longer stands, "
      "`spotter approve {4} --note WHY` says so, or use --force with a --reason",
      model.name, rows[0].text(1), iso_time(rows[0].integer(3)),
      rows[0].text(2).empty() ? "" : fmt::format(" (\"{}\")", rows[0].text(2)), rows[0].text(4));
}

Deployment deploy(Project& project, const DeployOptions& options) {
  const std::string target = checked_target(project, options.target);
  const auto model = trainer::find_model(project, options.model);
  const auto past = history(project, target);
  if (!past.empty() && past.front().model == model.id) {
    Deployment same = past.front();
    publish(project, same);
    same.changed = false;
    return same;
  }
  const std::string current = past.empty() ? "" : past.front().model;
  Deployment made{
      .id = options.cycle.empty()
                ? project.new_id("deployment")
                : "deployment_" + sha256_hex(options.cycle + target + model.id).substr(0, 12),
      .target = target,
      .model = model.id,
      .previous = current,
      .action = "deploy",
      .author = project.person,
      .reason = options.reason,
      .gate_report = permission(project, model, current, options),
      .created_at = project.now()};
  if (made.reason.empty()) {
    made.reason = current.empty() ? "first deployment" : "gate report " + made.gate_report;
  }
  publish(project, made);
  return made;
}

Deployment rollback(Project& project, const RollbackOptions& options) {
  const std::string target = checked_target(project, options.target);
  const auto past = history(project, target);
  if (past.empty() || past.front().previous.empty()) {
    fail(ErrorCode::kConflict,
         fmt::format("nothing was rolled back: target \"{}\" has no earlier model", target));
  }
  Deployment made{.id = project.new_id("deployment"),
                  .target = target,
                  .model = past.front().previous,
                  .action = "rollback",
                  .author = project.person,
                  .reason = options.reason.empty() ? "rollback" : options.reason,
                  .created_at = project.now()};
  // A second rollback goes further back: to what was there before the restored model.
  for (const auto& entry : past) {
    if (entry.action == "deploy" && entry.model == made.model) {
      made.previous = entry.previous;
      break;
    }
  }
  publish(project, made);
  return made;
}

std::vector<Deployment> history(Project& project, std::string_view target) {
  std::vector<Deployment> entries;
  for (const auto& row :
       project.catalog->query(fmt::format("SELECT {} FROM deployments WHERE target = $1 OR $1 = '' "
                                          "ORDER BY created_at DESC, id DESC",
                                          kColumns),
                              {std::string(target)})) {
    entries.push_back(from_row(row));
  }
  return entries;
}

std::string current_model(Project& project, std::string_view target) {
  const auto past = history(project, checked_target(project, std::string(target)));
  return past.empty() ? "" : past.front().model;
}

Json to_json(const Deployment& d) {
  return {{"id", d.id},
          {"target", d.target},
          {"model", d.model},
          {"previous", d.previous},
          {"action", d.action},
          {"author", d.author},
          {"reason", d.reason},
          {"gate_report", d.gate_report},
          {"created_at", iso_time(d.created_at)},
          {"changed", d.changed}};
}

Json list_models(Project& project) {
  std::map<std::string, std::vector<std::string>> aliases;
  for (const auto& row :
       project.catalog->query("SELECT alias, model FROM aliases ORDER BY alias")) {
    aliases[row.text(1)].push_back(row.text(0));
  }
  std::map<std::string, std::string> at_target;
  for (const auto& entry : history(project)) {
    at_target.emplace(entry.target, entry.model);
  }
  Json models = Json::array();
  for (const auto& row : project.catalog->query(
           "SELECT m.id, m.name, m.run, m.dataset_version, m.parent, m.created_at, m.definition, "
           "coalesce(r.kind, ''), coalesce(r.cpu_seconds, 0) FROM models m LEFT JOIN runs r ON "
           "r.id = m.run "
           "ORDER BY m.created_at DESC, m.id DESC")) {
    Json targets = Json::array();
    for (const auto& [target, model] : at_target) {
      if (model == row.text(0)) {
        targets.push_back(target);
      }
    }
    models.push_back({{"id", row.text(0)},
                      {"name", row.text(1)},
                      {"kind", row.text(7)},
                      {"run", row.text(2)},
                      {"dataset_version", row.text(3)},
                      {"parent", row.text(4)},
                      {"created_at", iso_time(row.integer(5))},
                      {"cpu_seconds", row.real(8)},
                      {"aliases", aliases[row.text(0)]},
                      {"targets", targets},
                      {"definition", parse_json(row.text(6), "models.definition")}});
  }
  return {{"models", models}};
}

void set_alias(Project& project, std::string_view alias, std::string_view model) {
  if (alias == kChampion) {
    fail(ErrorCode::kInvalid,
         "the alias \"champion\" follows deployments: use `spotter deploy` or `spotter rollback`");
  }
  const auto found = trainer::find_model(project, model);
  project.catalog->execute(
      "INSERT INTO aliases (alias, model, updated_at) VALUES ($1, $2, $3) "
      "ON CONFLICT (alias) DO UPDATE SET model = excluded.model, updated_at = excluded.updated_at",
      {std::string(alias), found.id, project.now()});
  project.audit("model.alias", found.id, {{"alias", alias}});
}

}  // namespace spotter::deploy
