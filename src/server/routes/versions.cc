// Immutable dataset versions.
#include "loop/version/version.h"
#include "server/route.h"
#include "server/schema.h"

namespace spotter::server {
namespace {

using namespace schema;

Response list_versions(const Call& call) {
  Json rows = Json::array();
  for (const auto& each : version::log(call.project)) {
    rows.push_back(version::to_json(each));
  }
  return json_response({{"versions", rows}});
}

Response get_version(const Call& call) {
  return json_response(version::to_json(version::find(call.project, call.at("version"))));
}

Response diff_versions(const Call& call) {
  return json_response(version::diff(call.project, call.at("from"), call.at("to")));
}

std::vector<Route> routes() {
  return {
      {.method = "GET",
       .path = "/api/v1/versions",
       .name = "list_versions",
       .summary = "Dataset versions, newest first",
       .answer = object({{"versions", list(ref("Version"))}}),
       .handle = list_versions},
      {.method = "GET",
       .path = "/api/v1/versions/{version}",
       .name = "get_version",
       .summary = "One dataset version",
       .answer = ref("Version"),
       .handle = get_version},
      {.method = "GET",
       .path = "/api/v1/versions/{from}/diff/{to}",
       .name = "diff_versions",
       .summary = "What changed from one version to another",
       .answer = ref("VersionDiff"),
       .handle = diff_versions},
  };
}

std::vector<NamedSchema> schemas() {
  const Json listed = map(anything(), "count and the first keys");
  return {
      {"Version", object({{"id", text()},
                          {"number", integer()},
                          {"parent", text()},
                          {"message", text()},
                          {"author", text()},
                          {"content_hash", text()},
                          {"counts", map(anything())},
                          {"lineage", map(anything())},
                          {"created_at", text()}})},
      {"VersionDiff", object({{"from", text()},
                              {"to", text()},
                              {"added", listed},
                              {"removed", listed},
                              {"relabelled", listed},
                              {"moved", listed},
                              {"classes", map(number())}})},
  };
}

}  // namespace

extern const Noun noun_versions;
const Noun noun_versions = {
    .name = "versions",
    .summary = "Immutable dataset versions",
    .routes = routes,
    .schemas = schemas,
};

}  // namespace spotter::server
