#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"
#include "loop/gate/gate.h"
#include "project/ledger.h"

namespace spotter::gate {

std::string refusal(const Json& report, const ApproveOptions& options) {
  const auto verdict = report["verdict"].get<std::string>();
  const auto id = report["id"].get<std::string>();
  if (options.decision != "ship" || verdict == "pass") {
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
