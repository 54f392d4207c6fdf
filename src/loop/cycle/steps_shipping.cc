#include <fmt/format.h>

#include "loop/cycle/steps.h"
#include "loop/deploy/deploy.h"
#include "loop/gate/gate.h"
#include "loop/monitor/monitor.h"
#include "project/champion.h"
#include "trainer/trainer.h"

namespace spotter::cycle {
namespace {

std::string challenger_of(const StepContext& context) {
  return context.output<std::string>("train", "challenger", "");
}

Json gate_inputs(const StepContext& context) {
  const auto& gate = context.project.config.gate;
  return {{"version", context.output<std::string>("version", "version", "")},
          {"champion", champion_of(context)},
          {"challenger", challenger_of(context)},
          {"control", context.output<std::string>("train", "control", "")},
          {"random", context.output<std::string>("train", "random", "")},
          {"slices", context.output<std::string>("version", "slices", "")},
          {"margin", gate.margin},
          {"confidence", gate.confidence},
          {"resamples", gate.resamples},
          {"suspicious_gain", gate.suspicious_gain}};
}

Json deploy_inputs(const StepContext& context) {
  const auto& config = context.project.config;
  return {{"report", context.output<std::string>("gate", "report", "")},
          {"model", challenger_of(context)},
          {"target", config.deploy_target},
          {"folder", config.deploy_folder.string()},
          {"approval", config.gate.approval}};
}

StepResult run_gate(const StepContext& context) {
  if (challenger_of(context).empty()) {
    return skipped("no new model was trained");
  }
  const Json report = gate::run(context.project,
                                {.champion = champion_of(context),
                                 .challenger = challenger_of(context),
                                 .control = context.output<std::string>("train", "control", ""),
                                 .random = context.output<std::string>("train", "random", ""),
                                 .version = context.output<std::string>("version", "version", ""),
                                 .cycle = context.cycle.id},
                                context.progress);
  return {.outputs = {{"report", report["id"]},
                      {"verdict", report["verdict"]},
                      {"note", report["note"]},
                      {"reasons", report.value("reasons", Json::array())}}};
}

struct Approval {
  std::string decision;  // ship, hold, or empty: nobody has decided
  std::string author;
  std::string note;
};

Approval approval_of(Project& project, const std::string& report) {
  const auto rows = project.catalog->query(
      "SELECT decision, author, note FROM approvals WHERE gate_report = $1 ORDER BY created_at "
      "DESC LIMIT 1",
      {report});
  if (rows.empty()) {
    return {};
  }
  return {rows.front().text(0), rows.front().text(1), rows.front().text(2)};
}

StepResult refused(std::string decision, std::string reason) {
  return skipped(std::move(reason), {{"decision", std::move(decision)}});
}

StepResult ship(const StepContext& context, const std::string& reason) {
  // A rehearsal ships whatever came out, to the scratch project's own folder: that is all it can
  // reach.
  const auto deployment =
      deploy::deploy(context.project, {.model = challenger_of(context),
                                       .target = context.project.config.deploy_target,
                                       .reason = reason,
                                       .force = context.cycle.rehearsal,
                                       .cycle = context.cycle.id});
  return {.outputs = {{"decision", "shipped"},
                      {"deployment", deployment.id},
                      {"model", deployment.model},
                      {"model_name", trainer::find_model(context.project, deployment.model).name},
                      {"previous", deployment.previous},
                      {"target", deployment.target}}};
}

StepResult run_deploy(const StepContext& context) {
  auto& project = context.project;
  const auto report = context.output<std::string>("gate", "report", "");
  const auto verdict = context.output<std::string>("gate", "verdict", "");
  if (challenger_of(context).empty() || report.empty()) {
    return refused("nothing", "there is no new model to ship");
  }
  if (context.cycle.rehearsal) {
    return ship(context, fmt::format("rehearsal; the gate says {}", verdict));
  }
  const auto approval = approval_of(project, report);
  if (approval.decision == "hold") {
    return refused("held", fmt::format("{} held it: {}", approval.author, approval.note));
  }
  if (approval.decision == "ship") {
    return ship(context, fmt::format("cycle {}: the gate says {}, {} approved",
                                     context.cycle.number, verdict, approval.author));
  }
  if (verdict == "fail") {
    return refused("refused",
                   fmt::format("the gate said no: `spotter gate show {}` says where", report));
  }
  const bool automatic = project.config.gate.approval == "auto";
  if (automatic && verdict == "pass") {
    return ship(context, fmt::format("cycle {}: the gate passed", context.cycle.number));
  }
  if (automatic && verdict == "inconclusive") {
    return refused("refused", fmt::format("the gate could not decide: report {}", report));
  }
  return {.state = StepState::kWaiting,
          .reason = fmt::format("gate report {} says {} and waits for a person: look at it and "
                                "`spotter approve {}`",
                                report, verdict, report)};
}

StepResult run_monitor(const StepContext& context) {
  const auto champion = champion_id(context.project);
  if (champion.empty()) {
    return skipped("no model is at work");
  }
  const Json run =
      monitor::run(context.project,
                   {.model = champion, .cycle = context.cycle.id, .progress = context.progress});
  Json alarms = Json::array();
  for (const auto& monitor : run["monitors"]) {
    if (monitor.value("state", "") == "alarm") {
      alarms.push_back(monitor["name"]);
    }
  }
  return {.outputs = {{"run", run["id"]}, {"model", champion}, {"alarms", alarms}}};
}

bool report_there(const StepContext& context, const Json& outputs) {
  return !context.project.catalog
              ->query("SELECT id FROM gate_reports WHERE id = $1", {outputs.value("report", "")})
              .empty();
}

Json monitor_inputs(const StepContext& context) {
  return {{"data", context.output<std::string>("ingest", "data", "")},
          {"deployed", context.output<std::string>("deploy", "model", "")},
          {"champion", champion_of(context)}};
}

}  // namespace

std::vector<Step> shipping_steps() {
  return {
      {.name = "gate",
       .needs = {"version", "train", "evaluate"},
       .inputs = gate_inputs,
       .run = run_gate,
       .still_there = report_there},
      {.name = "deploy", .needs = {"train", "gate"}, .inputs = deploy_inputs, .run = run_deploy},
      {.name = "monitor",
       .needs = {"ingest", "deploy"},
       .inputs = monitor_inputs,
       .run = run_monitor}};
}

}  // namespace spotter::cycle
