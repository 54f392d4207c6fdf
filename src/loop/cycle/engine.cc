#include "loop/cycle/engine.h"

#include <algorithm>
#include <chrono>
#include <optional>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/error.h"
#include "base/files.h"
#include "base/hash.h"
#include "base/log.h"
#include "project/ledger.h"
#include "trainer/jobs.h"

namespace spotter::cycle {
namespace {

constexpr int kLookMs = 200;

std::filesystem::path lock_path(const Project& project) {
  return project.state_folder() / "cycle.lock";
}

double own_cpu_seconds() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) * 1e-6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

std::string key_of(const Json& inputs) {
  return sha256_hex(inputs.dump());
}

// The names of the inputs that differ, for people.
std::string differences(const Json& before, const Json& now) {
  std::vector<std::string> names;
  for (const auto& [key, value] : now.items()) {
    if (!before.contains(key) || before[key] != value) {
      names.push_back(key);
    }
  }
  return fmt::format("{}", fmt::join(names, ", "));
}

struct Decision {
  std::string action;  // keep, reuse, run
  std::string reason;
  std::string key;
  Json inputs;
  Json reused = Json::object();
};

Decision decide(const Journal& journal, const StepContext& context, const Step& step,
                const StepRow& row) {
  Decision decision{.action = "run", .inputs = step.inputs(context)};
  decision.key = key_of(decision.inputs);
  const bool settled = row.state == StepState::kDone || row.state == StepState::kSkipped;
  if (settled && row.input_key == decision.key) {
    decision.action = "keep";
    decision.reason = row.reason;
    return decision;
  }
  if (settled) {
    decision.reason = fmt::format("changed since it was {}: {}", name(row.state),
                                  differences(row.inputs, decision.inputs));
    return decision;
  }
  if (row.state == StepState::kWaiting || row.state == StepState::kFailed ||
      row.state == StepState::kRunning) {
    decision.reason = row.state == StepState::kRunning   ? "goes on after an interruption"
                      : row.state == StepState::kWaiting ? "goes on after waiting"
                                                         : "tried again";
    return decision;
  }
  if (!step.still_there) {
    decision.reason = "runs in every cycle";
    return decision;
  }
  if (auto before = journal.done_before(context.cycle.id, step.name, decision.key)) {
    if (step.still_there(context, before->first.outputs)) {
      decision.action = "reuse";
      decision.reason =
          fmt::format("unchanged since cycle {}, whose result is used", before->second);
      decision.reused = before->first.outputs;
      return decision;
    }
    decision.reason =
        fmt::format("unchanged since cycle {}, but its result is gone", before->second);
    return decision;
  }
  const auto last = journal.last_done(context.cycle.id, step.name);
  decision.reason = last ? fmt::format("changed since cycle {}: {}", last->second,
                                       differences(last->first.inputs, decision.inputs))
                         : "never done before";
  return decision;
}

class Engine {
 public:
  Engine(Project& project, CycleRow cycle, std::span<const Step> steps, const EngineHooks& hooks)
      : project_(project),
        journal_(project),
        cycle_(std::move(cycle)),
        steps_(steps),
        hooks_(hooks) {}

  CycleRow run() {
    for (const Step& step : steps_) {
      const auto row = std::find_if(cycle_.steps.begin(), cycle_.steps.end(),
                                    [&](const StepRow& r) { return r.name == step.name; });
      require(row != cycle_.steps.end(), "the journal has every step of the table");
      if (stopped() || !advance(step, *row)) {
        return journal_.load(cycle_.id);
      }
      outputs_[step.name] = row->outputs;
    }
    journal_.set_state(cycle_.id, CycleState::kDone);
    return journal_.load(cycle_.id);
  }

 private:
  [[nodiscard]] bool stopped() const { return journal_.cancel_requested(cycle_.id); }

  StepContext context(const std::string& step) {
    return {.project = project_,
            .cycle = cycle_,
            .outputs = outputs_,
            .progress = [this, step](double fraction, std::string_view message) {
              if (hooks_.on_progress) {
                hooks_.on_progress(step, fraction, message);
              }
              if (stopped()) {
                fail(ErrorCode::kConflict, "the cycle was cancelled");
              }
            }};
  }

  void changed(const StepRow& row) {
    if (hooks_.on_step) {
      hooks_.on_step(row);
    }
  }

  // True when the next step may follow.
  bool advance(const Step& step, StepRow& row) {
    const StepContext at = context(step.name);
    // A failing step is the cycle's outcome, not the program's: recorded, shown, and resumable.
    try {
      Decision decision = decide(journal_, at, step, row);
      if (decision.action == "keep") {
        return true;
      }
      const bool same = row.input_key == decision.key;
      row.finished_count = same ? row.finished_count : 0;
      row.input_key = std::move(decision.key);
      row.inputs = std::move(decision.inputs);
      row.reason = std::move(decision.reason);
      if (decision.action == "reuse") {
        row.state = StepState::kSkipped;
        row.outputs = std::move(decision.reused);
        journal_.finish(cycle_.id, row);
        changed(row);
        return true;
      }
      return perform(step, at, row);
    } catch (const Error& e) {
      failed(row, e.what(), e.code);
    } catch (const std::exception& e) {
      failed(row, fmt::format("internal fault: {}", e.what()), ErrorCode::kInternal);
    }
    return false;
  }

