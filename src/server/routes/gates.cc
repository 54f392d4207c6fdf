// Evaluations and gate reports, with people's decisions about them.
#include "loop/evaluate/evaluate.h"
#include "loop/gate/gate.h"
#include "server/route.h"
#include "server/schema.h"

namespace spotter::server {
namespace {

using namespace schema;

// The page is made here and holds everything it shows; still, nothing in it may run or load.
constexpr const char* kPagePolicy =
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'; sandbox";

Response list_evaluations(const Call& call) {
  return json_response(evaluate::list(call.project));
}

Response list_gates(const Call& call) {
  return json_response(gate::list(call.project));
}

Response get_gate(const Call& call) {
  return json_response(gate::find(call.project, call.at("gate")));
}

Response get_gate_page(const Call& call) {
  const auto hash = gate::find(call.project, call.at("gate"))["html"].get<std::string>();
  if (hash.empty()) {
    return error_response(404, "not_found", "this gate report has no page");
  }
  return {.media_type = "text/html; charset=utf-8",
          .body = call.project.blobs->get(hash),
          .headers = {{"Content-Security-Policy", kPagePolicy},
                      {"Cache-Control", "private, no-cache"}}};
}

Response decide_gate(const Call& call) {
  return json_response(gate::approve(
      call.project, {.report = call.at("gate"),
                     .decision = json_get<std::string>(call.body, "decision", "the request body"),
                     .note = json_get_or<std::string>(call.body, "note", ""),
                     .author = "",
                     .seconds = json_get_or<double>(call.body, "seconds", 0)}));
}

std::vector<Route> routes() {
  return {
      {.method = "GET",
       .path = "/api/v1/evaluations",
       .name = "list_evaluations",
       .summary = "Evaluations with their figures by class and slice, newest first",
       .answer = object({{"evaluations", list(ref("Evaluation"))}}),
       .handle = list_evaluations},
      {.method = "GET",
       .path = "/api/v1/gates",
       .name = "list_gates",
       .summary = "Gate reports without their slices, newest first",
       .answer = object({{"reports", list(ref("GateSummary"))}}),
       .handle = list_gates},
      {.method = "GET",
       .path = "/api/v1/gates/{gate}",
       .name = "get_gate",
       .summary = "One gate report",
       .answer = ref("GateReport"),
       .handle = get_gate},
      {.method = "GET",
       .path = "/api/v1/gates/{gate}/page",
       .name = "get_gate_page",
       .summary = "The report as one page for a person",
       .media = "text/html",
       .handle = get_gate_page},
      {.method = "POST",
       .path = "/api/v1/gates/{gate}/decision",
       .name = "decide_gate",
       .summary = "A person's decision: ship the challenger or hold it",
       .body = object(
           {{"decision", one_of({"ship", "hold"})},
            {"note", text("why; kept for ever; needed to ship where the gate could not decide"),
             kSometimes},
            {"seconds", number("that the person looked, for the ledger"), kSometimes}}),
       .answer = ref("GateReport"),
       .handle = decide_gate},
  };
}

Json interval() {
  return object({{"delta", number()}, {"low", number()}, {"high", number()}});
}

Json gate_slice() {
  return object(
      {{"name", text()},
       {"where", text()},
       {"class", text()},
       {"must", text()},
       {"blocking", boolean()},
       {"weight", number()},
       {"samples", integer()},
       {"scenes", integer()},
       {"truths", integer()},
       {"verdict", ref("GateVerdict")},
       {"reason", text()},
       {"after", number("metric of the challenger, -1 = undefined")},
       {"before", number("metric of the champion"), kSometimes},
       {"baseline", number("of a guess that needs no model, -1 = none"), kSometimes},
       {"delta", number("positive where the challenger is better"), kSometimes},
       {"low", number(), kSometimes},
       {"high", number(), kSometimes},
       {"control", number(), kSometimes},
       {"random", number(), kSometimes},
       {"over_control", interval(), kSometimes},
       {"credited", boolean("the gain is the data's, not the extra steps'"), kSometimes}});
}

Json evaluation() {
  const Json figures = map(number());
  return object({{"id", text()},
                 {"model", text()},
                 {"model_name", text()},
                 {"version", text()},
                 {"split", text()},
                 {"task", text()},
                 {"metric", text("what slices are measured by: AP50, accuracy or ADE")},
                 {"columns", list(text()), kSometimes},
                 {"samples", integer()},
                 {"scenes", integer()},
                 {"overall", figures},
                 {"classes", map(figures)},
                 {"slices", list(object({{"name", text()},
                                         {"where", text()},
                                         {"class", text()},
                                         {"weight", number()},
                                         {"blocking", boolean()},
                                         {"samples", integer()},
                                         {"scenes", integer()},
                                         {"truths", integer()},
                                         {"value", number("of the metric, -1 = undefined")},
                                         {"low", number()},
                                         {"high", number()}}))},
                 {"created_at", text()}});
}

std::vector<NamedSchema> schemas() {
  const Json model = object({{"id", text()},
                             {"name", text()},
                             {"dataset_version", text()},
                             {"kind", text()},
                             {"cpu_seconds", number()}});
  Json summary = object({{"id", text()},
                         {"verdict", ref("GateVerdict")},
                         {"reasons", list(text())},
                         {"first_model", boolean()},
                         {"champion", nullable(model)},
                         {"challenger", model},
                         {"control", nullable(model)},
                         {"random", nullable(model)},
                         {"version", text()},
                         {"task", text()},
                         {"metric", text()},
                         {"scale", text("what a hundredth of the metric is")},
                         {"lower_is_better", boolean()},
                         {"samples", integer()},
                         {"scenes", integer()},
                         {"margin", number()},
                         {"confidence", number()},
                         {"cost", map(anything())},
                         {"html", text()},
                         {"decision", nullable(object({{"decision", one_of({"ship", "hold"})},
                                                       {"author", text()},
                                                       {"note", text()},
                                                       {"created_at", text()}}))},
                         {"created_at", text()}});
  const Json boxes = list(
      object({{"class", text()}, {"score", number()}, {"kind", text()}, {"box", list(number())}}));
  const Json pairs =
      list(object({{"sample", text()},
                   {"media", text()},
                   {"width", integer()},
                   {"height", integer()},
                   {"fixed", integer()},
                   {"broken", integer()},
                   {"note", text()},
                   {"labels", list(object({{"class", text()}, {"box", list(number())}}))},
                   {"before", boxes},
                   {"after", boxes}}));
  Json report = summary;
  report["properties"]["slices"] = list(ref("GateSlice"));
  report["properties"]["regressions"] = pairs;
  report["properties"]["fixes"] = pairs;
  for (const char* member : {"slices", "regressions", "fixes"}) {
    report["required"].push_back(member);
  }
  return {{"GateVerdict", one_of({"pass", "fail", "inconclusive", "hold"})},
          {"GateSlice", gate_slice()},
          {"GateSummary", summary},
          {"GateReport", report},
          {"Evaluation", evaluation()}};
}

}  // namespace

extern const Noun noun_gates;
const Noun noun_gates = {
    .name = "gates",
    .summary = "How good models are, and which may ship",
    .routes = routes,
    .schemas = schemas,
};

}  // namespace spotter::server
