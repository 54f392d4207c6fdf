// What the loop costs, and how production looks.
#include "project/ledger.h"

#include "loop/monitor/monitor.h"
#include "server/route.h"
#include "server/schema.h"

namespace spotter::server {
namespace {

using namespace schema;

Response get_ledger(const Call& call) {
  return json_response(ledger_summary(call.project, call.text("cycle")));
}

Response get_monitor(const Call& call) {
  return json_response(
      monitor::status(call.project, static_cast<std::size_t>(call.integer("limit"))));
}

std::vector<Route> routes() {
  return {
      {.method = "GET",
       .path = "/api/v1/ledger",
       .name = "get_ledger",
       .summary = "Minutes of people, hours of machines and money, by cycle and step",
       .query = {{"cycle", "string", "Only this cycle", ""}},
       .answer = ref("Ledger"),
       .handle = get_ledger},
      {.method = "GET",
       .path = "/api/v1/monitor",
       .name = "get_monitor",
       .summary = "How production compares with what the model was made for",
       .query = {{"limit", "integer", "At most so many runs", 30, 1, 1000}},
       .answer = ref("MonitorStatus"),
       .handle = get_monitor},
  };
}

std::vector<NamedSchema> schemas() {
  const Json step = object({{"step", text()},
                            {"human_minutes", number()},
                            {"machine_hours", number()},
                            {"cost", number()}});
  return {
      {"Ledger", object({{"currency", text()},
                         {"total", object({{"human_minutes", number()},
                                           {"machine_hours", number()},
                                           {"cost", number()}})},
                         {"cycles", list(object({{"cycle", text("empty: outside cycles")},
                                                 {"number", integer()},
                                                 {"human_minutes", number()},
                                                 {"machine_hours", number()},
                                                 {"cost", number()},
                                                 {"steps", list(step)}}))}})},
      {"MonitorStatus", object({{"runs", list(object({{"id", text()},
                                                      {"model", text()},
                                                      {"alarm", boolean()},
                                                      {"alarms", list(text())},
                                                      {"created_at", text()}}))},
                                {"latest", nullable(map(anything()))}})},
  };
}

}  // namespace

extern const Noun noun_ledger;
const Noun noun_ledger = {
    .name = "ledger",
    .summary = "What the loop costs, and how production looks",
    .routes = routes,
    .schemas = schemas,
};

}  // namespace spotter::server
