#include <algorithm>
#include <chrono>

#include <fmt/format.h>

#include "base/error.h"
#include "base/hash.h"
#include "loop/checks/checks.h"
#include "loop/checks/prepare.h"
#include "project/check_runs.h"

namespace spotter::checks {
namespace {

std::vector<std::string> chosen_names(const Project& project, const RunOptions& options) {
  if (!options.names.empty()) {
    return options.names;
  }
  std::vector<std::string> names;
  for (const auto& configured : project.config.checks) {
    names.push_back(configured.name);
  }
  if (names.empty()) {
    for (const Check* check : all_checks()) {
      names.emplace_back(check->name);
    }
  }
  return names;
}

Json configured_parameters(const Project& project, std::string_view name) {
  for (const auto& configured : project.config.checks) {
    if (configured.name == name) {
      return configured.parameters;
    }
  }
  return Json::object();
}

Json skipped(const Check& check, const std::string& reason) {
  return {{"check", check.name}, {"skipped", reason}};
}

Json described(const CheckRun& run, bool reused) {
  return {{"check", run.check},
          {"run", run.id},
          {"model", run.model},
          {"findings", run.finding_count},
          {"examined", run.examined.size()},
          {"reused", reused},
          {"seconds", run.seconds}};
}

Json run_one(Project& project, Preparation& preparation, const Check& check,
             const std::string& cycle) {
  const auto started = std::chrono::steady_clock::now();
  const Json parameters = resolve(check, configured_parameters(project, check.name));
  const auto prepared = preparation.prepare(check, parameters);
  if (!prepared->skipped.empty()) {
    return skipped(check, prepared->skipped);
  }
  const std::string model = preparation.model() ? preparation.model()->id : "";
  CheckRun run;
  run.check = check.name;
  run.model = model;
  run.parameters = parameters.dump();
  run.input_key = input_key(check, model, *prepared);
  run.id = "check_" + run.input_key.substr(0, 12);
  run.cycle = cycle;
  if (const auto known = find_check_run(project, run.id)) {
    return described(*known, true);
  }
  auto output = check.run(prepared->input);
  for (std::size_t i = 0; i < prepared->samples.size(); ++i) {
    if (output.examined.at(i) != 0) {
      run.examined.push_back(prepared->samples[i].key);
    }
  }
  for (const auto& some : output.objects) {
    run.objects[prepared->samples.at(some.sample).key][some.class_name] += some.count;
  }
  if (run.examined.empty()) {
    return skipped(check, "none of the samples has what it needs to judge them");
  }
  run.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
  store_check_run(project, run, std::move(output.findings));
  return described(run, false);
}

}  // namespace

Json run(Project& project, const RunOptions& options) {
  std::vector<const Check*> chosen;
  for (const auto& name : chosen_names(project, options)) {
    chosen.push_back(&find_check(name));
    (void)resolve(*chosen.back(), configured_parameters(project, name));  // all or nothing
  }
  Preparation preparation(project, options);
  Json runs = Json::array();
  for (const Check* check : chosen) {
    runs.push_back(run_one(project, preparation, *check, options.cycle));
  }
  return {{"model", preparation.model() ? Json(preparation.model()->name) : Json()},
          {"runs", runs}};
}

Json list(const Project* project) {
  Json checks = Json::array();
  for (const Check* check : all_checks()) {
    Json params = Json::array();
    for (const auto& param : check->params) {
      Json row = {{"name", param.name}, {"summary", param.summary}};
      if (param.text.empty()) {
        row["default"] = param.number;
        row["low"] = param.low;
        row["high"] = param.high;
      } else {
        row["default"] = param.text;
      }
      params.push_back(row);
    }
    Json row = {{"name", check->name},
                {"summary", check->summary},
                {"method", check->method},
                {"params", params}};
    if (project != nullptr) {
      const auto& configured = project->config.checks;
      row["configured"] = configured.empty() ||
                          std::any_of(configured.begin(), configured.end(),
                                      [&](const CheckConfig& c) { return c.name == check->name; });
    }
    checks.push_back(row);
  }
  return {{"checks", checks}};
}

}  // namespace spotter::checks
