// The queue of what is worth a person's minute, decisions about it, and how good each check is.
#include "loop/triage/queue.h"

#include "server/route.h"
#include "server/schema.h"

namespace spotter::server {
namespace {

using namespace schema;

Response get_queue(const Call& call) {
  return json_response(
      triage::queue(call.project, {.model = call.text("model"),
                                   .mode = call.text("mode"),
                                   .class_name = call.text("class"),
                                   .error = call.text("error"),
                                   .limit = static_cast<std::size_t>(call.integer("limit"))}));
}

Response judge(const Call& call) {
  constexpr const char* kBody = "the request body";
  return json_response(triage::judge(
      call.project, {.ids = json_get<std::vector<std::string>>(call.body, "findings", kBody),
                     .verdict = json_get_or<std::string>(call.body, "verdict", ""),
                     .accept = json_get_or<bool>(call.body, "accept", false),
                     .note = json_get_or<std::string>(call.body, "note", ""),
                     .seconds = json_get_or<double>(call.body, "seconds", 0)}));
}

Response undo(const Call& call) {
  return json_response(triage::undo_decision(call.project, call.at("decision")));
}

Response list_channels(const Call& call) {
  return json_response(triage::channels(call.project, call.text("model")));
}

std::vector<Route> routes() {
  const Json verdicts = one_of({"model_error", "label_error", "ambiguous", "ignore"});
  const QueryParameter model = {"model", "string", "Of this model; empty = the champion", ""};
  return {
      {.method = "GET",
       .path = "/api/v1/queue",
       .name = "get_queue",
       .summary = "What is most worth a person's minute, over all checks",
       .query = {model,
                 {"mode", "string", "Only of this failure mode", ""},
                 {"class", "string", "Only of this class", ""},
                 {"error", "string", "Only of this kind of error", ""},
                 {"limit", "integer", "At most so many", 50, 1, 1000}},
       .answer = ref("Queue"),
       .handle = get_queue},
      {.method = "POST",
       .path = "/api/v1/verdicts",
       .name = "judge",
       .summary = "A person's word on the findings of an item, or the change it proposes accepted",
       .body = object({{"findings", list(text())},
                       {"verdict", verdicts, kSometimes},
                       {"accept", boolean("apply the proposed change of the labels"), kSometimes},
                       {"seconds", number("that the person looked"), kSometimes},
                       {"note", text(), kSometimes}}),
       .answer = ref("Decision"),
       .handle = judge},
      {.method = "POST",
       .path = "/api/v1/decisions/{decision}/undo",
       .name = "undo_decision",
       .summary = "Take back a decision, and the change of labels that it made",
       .answer = ref("Decision"),
       .handle = undo},
      {.method = "GET",
       .path = "/api/v1/channels",
       .name = "list_channels",
       .summary = "How often people found each check right",
       .query = {model},
       .answer = object({{"channels", list(ref("Channel"))}}),
       .handle = list_channels},
  };
}

Json item_schema() {
  const Json chance = number("in 0..1");
  const Json proposal = object({{"action", one_of({"add", "remove", "set_class", "set_box"})},
                                {"object", text(), kSometimes},
                                {"class", text(), kSometimes},
                                {"box", list(number()), kSometimes},
                                {"sample", text()}});
  const Json channel = object({{"check", text()},
                               {"score", number()},
                               {"rank", chance},
                               {"log_odds", number("what it adds")},
                               {"error", text()},
                               {"finding", text()},
                               {"evidence", map(anything())}});
  return object({{"id", text()},
                 {"sample", text()},
                 {"samples", list(text())},
                 {"scene", text()},
                 {"media", text()},
                 {"width", integer()},
                 {"height", integer()},
                 {"labelled", boolean()},
                 {"object", text()},
                 {"error", text()},
                 {"class", text()},
                 {"box", nullable(list(number()))},
                 {"probability", chance},
                 {"worth", chance},
                 {"verdict", one_of({"model_error", "label_error", "ambiguous"})},
                 {"model_error", chance},
                 {"label_error", chance},
                 {"proposal", nullable(proposal)},
                 {"channels", list(channel)},
                 {"findings", list(text())},
                 {"modes", list(text())}});
}

std::vector<NamedSchema> schemas() {
  return {
      {"QueueItem", item_schema()},
      {"Queue", object({{"model", text()},
                        {"total", integer()},
                        {"judged", integer()},
                        {"judged_seconds", number()},
                        {"seconds_per_item", number()},
                        {"items", list(ref("QueueItem"))}})},
      {"Decision",
       object({{"decision", text()},
               {"verdict", text()},
               {"findings", list(text()), kSometimes},
               {"sample", text()},
               {"author", text()},
               {"revisions",
                list(object({{"sample", text()}, {"before", integer()}, {"after", integer()}}))}})},
      {"Channel", object({{"check", text()},
                          {"error", text()},
                          {"findings", integer("that wait for a verdict")},
                          {"verdicts", integer()},
                          {"model_error", integer()},
                          {"label_error", integer()},
                          {"ambiguous", integer()},
                          {"ignore", integer()},
                          {"precision", nullable(number())},
                          {"low", number()},
                          {"high", number()},
                          {"prior", number()},
                          {"expected", number()},
                          {"expected_top", number()}})},
  };
}

}  // namespace

extern const Noun noun_queue;
const Noun noun_queue = {
    .name = "queue",
    .summary = "What is worth a person's minute",
    .routes = routes,
    .schemas = schemas,
};

}  // namespace spotter::server
