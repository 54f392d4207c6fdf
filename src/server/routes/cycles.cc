// Cycles: one turn of the loop each, with its steps.
#include "loop/cycle/journal.h"
#include "server/route.h"
#include "server/schema.h"

namespace spotter::server {
namespace {

using namespace schema;

Response list_cycles(const Call& call) {
  const cycle::Journal journal(call.project);
  Json cycles = Json::array();
  for (const auto& row : journal.all()) {
    cycles.push_back(cycle::to_json(call.project, row));
  }
  return json_response({{"cycles", cycles}});
}

Response get_cycle(const Call& call) {
  return json_response(
      cycle::to_json(call.project, cycle::Journal(call.project).load(call.at("cycle"))));
}

std::vector<Route> routes() {
  return {
      {.method = "GET",
       .path = "/api/v1/cycles",
       .name = "list_cycles",
       .summary = "Every cycle, oldest first",
       .answer = object({{"cycles", list(ref("Cycle"))}}),
       .handle = list_cycles},
      {.method = "GET",
       .path = "/api/v1/cycles/{cycle}",
       .name = "get_cycle",
       .summary = "One cycle with its steps",
       .answer = ref("Cycle"),
       .handle = get_cycle},
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
