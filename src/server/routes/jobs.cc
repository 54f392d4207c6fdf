// Jobs: long work on an executor.
#include "trainer/jobs.h"

#include "server/route.h"
#include "server/schema.h"

namespace spotter::server {
namespace {

using namespace schema;

Response list_jobs(const Call& call) {
  return json_response({{"jobs", trainer::list_jobs(call.project, call.text("cycle"))}});
}

Response get_job(const Call& call) {
  return json_response(trainer::show_job(call.project, call.at("job")));
}

Response get_job_log(const Call& call) {
  const auto bytes = static_cast<std::size_t>(call.integer("bytes"));
  return json_response(
      {{"name", call.at("job")}, {"log", trainer::job_logs(call.project, call.at("job"), bytes)}});
}

Response cancel_job(const Call& call) {
  return json_response(trainer::cancel_job(call.project, call.at("job")));
}

std::vector<Route> routes() {
  return {
      {.method = "GET",
       .path = "/api/v1/jobs",
       .name = "list_jobs",
       .summary = "Jobs, newest first",
       .query = {{"cycle", "string", "Only jobs of this cycle", ""}},
       .answer = object({{"jobs", list(ref("Job"))}}),
       .handle = list_jobs},
      {.method = "GET",
       .path = "/api/v1/jobs/{job}",
       .name = "get_job",
       .summary = "One job with the last lines of its log",
       .answer = ref("JobDetail"),
       .handle = get_job},
      {.method = "GET",
       .path = "/api/v1/jobs/{job}/log",
       .name = "get_job_log",
       .summary = "The end of a job's log",
       .query = {{"bytes", "integer", "At most so many bytes", 65536, 1, 4 << 20}},
       .answer = object({{"name", text()}, {"log", text()}}),
       .handle = get_job_log},
      {.method = "POST",
       .path = "/api/v1/jobs/{job}/cancel",
       .name = "cancel_job",
       .summary = "Stop a job and wait until it has ended",
       .answer = ref("JobDetail"),
       .handle = cancel_job},
  };
}

std::vector<NamedSchema> schemas() {
  Json job = object(
      {{"name", text()},
       {"kind", text()},
       {"executor", text()},
       {"state", one_of({"queued", "running", "done", "failed", "cancelled", "requeue", "lost"})},
       {"failure", text()},
       {"exit_code", integer()},
       {"fraction", number()},
       {"message", text()},
       {"attempt", integer()},
       {"cycle", text()},
       {"step", text()},
       {"seconds", number()},
       {"cpu_seconds", number()},
       {"created_at", text()},
       {"updated_at", text()}});
  Json detail = job;
  detail["properties"]["last_lines"] = list(text());
  detail["properties"]["command"] = list(text());
  detail["required"].push_back("last_lines");
  return {{"Job", job}, {"JobDetail", detail}};
}

}  // namespace

extern const Noun noun_jobs;
const Noun noun_jobs = {
    .name = "jobs",
    .summary = "Long work on an executor",
    .routes = routes,
    .schemas = schemas,
};

}  // namespace spotter::server
