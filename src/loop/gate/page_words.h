// How the gate's page says names, scores, times and amounts: the same words as the app has. Every
// text that comes back is escaped for HTML. Only page*.cc include this.
#pragma once
#include <string>
#include <string_view>

#include "base/json.h"
#include "loop/gate/page.h"

namespace spotter::gate::words {

// ---- Fields of a report that may be missing.
[[nodiscard]] std::string text(const Json& object, const char* key);
[[nodiscard]] double number(const Json& object, const char* key, double fallback = 0);
[[nodiscard]] bool flag(const Json& object, const char* key);
[[nodiscard]] bool present(const Json& object, const char* key);
[[nodiscard]] Json list(const Json& object, const char* key);
// The name of the model that plays this part ("champion", "challenger"); empty when there is none.
[[nodiscard]] std::string model_name(const Json& report, const char* who);
// Whether the slice can change the verdict; others are only shown.
[[nodiscard]] bool watched(const Json& slice);

// ---- Words.
// A score in [0, 1] as points out of 100, "62.4"; an undefined one (negative) as a dash.
[[nodiscard]] std::string score(double value);
// A difference of scores in points, "+3.1", "−0.4", "±0".
[[nodiscard]] std::string change(double value);
// 1563 as "1,563".
[[nodiscard]] std::string grouped(double count);
// 1563 and "scene" as "1,563 scenes".
[[nodiscard]] std::string counted(double count, std::string_view noun);
// The first letter large.
[[nodiscard]] std::string sentence(std::string text);
// A slice as a part of the data: "Everything", "Missed cones in rain".
[[nodiscard]] std::string part_name(const std::string& slice, const TitleOf& title_of);
// A remark in the words of the page, with scores in points.
[[nodiscard]] std::string plain(const std::string& raw);
// A reason of the report: "night: -0.008, but …" as "Night: −0.8, but …".
[[nodiscard]] std::string reason(const std::string& raw, const TitleOf& title_of);
// The scores inside of a sentence as points: "-0.008" as "−0.8".
[[nodiscard]] std::string in_points(std::string_view text);
// "$0.02"; currencies without a known sign stand behind, "0.02 CHF".
[[nodiscard]] std::string money(double amount, const std::string& currency);
// "25 Nov 2026, 02:07 UTC" of an ISO 8601 time.
[[nodiscard]] std::string moment(const std::string& iso);
// The verdict in a coloured pill: "Passed", "Failed", "Undecided", "Held".
[[nodiscard]] std::string badge(const std::string& verdict);

}  // namespace spotter::gate::words
