#include <algorithm>
#include <chrono>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/attempt.h"
#include "base/error.h"
#include "base/hash.h"
#include "loop/checks/checks.h"
#include "loop/checks/custom.h"
#include "loop/checks/prepare.h"
#include "project/check_runs.h"

namespace spotter::checks {
namespace {

// A built-in check, or one of the project's own.
struct Chosen {
  const Check* check = nullptr;
  const CustomCheck* custom = nullptr;
};

// All named, else those of spotter.yaml with every built-in one where it lists none of them.
std::vector<Chosen> choose(const Project& project, const RunOptions& options,
                           const std::vector<CustomCheck>& customs) {
  std::vector<std::string> names = options.names;
  if (names.empty()) {
    for (const auto& configured : project.config.checks) {
      names.push_back(configured.name);
    }
    if (names.size() == customs.size()) {
      for (const Check* check : all_checks()) {
        names.emplace_back(check->name);
      }
    }
  }
  std::vector<Chosen> chosen;
  for (const auto& name : names) {
    const auto custom = std::find_if(customs.begin(), customs.end(),
                                     [&](const CustomCheck& one) { return one.name == name; });
    chosen.push_back(custom == customs.end() ? Chosen{.check = &find_check(name)}
                                             : Chosen{.custom = &*custom});
  }
  return chosen;
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

// Makes a run that was asked for again the newest of its check: its findings are what stands now.
void renew(Project& project, const CheckRun& run) {
  project.catalog->execute(
      "UPDATE check_runs SET created_at = $1 WHERE id = $2 AND EXISTS (SELECT 1 FROM check_runs "
      "other WHERE other.check_name = $3 AND other.model = $4 AND other.created_at > $5)",
      {project.now(), run.id, run.check, run.model, run.created_at});
}

// Completes the run with its output and stores it.
Json store(Project& project, CheckRun& run, const Prepared& prepared, CheckOutput output,
           std::chrono::steady_clock::time_point started) {
  for (std::size_t i = 0; i < prepared.samples.size(); ++i) {
    if (output.examined.at(i) != 0) {
      run.examined.push_back(prepared.samples[i].key);
    }
  }
  for (const auto& some : output.objects) {
    run.objects[prepared.samples.at(some.sample).key][some.class_name] += some.count;
  }
  if (run.examined.empty()) {
    return {{"check", run.check},
            {"skipped", "none of the samples has what it needs to judge them"}};
  }
  run.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
  store_check_run(project, run, std::move(output.findings));
  return described(run, false);
}

CheckRun new_run(std::string_view check, const Preparation& preparation, const Json& parameters,
                 const std::string& input_key, const std::string& cycle) {
  CheckRun run;
  run.check = check;
  run.model = preparation.model() ? preparation.model()->id : "";
  run.parameters = parameters.dump();
  run.input_key = input_key;
  run.id = "check_" + input_key.substr(0, 12);
  run.cycle = cycle;
  return run;
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
  CheckRun run =
      new_run(check.name, preparation, parameters, input_key(check, model, *prepared), cycle);
  if (const auto known = find_check_run(project, run.id)) {
    renew(project, *known);
    return described(*known, true);
  }
  return store(project, run, *prepared, check.run(prepared->input), started);
}

Json run_custom(Project& project, Preparation& preparation, const CustomCheck& custom,
                const RunOptions& options) {
  const auto started = std::chrono::steady_clock::now();
  const Check check = custom.check(preparation.model().has_value());
  const auto prepared = preparation.prepare(check, custom.parameters);
  if (!prepared->skipped.empty()) {
    return skipped(check, prepared->skipped);
  }
  CustomAnswer answer;
  std::unique_ptr<ProgramCall> program;
  if (custom.command.empty()) {
    answer = ask_lake(project, custom, preparation.model(), *prepared);
  } else {
    program = std::make_unique<ProgramCall>(project, custom, preparation.model(), *prepared);
    answer.inputs = program->inputs();
  }
  CheckRun run = new_run(custom.name, preparation, custom.parameters, answer.inputs, options.cycle);
  run.custom = true;
  if (const auto known = find_check_run(project, run.id)) {
    renew(project, *known);
    return described(*known, true);
  }
  constexpr std::size_t kRejectsShown = 20;
  Rejects rejects(kRejectsShown);
  if (program != nullptr) {
    answer.rows = program->run();
  }
  const bool some = !options.keys.empty() || !options.where.empty();
  auto output = findings_of(custom, answer.rows, *prepared,
                            some ? Strangers::kDrop : Strangers::kReject, rejects);
  Json result = store(project, run, *prepared, std::move(output), started);
  result["reject_count"] = rejects.count();
  result["rejects"] = Json::array();
  for (const auto& reject : rejects.rows()) {
    result["rejects"].push_back({{"where", reject.where}, {"reason", reject.reason}});
  }
  return result;
}

}  // namespace

Json run(Project& project, const RunOptions& options) {
  const auto customs = custom_checks(project.config);
  const auto chosen = choose(project, options, customs);
  for (const auto& one : chosen) {
    if (one.check != nullptr) {  // all or nothing
      (void)resolve(*one.check, configured_parameters(project, one.check->name));
    }
  }
  Preparation preparation(project, options);
  Json runs = Json::array();
  for (const auto& one : chosen) {
    if (one.check != nullptr) {
      runs.push_back(run_one(project, preparation, *one.check, options.cycle));
      continue;
    }
    // A fault in a project's own check must not keep the others from running.
    Json result;
    const auto problem =
        problem_of([&] { result = run_custom(project, preparation, *one.custom, options); });
    runs.push_back(problem.empty() ? result
                                   : Json{{"check", one.custom->name}, {"failed", problem}});
  }
  return {{"model", preparation.model() ? Json(preparation.model()->name) : Json()},
          {"runs", runs}};
}

void require_valid(const Config& config) {
  const auto customs = custom_checks(config);
  for (const auto& configured : config.checks) {
    if (std::none_of(customs.begin(), customs.end(),
                     [&](const CustomCheck& one) { return one.name == configured.name; })) {
      (void)resolve(find_check(configured.name), configured.parameters);
    }
  }
}

Json list(const Project* project) {
  const auto customs =
      project == nullptr ? std::vector<CustomCheck>() : custom_checks(project->config);
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
                {"tasks", check->tasks},
                {"params", params}};
    if (project != nullptr) {
      const auto& configured = project->config.checks;
      row["configured"] = configured.size() == customs.size() ||
                          std::any_of(configured.begin(), configured.end(),
                                      [&](const CheckConfig& c) { return c.name == check->name; });
    }
    checks.push_back(row);
  }
  for (const auto& custom : customs) {
    Json method = custom.sql;
    if (!custom.command.empty()) {
      method = fmt::format("{}", fmt::join(custom.command, " "));
    }
    checks.push_back({{"name", custom.name},
                      {"summary", custom.summary},
                      {"method", method},
                      {"tasks", Json::array()},
                      {"params", Json::array()},
                      {"configured", true},
                      {"custom", true}});
  }
  return {{"checks", checks}};
}

}  // namespace spotter::checks
