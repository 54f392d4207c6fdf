#include <algorithm>
#include <array>
#include <iterator>

#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"
#include "loop/checks/check.h"

// To add a check, write loop/checks/<name>.cc that defines `const Check <name>` and add a line
// here.
#define SPOTTER_CHECKS(X) \
  X(flags) \
  X(label_loss) \
  X(label_errors) \
  X(error_types) \
  X(sensor_disagreement) \
  X(track_disagreement) \
  X(embedding_distance) \
  X(hindsight) \
  X(label_sanity) \
  X(uncertainty) \
  X(miscalibration) \
  X(embeddings) \
  /* new ones above this line */

namespace spotter::checks {

#define X(name) extern const Check name;
SPOTTER_CHECKS(X)
#undef X

std::span<const Check* const> all_checks() {
#define X(name) &name,
  static const std::array checks = {SPOTTER_CHECKS(X)};
#undef X
  return checks;
}

const Check& find_check(std::string_view name) {
  std::vector<std::string> known;
  for (const Check* check : all_checks()) {
    if (check->name == name) {
      return *check;
    }
    known.emplace_back(check->name);
  }
  fail(ErrorCode::kNotFound,
       fmt::format("there is no check \"{}\"{}; `spotter check list` names them", name,
                   did_you_mean(name, known)));
}

namespace {

void check_value(const Check& check, const Param& param, const Json& value) {
  if (!param.text.empty()) {
    if (!value.is_string() || value.get<std::string>().empty()) {
      fail(ErrorCode::kInvalid,
           fmt::format("parameter \"{}\" of check \"{}\" must be a text, not {}", param.name,
                       check.name, value.dump()));
    }
    return;
  }
  if (!value.is_number() || !(value.get<double>() >= param.low) ||
      !(value.get<double>() <= param.high)) {
    fail(ErrorCode::kInvalid,
         fmt::format("parameter \"{}\" of check \"{}\" must be a number from {} to {}, not {}",
                     param.name, check.name, param.low, param.high, value.dump()));
  }
}

}  // namespace

Json resolve(const Check& check, const Json& given) {
  Json result = Json::object();
  std::vector<std::string> known;
  for (const auto& param : check.params) {
    known.emplace_back(param.name);
    if (param.text.empty()) {
      result[known.back()] = param.number;
    } else {
      result[known.back()] = std::string(param.text);
    }
  }
  for (const auto& [key, value] : given.items()) {
    const auto param = std::find_if(check.params.begin(), check.params.end(),
                                    [&](const Param& p) { return p.name == key; });
    if (param == check.params.end()) {
      fail(ErrorCode::kInvalid, fmt::format("check \"{}\" has no parameter \"{}\"{}", check.name,
                                            key, did_you_mean(key, known)));
    }
    check_value(check, *param, value);
    result[key] = value;
  }
  return result;
}

double CheckInput::number(std::string_view name) const {
  require(parameters != nullptr && parameters->contains(name),
          "a check reads a parameter of its table");
  return parameters->at(std::string(name)).get<double>();
}

std::string reference_page() {
  std::string page =
      "# Checks\n\nWritten by `spotter check list --markdown` from the checks themselves; do not "
      "edit.\n";
  for (const Check* check : all_checks()) {
    fmt::format_to(std::back_inserter(page), "\n## {}\n{}.\n\n{}\n", check->name, check->summary,
                   check->method);
    if (!check->tasks.empty()) {
      fmt::format_to(std::back_inserter(page), "\nFor {}.\n", fmt::join(check->tasks, " and "));
    }
    if (!check->params.empty()) {
      page += "\n| parameter | default | allowed | meaning |\n|---|---|---|---|\n";
    }
    for (const auto& param : check->params) {
      if (param.text.empty()) {
        fmt::format_to(std::back_inserter(page), "| `{}` | {} | {} to {} | {} |\n", param.name,
                       param.number, param.low, param.high, param.summary);
      } else {
        fmt::format_to(std::back_inserter(page), "| `{}` | `{}` | text | {} |\n", param.name,
                       param.text, param.summary);
      }
    }
  }
  return page;
}

}  // namespace spotter::checks
