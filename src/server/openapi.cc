#include <set>

#include "base/error.h"
#include "server/route.h"
#include "server/schema.h"

namespace spotter::server {
namespace {

Json path_parameters(std::string_view path) {
  Json list = Json::array();
  for (const auto segment : path_segments(path)) {
    if (segment.starts_with('{')) {
      list.push_back({{"name", segment.substr(1, segment.size() - 2)},
                      {"in", "path"},
                      {"required", true},
                      {"schema", schema::text()}});
    }
  }
  return list;
}

Json query_parameter(const QueryParameter& parameter) {
  Json type = {{"type", parameter.type}};
  if (parameter.type == "integer") {
    type["minimum"] = parameter.low;
    type["maximum"] = parameter.high;
  }
  if (!parameter.fallback.is_null()) {
    type["default"] = parameter.fallback;
  }
  return {{"name", parameter.name},
          {"in", "query"},
          {"description", parameter.description},
          {"schema", type}};
}

Json content(std::string_view media, const Json& schema) {
  return {{std::string(media), {{"schema", schema}}}};
}

Json operation(const Noun& noun, const Route& route) {
  Json parameters = path_parameters(route.path);
  for (const auto& parameter : route.query) {
    parameters.push_back(query_parameter(parameter));
  }
  Json answer = {{"description", "Done"}};
  answer["content"] =
      content(route.media, route.answer.is_null() ? Json{{"type", "string"}} : route.answer);
  Json result = {{"operationId", route.name},
                 {"tags", {noun.name}},
                 {"summary", route.summary},
                 {"parameters", parameters}};
  if (!route.body.is_null()) {
    result["requestBody"] = {{"required", true},
                             {"content", content("application/json", route.body)}};
  }
  result["responses"] = {{"200", answer},
                         {"default",
                          {{"description", "What went wrong"},
                           {"content", content("application/json", schema::ref("Error"))}}}};
  return result;
}

}  // namespace

Json openapi_document() {
  Json tags = Json::array();
  Json paths = Json::object();
  Json schemas = Json::object();
  schemas["Error"] = schema::object(
      {{"error", schema::object({{"code", schema::text()}, {"message", schema::text()}})}});
  std::set<std::string_view> names;
  for (const Noun* noun : all_nouns()) {
    tags.push_back({{"name", noun->name}, {"description", noun->summary}});
    for (const auto& [name, value] : noun->schemas()) {
      require(!schemas.contains(name), "every schema has a name of its own");
      schemas[std::string(name)] = value;
    }
    for (const auto& route : noun->routes()) {
      require(names.insert(route.name).second, "every route has a name of its own");
      const std::string method = route.method == "GET" ? "get" : "post";
      paths[std::string(route.path)][method] = operation(*noun, route);
    }
  }
  return {{"openapi", "3.1.0"},
          {"info",
           {{"title", "Spotter"},
            {"version", SPOTTER_VERSION},
            {"description", "The same documents that the commands print with --json."}}},
          {"tags", tags},
          {"paths", paths},
          {"components", {{"schemas", schemas}}}};
}

}  // namespace spotter::server
