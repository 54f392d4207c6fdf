// Campaigns that collect samples and batches that go to labellers.
#include "loop/curate/curate.h"
#include "loop/label/label.h"
#include "server/route.h"
#include "server/schema.h"

namespace spotter::server {
namespace {

using namespace schema;

Response list_campaigns(const Call& call) {
  return json_response(curate::campaigns(call.project));
}

Response get_campaign(const Call& call) {
  return json_response(curate::show_campaign(call.project, call.at("campaign")));
}

Response list_batches(const Call& call) {
  return json_response(label::list_batches(call.project));
}

Response get_batch(const Call& call) {
  return json_response(label::batch_status(call.project, call.at("batch")));
}

Response set_class(const Call& call) {
  return json_response(label::set_class(
      call.project, {.sample = call.at("sample"),
                     .class_name = json_get<std::string>(call.body, "class", "the request body"),
                     .seconds = json_get_or<double>(call.body, "seconds", 0)}));
}

std::vector<Route> routes() {
  return {
      {.method = "POST",
       .path = "/api/v1/samples/{sample}/class",
       .name = "set_class",
       .summary = "Say what a picture is, where the task is classification",
       .body =
           object({{"class", text()}, {"seconds", number("that the person looked"), kSometimes}}),
       .answer = object({{"sample", text()},
                         {"class", text()},
                         {"before", nullable(text())},
                         {"batches", list(text(), "in which it was an open task")}}),
       .handle = set_class},
      {.method = "GET",
       .path = "/api/v1/campaigns",
       .name = "list_campaigns",
       .summary = "Campaigns, newest first",
       .answer = object({{"campaigns", list(ref("Campaign"))}}),
       .handle = list_campaigns},
      {.method = "GET",
       .path = "/api/v1/campaigns/{campaign}",
       .name = "get_campaign",
       .summary = "One campaign with what it picked and why",
       .answer = ref("CampaignDetail"),
       .handle = get_campaign},
      {.method = "GET",
       .path = "/api/v1/batches",
       .name = "list_batches",
       .summary = "Labelling batches, newest first",
       .answer = object({{"batches", list(ref("Batch"))}}),
       .handle = list_batches},
      {.method = "GET",
       .path = "/api/v1/batches/{batch}",
       .name = "get_batch",
       .summary = "One batch with its samples",
       .answer = ref("BatchDetail"),
       .handle = get_batch},
  };
}

std::vector<NamedSchema> schemas() {
  Json campaign = object({{"id", text()},
                          {"name", text()},
                          {"state", one_of({"open", "collected", "closed"})},
                          {"budget", integer()},
                          {"picked", integer()},
                          {"query", map(anything())},
                          {"created_at", text()}});
  Json campaign_detail = campaign;
  campaign_detail["properties"]["items"] = list(object(
      {{"position", integer()}, {"sample", text()}, {"score", number()}, {"reason", text()}}));
  campaign_detail["required"].push_back("items");
  Json batch = object({{"id", text()},
                       {"name", text()},
                       {"state", one_of({"open", "exported", "done"})},
                       {"campaign", text()},
                       {"author", text()},
                       {"tasks", object({{"total", integer()},
                                         {"open", integer()},
                                         {"done", integer()},
                                         {"skipped", integer()}})},
                       {"human_minutes", number()},
                       {"created_at", text()},
                       {"updated_at", text()}});
  Json batch_detail = batch;
  batch_detail["properties"]["samples"] =
      list(object({{"key", text()}, {"state", text()}, {"seconds", number()}}));
  batch_detail["required"].push_back("samples");
  return {{"Campaign", campaign},
          {"CampaignDetail", campaign_detail},
          {"Batch", batch},
          {"BatchDetail", batch_detail}};
}

}  // namespace

extern const Noun noun_labelling;
const Noun noun_labelling = {
    .name = "labelling",
    .summary = "Campaigns and labelling batches",
    .routes = routes,
    .schemas = schemas,
};

}  // namespace spotter::server
