// JSON schemas written as short as the documents they describe. They go into openapi.json, from
// which the web's types are generated, and answers are tested against them. Unknown further members
// are always allowed: a step may say more than is promised here.
#pragma once
#include <initializer_list>
#include <string>
#include <string_view>

#include "base/json.h"

namespace spotter::server::schema {

enum class Presence { kAlways, kSometimes };
inline constexpr auto kSometimes = Presence::kSometimes;

struct Member {
  std::string name;
  Json type;
  Presence presence = Presence::kAlways;
};

[[nodiscard]] Json text(std::string_view description = {});
[[nodiscard]] Json one_of(std::initializer_list<std::string_view> words);
[[nodiscard]] Json integer(std::string_view description = {});
[[nodiscard]] Json number(std::string_view description = {});
[[nodiscard]] Json boolean(std::string_view description = {});
[[nodiscard]] Json anything(std::string_view description = {});
[[nodiscard]] Json list(const Json& item, std::string_view description = {});
// An object with any names, whose values have one type.
[[nodiscard]] Json map(const Json& value, std::string_view description = {});
[[nodiscard]] Json nullable(const Json& type);
// A schema by its name, see Noun::schemas.
[[nodiscard]] Json ref(std::string_view name);
// object({{"id", text()}, {"note", text(), kSometimes}})
[[nodiscard]] Json object(std::initializer_list<Member> members, std::string_view description = {});

}  // namespace spotter::server::schema
