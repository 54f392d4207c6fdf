// Models, runs and where models are at work.
#include "loop/deploy/deploy.h"
#include "loop/train/train.h"
#include "server/route.h"
#include "server/schema.h"

namespace spotter::server {
namespace {

using namespace schema;

Response list_models(const Call& call) {
  return json_response(deploy::list_models(call.project));
}

Response list_runs(const Call& call) {
  return json_response(train::list_runs(call.project));
}

Response list_deployments(const Call& call) {
  Json rows = Json::array();
  for (const auto& entry : deploy::history(call.project, call.text("target"))) {
    rows.push_back(deploy::to_json(entry));
  }
  return json_response({{"deployments", rows}});
}

Response deploy_model(const Call& call) {
  const deploy::DeployOptions options{
      .model = json_get<std::string>(call.body, "model", "the request body"),
      .target = json_get_or<std::string>(call.body, "target", ""),
      .reason = json_get_or<std::string>(call.body, "reason", ""),
  };
  return json_response(deploy::to_json(deploy::deploy(call.project, options)));
}

Response roll_back(const Call& call) {
  const deploy::RollbackOptions options{
      .target = json_get_or<std::string>(call.body, "target", ""),
      .reason = json_get<std::string>(call.body, "reason", "the request body"),
  };
  return json_response(deploy::to_json(deploy::rollback(call.project, options)));
}

std::vector<Route> routes() {
  return {
      {.method = "GET",
       .path = "/api/v1/models",
       .name = "list_models",
       .summary = "Models with aliases and targets, newest first",
       .answer = object({{"models", list(ref("Model"))}}),
       .handle = list_models},
      {.method = "GET",
       .path = "/api/v1/runs",
       .name = "list_runs",
       .summary = "Training runs, newest first",
       .answer = object({{"runs", list(ref("Run"))}}),
       .handle = list_runs},
      {.method = "GET",
       .path = "/api/v1/deployments",
       .name = "list_deployments",
       .summary = "What was deployed where, when, why and by whom, newest first",
       .query = {{"target", "string", "Only this target", ""}},
       .answer = object({{"deployments", list(ref("Deployment"))}}),
       .handle = list_deployments},
      {.method = "POST",
       .path = "/api/v1/deployments",
       .name = "deploy_model",
       .summary = "Put an approved model to work",
       .body = object({{"model", text("id, name or alias")},
                       {"target", text(), kSometimes},
                       {"reason", text(), kSometimes}}),
       .answer = ref("Deployment"),
       .handle = deploy_model},
      {.method = "POST",
       .path = "/api/v1/rollbacks",
       .name = "roll_back",
       .summary = "Bring back the model that was at a target before",
       .body = object({{"target", text(), kSometimes}, {"reason", text()}}),
       .answer = ref("Deployment"),
       .handle = roll_back},
  };
}

std::vector<NamedSchema> schemas() {
  return {
      {"Model",
       object({{"id", text()},
               {"name", text()},
               {"kind", text("train, control or random; empty when it was made elsewhere")},
               {"run", text()},
               {"dataset_version", text()},
               {"parent", text()},
               {"created_at", text()},
               {"cpu_seconds", number()},
               {"aliases", list(text())},
               {"targets", list(text())},
               {"definition", map(anything())}})},
      {"Run", object({{"id", text()},
                      {"kind", text()},
                      {"version", text()},
                      {"from", text()},
                      {"model", text()},
                      {"job", text()},
                      {"state", text()},
                      {"parameters", map(anything())},
                      {"metrics", map(anything())},
                      {"cycle", text()},
                      {"seconds", number()},
                      {"cpu_seconds", number()},
                      {"created_at", text()},
                      {"ended_at", nullable(text())}})},
      {"Deployment", object({{"id", text()},
                             {"target", text()},
                             {"model", text()},
                             {"previous", text()},
                             {"action", text()},
                             {"author", text()},
                             {"reason", text()},
                             {"gate_report", text()},
                             {"created_at", text()},
                             {"changed", boolean()}})},
  };
}

}  // namespace

extern const Noun noun_models;
const Noun noun_models = {
    .name = "models",
    .summary = "Models, their training and where they are at work",
    .routes = routes,
    .schemas = schemas,
};

}  // namespace spotter::server
