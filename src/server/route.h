// A route as a value: method, path, summary, what it takes and gives, and the function behind it.
// openapi.json, the router and the tests come from the same values. Routes hold no rules: they
// parse, call one function of a lower layer, and print. To add a noun, write routes/<noun>.cc and a
// line in registry.cc.
#pragma once
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "project/project.h"
#include "server/http.h"

namespace spotter::server {

class Children;
class SampleLists;
class Thumbnails;

// What handlers share beside the project. Thread safe.
struct Shared {
  SampleLists& sample_lists;
  Thumbnails& thumbnails;
  Children& children;
};

// One parameter of the query string.
struct QueryParameter {
  std::string name;
  std::string type;  // "string", "integer", "number", "boolean"
  std::string description;
  Json fallback = nullptr;  // null = absent
  std::int64_t low = 0;     // of integers
  std::int64_t high = 0;
};

struct Route;

// One request on its way through a handler.
struct Call {
  Project& project;
  const Shared& shared;
  const Request& request;
  const Route& route;
  const std::map<std::string, std::string>& path;  // parameters of the path, decoded
  const Json& body;                                // null without one

  [[nodiscard]] const std::string& at(const std::string& path_parameter) const;
  // Query parameters that the route declares; the router has checked them.
  [[nodiscard]] std::string text(const std::string& name) const;
  [[nodiscard]] std::int64_t integer(const std::string& name) const;
  [[nodiscard]] bool boolean(const std::string& name) const;
};

enum class Body { kNone, kJson };

struct Route {
  std::string_view method;  // GET or POST
  std::string_view path;    // "/api/v1/cycles/{cycle}"
  std::string_view name;    // operationId, unique: "get_cycle"
  std::string_view summary;
  std::vector<QueryParameter> query = {};
  Json body = nullptr;                          // schema of the request's JSON; null = takes none
  Json answer = nullptr;                        // schema of the JSON answer
  std::string_view media = "application/json";  // of another answer: "image/jpeg", "text/html"
  Response (*handle)(const Call& call) = nullptr;
};

struct NamedSchema {
  std::string_view name;
  Json schema;
};

struct Noun {
  std::string_view name;  // tag in openapi.json
  std::string_view summary;
  std::vector<Route> (*routes)();
  std::vector<NamedSchema> (*schemas)();
};

[[nodiscard]] std::span<const Noun* const> all_nouns();

// The whole description, OpenAPI 3.1; deterministic.
[[nodiscard]] Json openapi_document();

}  // namespace spotter::server
