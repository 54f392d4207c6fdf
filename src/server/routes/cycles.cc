// Cycles: one turn of the loop each, with its steps.
#include "loop/cycle/apart.h"
#include "loop/cycle/cycle.h"
#include "server/children.h"
#include "server/route.h"
#include "server/schema.h"

namespace spotter::server {
namespace {

using namespace schema;

cycle::StartProcess starter(const Call& call) {
  return [&call](const std::vector<std::string>& arguments) {
    call.shared.children.start(call.project, arguments);
  };
}

Response list_cycles(const Call& call) {
  return json_response(cycle::history(call.project));
}

Response get_cycle(const Call& call) {
  return json_response(cycle::status(call.project, call.at("cycle")));
}

Response start_cycle(const Call& call) {
  return json_response(cycle::start_apart(call.project, starter(call)));
}

Response resume_cycle(const Call& call) {
  return json_response(cycle::resume_apart(call.project, call.at("cycle"), starter(call)));
}

Response cancel_cycle(const Call& call) {
  return json_response(cycle::cancel_apart(call.project, call.at("cycle"), starter(call)));
}

std::vector<Route> routes() {
  return {
      {.method = "GET",
       .path = "/api/v1/cycles",
       .name = "list_cycles",
       .summary = "Every cycle, oldest first",
       .answer = object({{"cycles", list(ref("Cycle"))}}),
       .handle = list_cycles},
      {.method = "POST",
       .path = "/api/v1/cycles",
       .name = "start_cycle",
       .summary = "Start a cycle; it works on its own, as those of the calendar do",
       .answer = object({{"started", boolean()}}),
       .handle = start_cycle},
      {.method = "GET",
       .path = "/api/v1/cycles/{cycle}",
       .name = "get_cycle",
       .summary = "One cycle with its steps",
       .answer = ref("Cycle"),
       .handle = get_cycle},
      {.method = "POST",
       .path = "/api/v1/cycles/{cycle}/resume",
       .name = "resume_cycle",
       .summary = "Go on with the newest cycle where it stopped; answers at once, as it was",
       .answer = ref("Cycle"),
       .handle = resume_cycle},
      {.method = "POST",
       .path = "/api/v1/cycles/{cycle}/cancel",
       .name = "cancel_cycle",
       .summary = "End a cycle and its jobs for good; one at work is told, and ends soon",
       .answer = ref("Cycle"),
       .handle = cancel_cycle},
  };
}

std::vector<NamedSchema> schemas() {
  return {
      {"Step",
       object({{"name", text()},
               {"state", one_of({"pending", "running", "waiting", "done", "failed", "skipped"})},
               {"finished_count", integer()},
               {"started_at", nullable(text())},
               {"ended_at", nullable(text())},
               {"seconds", number("of work; waiting does not count")},
               {"human_minutes", number()},
               {"reason", text("why it ran, was skipped, or what it waits for")},
               {"error", text()},
               {"outputs", map(anything())}})},
      {"Cycle", object({{"id", text()},
                        {"number", integer()},
                        {"state", one_of({"running", "waiting", "done", "failed", "cancelled"})},
                        {"rehearsal", boolean()},
                        {"started_by", text()},
                        {"created_at", nullable(text())},
                        {"ended_at", nullable(text())},
                        {"steps", list(ref("Step"))},
                        {"verdict", text("of its gate, \"\" before")},
                        {"decision", text("shipped, refused, held, nothing, or \"\" before")},
                        {"deployed", text("model that it shipped, or \"\"")},
                        {"interrupted", boolean("it says running, and nobody runs it")},
                        {"next", text("what a person has to do, in a sentence")}})},
  };
}

}  // namespace

extern const Noun noun_cycles;
const Noun noun_cycles = {
    .name = "cycles",
    .summary = "Turns of the loop",
    .routes = routes,
    .schemas = schemas,
};

}  // namespace spotter::server
