// Findings, people's verdicts on them, and failure modes.
#include "loop/triage/triage.h"

#include "loop/checks/checks.h"
#include "loop/triage/queue.h"
#include "server/route.h"
#include "server/schema.h"

namespace spotter::server {
namespace {

using namespace schema;

Response list_checks(const Call& call) {
  return json_response(checks::list(&call.project));
}

Response list_findings(const Call& call) {
  return json_response(
      triage::findings(call.project, {.mode = call.text("mode"),
                                      .check = call.text("check"),
                                      .model = call.text("model"),
                                      .sample = call.text("sample"),
                                      .limit = static_cast<std::size_t>(call.integer("limit"))}));
}

Response give_verdict(const Call& call) {
  return json_response(triage::judge(
      call.project, {.ids = {call.at("finding")},
                     .verdict = json_get<std::string>(call.body, "verdict", "the request body"),
                     .note = json_get_or<std::string>(call.body, "note", "")}));
}

Response list_modes(const Call& call) {
  return json_response(triage::modes(call.project, call.boolean("all")));
}

Response list_doubts(const Call& call) {
  return json_response(triage::label_doubts(call.project, call.text("model")));
}

Response get_mode(const Call& call) {
  return json_response(triage::show_mode(call.project, call.at("mode"),
                                         static_cast<std::size_t>(call.integer("limit"))));
}

Response set_mode(const Call& call) {
  const std::optional<std::string> owner =
      call.body.contains("owner") ? std::optional(json_get<std::string>(call.body, "owner", "body"))
                                  : std::nullopt;
  return json_response(
      triage::set_mode(call.project, {.mode = call.at("mode"),
                                      .state = json_get_or<std::string>(call.body, "state", ""),
                                      .title = json_get_or<std::string>(call.body, "title", ""),
                                      .weight = json_get_or<double>(call.body, "weight", -1),
                                      .note = json_get_or<std::string>(call.body, "note", ""),
                                      .owner = owner}));
}

Response merge_modes(const Call& call) {
  return json_response(
      triage::merge_modes(call.project, call.at("mode"),
                          json_get<std::string>(call.body, "other", "the request body")));
}

Response split_mode(const Call& call) {
  return json_response(triage::split_mode(
      call.project, {.mode = call.at("mode"),
                     .where = json_get<std::string>(call.body, "where", "the request body"),
                     .title = json_get_or<std::string>(call.body, "title", "")}));
}

std::vector<Route> routes() {
  const Json verdicts = one_of({"model_error", "label_error", "ambiguous", "ignore"});
  return {
      {.method = "GET",
       .path = "/api/v1/checks",
       .name = "list_checks",
       .summary = "Every check with its parameters",
       .answer = object({{"checks", list(object({{"name", text()}, {"summary", text()}}))}}),
       .handle = list_checks},
      {.method = "GET",
       .path = "/api/v1/findings",
       .name = "list_findings",
       .summary = "What checks found and stands now, most suspicious first",
       .query = {{"mode", "string", "Only of this failure mode", ""},
                 {"check", "string", "Only of this check", ""},
                 {"model", "string", "Of this model; empty = the champion", ""},
                 {"sample", "string", "Only of this sample", ""},
                 {"limit", "integer", "At most so many", 100, 1, 1000}},
       .answer = object({{"total", integer()}, {"findings", list(ref("Finding"))}}),
       .handle = list_findings},
      {.method = "POST",
       .path = "/api/v1/findings/{finding}/verdict",
       .name = "give_verdict",
       .summary = "A person's word on a finding",
       .body = object({{"verdict", verdicts}, {"note", text(), kSometimes}}),
       .answer = ref("Decision"),
       .handle = give_verdict},
      {.method = "GET",
       .path = "/api/v1/modes",
       .name = "list_modes",
       .summary = "Failure modes by rank",
       .query = {{"all", "boolean", "Also fixed and ignored ones", false}},
       .answer = object({{"modes", list(ref("FailureMode"))}}),
       .handle = list_modes},
      {.method = "GET",
       .path = "/api/v1/doubts",
       .name = "list_doubts",
       .summary = "Labels that checks doubt and nobody has judged, by kind and class",
       .query = {{"model", "string", "Held against this model; empty = the champion", ""}},
       .answer = object({{"model", text()}, {"total", integer()}, {"doubts", list(ref("Doubt"))}}),
       .handle = list_doubts},
      {.method = "GET",
       .path = "/api/v1/modes/{mode}",
       .name = "get_mode",
       .summary = "One failure mode with its history and its most suspicious findings",
       .query = {{"limit", "integer", "At most so many findings", 60, 1, 1000}},
       .answer = ref("FailureModeDetail"),
       .handle = get_mode},
      {.method = "POST",
       .path = "/api/v1/modes/{mode}",
       .name = "set_mode",
       .summary = "Change a failure mode's title, weight, state, owner or notes",
       .body = object({{"state", text(), kSometimes},
                       {"title", text(), kSometimes},
                       {"weight", number(), kSometimes},
                       {"owner", text("empty = nobody"), kSometimes},
                       {"note", text("goes into its history"), kSometimes}}),
       .answer = ref("FailureMode"),
       .handle = set_mode},
      {.method = "POST",
       .path = "/api/v1/modes/{mode}/merge",
       .name = "merge_modes",
       .summary = "Lay another failure mode into this one",
       .body = object({{"other", text("name or id")}}),
       .answer = ref("FailureMode"),
       .handle = merge_modes},
      {.method = "POST",
       .path = "/api/v1/modes/{mode}/split",
       .name = "split_mode",
       .summary = "Take some samples out of a failure mode as a mode of their own",
       .body = object({{"where", text("a filter over samples")}, {"title", text(), kSometimes}}),
       .answer = object({{"mode", ref("FailureModeDetail")}, {"part", ref("FailureModeDetail")}}),
       .handle = split_mode},
  };
}

std::vector<NamedSchema> schemas() {
  Json mode = object({{"id", text()},
                      {"name", text()},
                      {"title", text()},
                      {"slice", text("a filter over samples")},
                      {"class", text()},
                      {"error", text()},
                      {"state", one_of({"open", "collecting", "labelling", "training", "fixed",
                                        "regressed", "ignored"})},
                      {"owner", text()},
                      {"weight", number()},
                      {"frequency", number()},
                      {"severity", number()},
                      {"rank_score", number()},
                      {"evidence", map(anything())},
                      {"first_model", text()},
                      {"last_model", text()},
                      {"findings", anything("how many; in the detail, the findings themselves")},
                      {"created_at", text()},
                      {"updated_at", text()}});
  Json detail = mode;
  detail["properties"]["history"] = list(object({{"state", text()},
                                                 {"model", text()},
                                                 {"note", text()},
                                                 {"author", text()},
                                                 {"at", text()}}));
  detail["properties"]["samples"] = integer("that are in its slice now");
  detail["properties"]["models"] = list(ref("FailureModeModel"), "oldest first");
  for (const char* name : {"history", "samples", "models"}) {
    detail["required"].push_back(name);
  }
  const Json difference = nullable(object({{"difference", number()},
                                           {"low", number()},
                                           {"high", number()},
                                           {"p_rise", number()},
                                           {"p_fall", number()},
                                           {"scenes", integer()}}));
  return {
      {"Finding", object({{"id", text()},
                          {"check", text()},
                          {"model", text()},
                          {"sample", text()},
                          {"object", text()},
                          {"error", text()},
                          {"class", text()},
                          {"score", number()},
                          {"box", nullable(list(number()))},
                          {"evidence", map(anything())},
                          {"verdict", nullable(text())},
                          {"modes", list(text())},
                          {"created_at", text()}})},
      {"Doubt", object({{"error", text()},
                        {"class", text()},
                        {"title", text()},
                        {"findings", integer()},
                        {"samples", integer()},
                        {"proposals", integer("of the findings, that propose a change")},
                        {"score", number("of the most suspicious")}})},
      {"FailureMode", mode},
      {"FailureModeDetail", detail},
      {"FailureModeModel", object({{"model", text()},
                                   {"name", text()},
                                   {"version", text()},
                                   {"unit", text()},
                                   {"failed", integer()},
                                   {"examined", integer()},
                                   {"rate", nullable(number())},
                                   {"low", number()},
                                   {"high", number()},
                                   {"scenes", integer()},
                                   {"elsewhere", nullable(number())},
                                   {"against_first", difference},
                                   {"against_champion", difference}})},
  };
}

}  // namespace

extern const Noun noun_triage;
const Noun noun_triage = {
    .name = "triage",
    .summary = "Findings and failure modes",
    .routes = routes,
    .schemas = schemas,
};

}  // namespace spotter::server