  bool perform(const Step& step, const StepContext& at, StepRow& row) {
    journal_.begin(cycle_.id, row);
    changed(row);
    begun_ = std::chrono::steady_clock::now();
    cpu_before_ = own_cpu_seconds();
    StepResult result = step.run(at);
    count_time(row);
    row.state = result.state;
    row.outputs = std::move(result.outputs);
    if (!result.reason.empty()) {
      row.reason = std::move(result.reason);
    }
    if (row.state == StepState::kWaiting) {
      journal_.suspend(cycle_.id, row);
      changed(row);
      return false;
    }
    journal_.finish(cycle_.id, row);
    changed(row);
    return true;
  }

  void failed(StepRow& row, const std::string& why, ErrorCode code) {
    if (row.state == StepState::kRunning) {
      count_time(row);
    }
    row.state = StepState::kFailed;
    row.error = why;
    row.outputs = {{"error_code", spotter::name(code)}};
    journal_.suspend(cycle_.id, row);
    changed(row);
  }

  void count_time(StepRow& row) {
    row.seconds += std::chrono::duration<double>(std::chrono::steady_clock::now() - begun_).count();
    const double cpu = own_cpu_seconds() - cpu_before_;
    add_ledger(project_, {.key = fmt::format("step/{}/{}/{}/{}", cycle_.id, row.name,
                                             project_.now(), ::getpid()),
                          .cycle = cycle_.id,
                          .step = row.name,
                          .kind = "machine",
                          .seconds = std::max(0.0, cpu),
                          .note = "the step's own work"});
  }

  Project& project_;
  Journal journal_;
  CycleRow cycle_;
  std::span<const Step> steps_;
  const EngineHooks& hooks_;
  std::map<std::string, Json> outputs_;
  std::chrono::steady_clock::time_point begun_;
  double cpu_before_ = 0;
};

}  // namespace

std::vector<PlannedStep> plan_cycle(Project& project, const CycleRow& cycle,
                                    std::span<const Step> steps) {
  const Journal journal(project);
  std::map<std::string, Json> outputs;
  std::vector<PlannedStep> plan;
  for (const Step& step : steps) {
    const auto unknown =
        std::find_if(step.needs.begin(), step.needs.end(),
                     [&](const std::string& need) { return !outputs.contains(need); });
    if (unknown != step.needs.end()) {
      plan.push_back({step.name, "later", fmt::format("decided when {} is done", *unknown)});
      continue;
    }
    const auto row = std::find_if(cycle.steps.begin(), cycle.steps.end(),
                                  [&](const StepRow& r) { return r.name == step.name; });
    require(row != cycle.steps.end(), "the journal has every step of the table");
    const StepContext context{.project = project,
                              .cycle = cycle,
                              .outputs = outputs,
                              .progress = [](double, std::string_view) {}};
    const Decision decision = decide(journal, context, step, *row);
    plan.push_back({step.name, decision.action, decision.reason});
    if (decision.action == "keep") {
      outputs[step.name] = row->outputs;
    } else if (decision.action == "reuse") {
      outputs[step.name] = decision.reused;
    }
  }
  return plan;
}

CycleRow advance_cycle(Project& project, const std::string& cycle, std::span<const Step> steps,
                       const EngineHooks& hooks) {
  // Whoever looks whether a cycle runs holds the lock for a moment: see runner_alive.
  const FileLock lock(lock_path(project), "the project's cycle", kLookMs);
  return Engine(project, Journal(project).load(cycle), steps, hooks).run();
}

bool runner_alive(const Project& project) {
  if (!std::filesystem::exists(lock_path(project))) {
    return false;
  }
  const auto lock = FileLock::try_descriptor(lock_path(project));
  if (lock) {
    ::close(*lock);
  }
  return !lock;
}

CycleRow cancel_cycle(Project& project, const std::string& cycle) {
  Journal journal(project);
  CycleRow row = journal.load(cycle);
  if (row.state != CycleState::kRunning && row.state != CycleState::kWaiting &&
      row.state != CycleState::kFailed) {
    fail(ErrorCode::kConflict,
         fmt::format("cycle {} is {}; there is nothing to cancel", row.number, name(row.state)));
  }
  journal.request_cancel(row.id);
  trainer::cancel_jobs_of(project, row.id);
  // The runner stops at its next look; only then is the cycle marked.
  const FileLock lock(lock_path(project), "the project's cycle", 60'000);
  trainer::cancel_jobs_of(project, row.id);
  row = journal.load(row.id);
  for (auto& step : row.steps) {
    if (step.state == StepState::kRunning || step.state == StepState::kWaiting) {
      step.state = StepState::kFailed;
      step.error = fmt::format("cancelled by {}", project.person);
      journal.suspend(row.id, step);
    }
  }
  journal.set_state(row.id, CycleState::kCancelled);
  project.audit("cycle.cancel", row.id);
  return journal.load(row.id);
}

}  // namespace spotter::cycle
