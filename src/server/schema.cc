#include "server/schema.h"

namespace spotter::server::schema {
namespace {

Json typed(std::string_view type, std::string_view description) {
  Json schema = {{"type", type}};
  if (!description.empty()) {
    schema["description"] = description;
  }
  return schema;
}

}  // namespace

Json text(std::string_view description) {
  return typed("string", description);
}
Json integer(std::string_view description) {
  return typed("integer", description);
}
Json number(std::string_view description) {
  return typed("number", description);
}
Json boolean(std::string_view description) {
  return typed("boolean", description);
}

Json anything(std::string_view description) {
  Json schema = Json::object();
  if (!description.empty()) {
    schema["description"] = description;
  }
  return schema;
}

Json one_of(std::initializer_list<std::string_view> words) {
  Json schema = {{"type", "string"}, {"enum", Json::array()}};
  for (const auto word : words) {
    schema["enum"].push_back(word);
  }
  return schema;
}

Json list(const Json& item, std::string_view description) {
  Json schema = typed("array", description);
  schema["items"] = item;
  return schema;
}

Json map(const Json& value, std::string_view description) {
  Json schema = typed("object", description);
  schema["additionalProperties"] = value;
  return schema;
}

Json nullable(const Json& type) {
  return {{"anyOf", Json::array({type, Json{{"type", "null"}}})}};
}

Json ref(std::string_view name) {
  return {{"$ref", "#/components/schemas/" + std::string(name)}};
}

Json object(std::initializer_list<Member> members, std::string_view description) {
  Json schema = typed("object", description);
  schema["properties"] = Json::object();
  Json required = Json::array();
  for (const auto& member : members) {
    schema["properties"][member.name] = member.type;
    if (member.presence == Presence::kAlways) {
      required.push_back(member.name);
    }
  }
  if (!required.empty()) {
    schema["required"] = required;
  }
  return schema;
}

}  // namespace spotter::server::schema
