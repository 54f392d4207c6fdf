// The project as a whole: what it is, what needs a person now, filters, flags.
#include "base/error.h"
#include "loop/cycle/scheduler.h"
#include "project/attention.h"
#include "project/browse.h"
#include "project/filter.h"
#include "server/route.h"
#include "server/schema.h"

namespace spotter::server {
namespace {

using namespace schema;

Response get_project(const Call& call) {
  return json_response(project_summary(call.project));
}

Response get_attention(const Call& call) {
  return json_response(attention(call.project));
}

Response get_schedule(const Call& call) {
  return json_response(cycle::Scheduler(call.project).status());
}

Response get_attributes(const Call& call) {
  return json_response({{"attributes", attribute_summary(call.project)}});
}

// The listener keeps this connection open and answers it before any route is looked for.
Response stream_events(const Call&) {
  return error_response(406, "not_acceptable", "GET this address to listen");
}

// A filter that does not parse is an answer here, not an error: people are still typing it.
Response check_filter(const Call& call) {
  const auto where = call.text("where");
  try {
    const auto page = query_samples(call.project, Filter::parse(where), 1);
    return json_response({{"valid", true}, {"total", page.total}, {"message", ""}});
  } catch (const Error& e) {
    if (e.code != ErrorCode::kInvalid) {
      throw;
    }
    return json_response({{"valid", false}, {"total", 0}, {"message", e.what()}});
  }
}

std::vector<Route> routes() {
  return {
      {.method = "GET",
       .path = "/api/v1/project",
       .name = "get_project",
       .summary = "What the project is and how much is in it",
       .answer = ref("Project"),
       .handle = get_project},
      {.method = "GET",
       .path = "/api/v1/attention",
       .name = "get_attention",
       .summary = "What needs a person now, most urgent first",
       .answer = object({{"items", list(ref("AttentionItem"))}}),
       .handle = get_attention},
      {.method = "GET",
       .path = "/api/v1/events",
       .name = "stream_events",
       .summary = "What changes, as it changes: events \"change\" (ChangeEvent) and \"progress\" "
                  "(ProgressEvent); never ends",
       .media = "text/event-stream",
       .handle = stream_events},
      {.method = "GET",
       .path = "/api/v1/schedule",
       .name = "get_schedule",
       .summary = "The calendar of cycles and rehearsals, with what did not happen",
       .answer = ref("Schedule"),
       .handle = get_schedule},
      {.method = "GET",
       .path = "/api/v1/attributes",
       .name = "list_attributes",
       .summary = "What is known about samples: attributes with their commonest values",
       .answer = object({{"attributes", list(ref("Attribute"))}}),
       .handle = get_attributes},
      {.method = "GET",
       .path = "/api/v1/filter",
       .name = "check_filter",
       .summary = "Whether a filter is right and how many samples satisfy it",
       .query = {{"where", "string", "A filter: weather = 'rain' AND label.class = 'cone'",
                  "true"}},
       .answer = object({{"valid", boolean()}, {"total", integer()}, {"message", text()}}),
       .handle = check_filter},
  };
}

std::vector<NamedSchema> schemas() {
  return {
      {"Project",
       object({{"name", text()},
               {"task", text()},
               {"classes", list(text())},
               {"currency", text()},
               {"counts", object({{"samples", integer()},
                                  {"labelled", integer()},
                                  {"models", integer()},
                                  {"versions", integer()},
                                  {"cycles", integer()},
                                  {"open_modes", integer()}})},
               {"champion", nullable(object({{"id", text()}, {"name", text()}}))},
               {"deployed",
                nullable(object(
                    {{"target", text()}, {"model", text()}, {"name", text()}, {"at", text()}}))},
               {"version", nullable(object({{"id", text()}, {"message", text()}}))},
               {"slices", list(object({{"name", text()},
                                       {"where", text()},
                                       {"class", text()},
                                       {"weight", number()},
                                       {"blocking", boolean()},
                                       {"source", text()}}))}})},
      {"AttentionItem",
       object({{"kind", one_of({"approval", "cycle", "batch", "alarm", "job", "mode"})},
               {"object", text("id of the thing")},
               {"title", text()},
               {"detail", text()},
               {"urgency", integer("3 blocks the loop, 2 look at it, 1 when there is time")},
               {"since", nullable(text())}})},
      {"ChangeEvent", object({{"topics", list(one_of({"cycles", "jobs", "models", "gates", "modes",
                                                      "campaigns", "batches", "versions", "ledger",
                                                      "monitor", "flags", "samples"}))}})},
      {"ProgressEvent", object({{"jobs", list(object({{"name", text()},
                                                      {"kind", text()},
                                                      {"step", text()},
                                                      {"cycle", text()},
                                                      {"state", text()},
                                                      {"fraction", number()},
                                                      {"message", text()},
                                                      {"seconds", number()}}))}})},
      {"Schedule",
       object({{"schedules", list(object({{"what", text()},
                                          {"cron", text()},
                                          {"next", nullable(text())},
                                          {"last_planned", nullable(text()), kSometimes}}))},
               {"alarms",
                list(object({{"what", text()}, {"planned_at", text()}, {"message", text()}}))}})},
      {"Attribute", object({{"name", text()},
                            {"kind", one_of({"text", "number", "truth"})},
                            {"values", list(object({{"value", text()}, {"count", integer()}}))},
                            {"low", nullable(number())},
                            {"high", nullable(number())},
                            {"distinct", integer()}})},
  };
}

}  // namespace

extern const Noun noun_project;
const Noun noun_project = {
    .name = "project",
    .summary = "The project and what needs a person",
    .routes = routes,
    .schemas = schemas,
};

}  // namespace spotter::server
