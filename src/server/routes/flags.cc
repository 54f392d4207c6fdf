// Flags: what people and robots remark about a sample. One call, for the robot's button too.
#include <algorithm>

#include "base/error.h"
#include "loop/ingest/ingest.h"
#include "server/route.h"
#include "server/schema.h"

namespace spotter::server {
namespace {

using namespace schema;

Box box_of(const Json& values) {
  if (!values.is_array() || values.size() != 4 ||
      !std::all_of(values.begin(), values.end(), [](const Json& v) { return v.is_number(); })) {
    fail(ErrorCode::kInvalid, "\"box\" must be four numbers: x1, y1, x2, y2 in pixels");
  }
  return {values[0].get<double>(), values[1].get<double>(), values[2].get<double>(),
          values[3].get<double>()};
}

Response add_flag(const Call& call) {
  ingest::FlagOptions options{
      .sample = json_get<std::string>(call.body, "sample", "the request body"),
      .reason = json_get<std::string>(call.body, "reason", "the request body"),
      .author = json_get_or<std::string>(call.body, "author", ""),
      .source = json_get_or<std::string>(call.body, "source", "web"),
  };
  if (const auto box = call.body.find("box"); box != call.body.end() && !box->is_null()) {
    options.box = box_of(*box);
  }
  return json_response(ingest::flag(call.project, options));
}

Response list_flags(const Call& call) {
  Json flags = Json::array();
  for (const auto& row : call.project.catalog->query(
           "SELECT id, sample, reason, author, source, created_at FROM flags ORDER BY created_at "
           "DESC, id LIMIT $1",
           {call.integer("limit")})) {
    flags.push_back({{"id", row.text(0)},
                     {"sample", row.text(1)},
                     {"reason", row.text(2)},
                     {"author", row.text(3)},
                     {"source", row.text(4)},
                     {"created_at", iso_time(row.integer(5))}});
  }
  return json_response({{"flags", flags}});
}

std::vector<Route> routes() {
  return {
      {.method = "GET",
       .path = "/api/v1/flags",
       .name = "list_flags",
       .summary = "What people and robots remarked, newest first",
       .query = {{"limit", "integer", "At most so many", 100, 1, 1000}},
       .answer = object({{"flags", list(object({{"id", text()},
                                                {"sample", text()},
                                                {"reason", text()},
                                                {"author", text()},
                                                {"source", text()},
                                                {"created_at", text()}}))}}),
       .handle = list_flags},
      {.method = "POST",
       .path = "/api/v1/flags",
       .name = "add_flag",
       .summary = "Say that something is wrong with a sample: the robot's button",
       .body = object({{"sample", text("key")},
                       {"reason", text()},
                       {"box", list(number(), "x1, y1, x2, y2 in pixels"), kSometimes},
                       {"author", text(), kSometimes},
                       {"source", text("robot, person, …"), kSometimes}}),
       .answer =
           object({{"id", text()}, {"sample", text()}, {"reason", text()}, {"added", boolean()}}),
       .handle = add_flag},
  };
}

std::vector<NamedSchema> schemas() {
  return {};
}

}  // namespace

extern const Noun noun_flags;
const Noun noun_flags = {
    .name = "flags",
    .summary = "Remarks about samples",
    .routes = routes,
    .schemas = schemas,
};

}  // namespace spotter::server
