#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"
#include "loop/gate/gate.h"
#include "project/ledger.h"

namespace spotter::gate {
namespace {

std::string decision_of(const Json& report) {
  return report["decision"].is_null() ? "" : report["decision"]["decision"].get<std::string>();
}

// "by ann at 2026-05-04T10:00:00Z".
std::string who_and_when(const Json& report) {
  return fmt::format("by {} at {}", report["decision"]["author"].get<std::string>(),
                     report["decision"]["created_at"].get<std::string>());
}

// "is deployed to "production"", or empty.
std::string deployed(const Json& report) {
  const auto& targets = report["deployed_to"];
  return targets.empty() ? "" : fmt::format("is deployed to \"{}\"", targets[0].get<std::string>());
}

}  // namespace

std::string already(const Json& report, const ApproveOptions& options) {
  const auto id = report["id"].get<std::string>();
  const auto model = report["challenger"]["name"].get<std::string>();
  if (decision_of(report) != options.decision) {
    return "";
  }
  if (options.decision == "hold") {
    return fmt::format("{}: already held {}", id, who_and_when(report));
  }
  const auto where = deployed(report);
  return fmt::format("{}: already approved {}{}", id, who_and_when(report),
                     where.empty() ? "" : fmt::format("; model \"{}\" {}", model, where));
}

std::string refusal(const Json& report, const ApproveOptions& options) {
  const auto verdict = report["verdict"].get<std::string>();
  const auto id = report["id"].get<std::string>();
  if (options.decision == "hold" && !deployed(report).empty()) {
    return fmt::format(
        "model \"{}\" of gate report {} {}, so it is too late to hold it; `spotter "
        "rollback` brings the one before it back",
        report["challenger"]["name"].get<std::string>(), id, deployed(report));
  }
  if (options.decision != "ship") {
    return "";
  }
  if (verdict == "pass" && decision_of(report) == "hold" && trim(options.note).empty()) {
    const auto note = report["decision"]["note"].get<std::string>();
    return fmt::format("gate report {} was held {}{}; to overrule it, say why with --note", id,
                       who_and_when(report), note.empty() ? "" : fmt::format(" (\"{}\")", note));
  }
  if (verdict == "pass") {
    return "";
  }
  if (verdict == "fail") {
    return fmt::format(
        "gate report {} says fail, so it cannot be approved; `spotter deploy --force` with a "
        "--reason "
        "remains",
        id);
  }
  return trim(options.note).empty()
             ? fmt::format(
                   "gate report {} says {}: shipping is your own judgement then, so say "
                   "why with --note",
                   id, verdict)
             : "";
}

Json approve(Project& project, const ApproveOptions& options) {
  if (options.decision != "ship" && options.decision != "hold") {
    fail(ErrorCode::kInvalid,
         fmt::format("the decision is ship or hold, not \"{}\"", options.decision));
  }
  const Json report = find(project, options.report);
  const auto id = report["id"].get<std::string>();
  if (!already(report, options).empty()) {
    return report;
  }
  if (const auto why = refusal(report, options); !why.empty()) {
    fail(ErrorCode::kConflict, why);
  }
  const auto rows = project.catalog->query("SELECT cycle FROM gate_reports WHERE id = $1", {id});
  const auto author = options.author.empty() ? project.person : options.author;
  const auto approval = project.new_id("approval");
  project.catalog->transaction([&] {
    project.catalog->execute(
        "INSERT INTO approvals (id, gate_report, decision, author, note, seconds, created_at) "
        "VALUES ($1, $2, $3, $4, $5, "
        "$6, $7)",
        {approval, id, options.decision, author, options.note, options.seconds, project.now()});
    if (options.seconds > 0) {
      add_ledger(project, {.key = "approval/" + approval,
                           .cycle = rows[0].text(0),
                           .step = "gate",
                           .kind = "human",
                           .seconds = options.seconds,
                           .note = "looked at gate report " + id});
    }
    project.audit("gate." + options.decision, id, {{"note", options.note}, {"author", author}});
  });
  return find(project, id);
}

}  // namespace spotter::gate
