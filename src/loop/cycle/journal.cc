#include "loop/cycle/journal.h"

#include <array>

#include <fmt/format.h>

#include "base/error.h"
#include "loop/cycle/outcome.h"
#include "project/failure_modes.h"
#include "project/ledger.h"

namespace spotter::cycle {
namespace {

constexpr std::array<std::string_view, 6> kStepStates = {"pending", "running", "waiting",
                                                         "done",    "failed",  "skipped"};
constexpr std::array<std::string_view, 5> kCycleStates = {"running", "waiting", "done", "failed",
                                                          "cancelled"};
constexpr const char* kCycleColumns =
    "id, number, state, rehearsal, started_by, parameters, created_at, ended_at";
constexpr const char* kStepColumns =
    "name, state, input_key, reason, outputs, error, finished_count, started_at, ended_at, seconds";

template <typename State, std::size_t N>
State state_of(const std::array<std::string_view, N>& words, std::string_view word) {
  for (std::size_t i = 0; i < N; ++i) {
    if (words[i] == word) {
      return static_cast<State>(i);
    }
  }
  fail(ErrorCode::kCorrupt, fmt::format("the journal holds the unknown state \"{}\"", word));
}

// Inputs and outputs share a column: {"inputs": …, "result": …}.
StepRow step_of(const catalog::Row& row) {
  const Json stored = parse_json(row.text(4), "the journal");
  return {.name = row.text(0),
          .state = state_of<StepState>(kStepStates, row.text(1)),
          .input_key = row.text(2),
          .inputs = json_get_or(stored, "inputs", Json(Json::object())),
          .reason = row.text(3),
          .outputs = json_get_or(stored, "result", Json(Json::object())),
          .error = row.text(5),
          .finished_count = row.integer(6),
          .started_at = row.integer(7),
          .ended_at = row.integer(8),
          .seconds = row.real(9)};
}

CycleRow cycle_of(Project& project, const catalog::Row& row) {
  CycleRow cycle{.id = row.text(0),
                 .number = row.integer(1),
                 .state = state_of<CycleState>(kCycleStates, row.text(2)),
                 .rehearsal = row.integer(3) != 0,
                 .started_by = row.text(4),
                 .parameters = parse_json(row.text(5), "the journal"),
                 .created_at = row.integer(6),
                 .ended_at = row.integer(7)};
  for (const auto& step : project.catalog->query(
           fmt::format("SELECT {} FROM steps WHERE cycle = $1 ORDER BY position", kStepColumns),
           {cycle.id})) {
    cycle.steps.push_back(step_of(step));
  }
  return cycle;
}

std::vector<CycleRow> cycles_of(Project& project, const std::vector<catalog::Row>& rows) {
  std::vector<CycleRow> cycles;
  for (const auto& row : rows) {
    cycles.push_back(cycle_of(project, row));
  }
  return cycles;
}

std::string cancel_key(std::string_view cycle) {
  return fmt::format("cycle.cancel/{}", cycle);
}

// Which earlier step answers: with a key, one of exactly these inputs.
std::optional<std::pair<StepRow, std::int64_t>> earlier(Project& project, std::string_view cycle,
                                                        std::string_view step,
                                                        std::string_view key) {
  const auto rows = project.catalog->query(
      "SELECT s.name, s.state, s.input_key, s.reason, s.outputs, s.error, s.finished_count, "
      "s.started_at, "
      "s.ended_at, s.seconds, c.number FROM steps s JOIN cycles c ON c.id = s.cycle "
      "WHERE s.cycle <> $1 AND s.name = $2 AND ($3 = '' OR s.input_key = $3) AND s.state = 'done' "
      "ORDER BY c.number DESC LIMIT 1",
      {std::string(cycle), std::string(step), std::string(key)});
  if (rows.empty()) {
    return std::nullopt;
  }
  return std::pair{step_of(rows.front()), rows.front().integer(10)};
}

std::string next_sentence(const CycleRow& cycle) {
  for (const auto& step : cycle.steps) {
    if (step.state == StepState::kWaiting) {
      return fmt::format("{}; then `spotter cycle resume`", step.reason);
    }
    if (step.state == StepState::kFailed && cycle.state == CycleState::kFailed) {
      return fmt::format("step {} failed; mend the cause, then `spotter cycle resume`", step.name);
    }
  }
  return "";
}

}  // namespace

std::string_view name(StepState state) {
  return kStepStates.at(static_cast<std::size_t>(state));
}
std::string_view name(CycleState state) {
  return kCycleStates.at(static_cast<std::size_t>(state));
}

CycleRow Journal::create(const std::vector<std::string>& step_names, std::string_view started_by,
                         bool rehearsal, const Json& parameters) {
  const std::string id = project_.new_id("cycle");
  project_.catalog->transaction([&] {
    const auto last = project_.catalog->query("SELECT coalesce(max(number), 0) FROM cycles");
    project_.catalog->execute(
        "INSERT INTO cycles (id, number, state, rehearsal, started_by, parameters, created_at) "
        "VALUES ($1, $2, 'running', $3, $4, $5, $6)",
        {id, last.at(0).integer(0) + 1, std::int64_t{rehearsal ? 1 : 0}, std::string(started_by),
         parameters.dump(), project_.now()});
    for (std::size_t i = 0; i < step_names.size(); ++i) {
      project_.catalog->execute(
          "INSERT INTO steps (cycle, position, name, state) VALUES ($1, $2, $3, 'pending')",
          {id, static_cast<std::int64_t>(i), step_names[i]});
    }
    project_.audit("cycle.start", id, {{"started_by", started_by}});
  });
  return load(id);
}

CycleRow Journal::load(std::string_view id) const {
  const auto rows = project_.catalog->query(
      fmt::format("SELECT {} FROM cycles WHERE $1 = '' OR id = $1 OR CAST(number AS TEXT) = $1 "
                  "ORDER BY number DESC LIMIT 1",
                  kCycleColumns),
      {std::string(id)});
  if (rows.empty()) {
    fail(ErrorCode::kNotFound, id.empty() ? "no cycle has run yet; `spotter cycle run` starts one"
                                          : fmt::format("no cycle \"{}\"; `spotter cycle history` "
                                                        "lists them",
                                                        id));
  }
  return cycle_of(project_, rows.front());
}

std::vector<CycleRow> Journal::all() const {
  return cycles_of(project_, project_.catalog->query(fmt::format(
                                 "SELECT {} FROM cycles ORDER BY number", kCycleColumns)));
}

std::optional<CycleRow> Journal::newest() const {
  auto cycles = cycles_of(
      project_, project_.catalog->query(fmt::format(
                    "SELECT {} FROM cycles ORDER BY number DESC LIMIT 1", kCycleColumns)));
  return cycles.empty() ? std::nullopt : std::optional(std::move(cycles.front()));
}

void Journal::set_state(std::string_view cycle, CycleState state) {
  const bool ended = state != CycleState::kRunning && state != CycleState::kWaiting;
  project_.catalog->execute(
      "UPDATE cycles SET state = $2, ended_at = $3 WHERE id = $1",
      {std::string(cycle), std::string(name(state)), ended ? project_.now() : TimeMs{0}});
  if (state == CycleState::kDone || state == CycleState::kCancelled) {
    for (const auto& row :
         cycles_of(project_, project_.catalog->query(
                                 fmt::format("SELECT {} FROM cycles WHERE id = $1", kCycleColumns),
                                 {std::string(cycle)}))) {
      release_failure_modes(project_, row.created_at,
                            fmt::format("cycle {} ended and did not fix it", row.number));
    }
  }
}

void Journal::write(std::string_view cycle, const StepRow& step) {
  project_.catalog->execute(
      "UPDATE steps SET state = $3, input_key = $4, reason = $5, outputs = $6, error = $7, "
      "finished_count = $8, started_at = $9, ended_at = $10, seconds = $11, human_seconds = $12 "
      "WHERE cycle = $1 AND name = $2",
      {std::string(cycle), step.name, std::string(name(step.state)), step.input_key, step.reason,
       Json{{"inputs", step.inputs}, {"result", step.outputs}}.dump(), step.error,
       step.finished_count, step.started_at, step.ended_at, step.seconds,
       human_seconds(project_, cycle, step.name)});
}

void Journal::begin(std::string_view cycle, StepRow& step) {
  step.state = StepState::kRunning;
  step.started_at = step.started_at == 0 ? project_.now() : step.started_at;
  step.ended_at = 0;
  step.error.clear();
  project_.catalog->transaction([&] {
    write(cycle, step);
    set_state(cycle, CycleState::kRunning);
  });
}

void Journal::finish(std::string_view cycle, StepRow& step) {
  step.finished_count += step.state == StepState::kDone ? 1 : 0;
  step.ended_at = project_.now();
  write(cycle, step);
}

void Journal::suspend(std::string_view cycle, StepRow& step) {
  const bool waiting = step.state == StepState::kWaiting;
  step.ended_at = waiting ? 0 : project_.now();
  project_.catalog->transaction([&] {
    write(cycle, step);
    set_state(cycle, waiting ? CycleState::kWaiting : CycleState::kFailed);
  });
}

std::optional<std::pair<StepRow, std::int64_t>> Journal::done_before(std::string_view cycle,
                                                                     std::string_view step,
                                                                     std::string_view key) const {
  return earlier(project_, cycle, step, key);
}

std::optional<std::pair<StepRow, std::int64_t>> Journal::last_done(std::string_view cycle,
                                                                   std::string_view step) const {
  return earlier(project_, cycle, step, "");
}

void Journal::request_cancel(std::string_view cycle) {
  project_.catalog->execute(
      "INSERT INTO meta (key, value) VALUES ($1, $2) ON CONFLICT (key) DO NOTHING",
      {cancel_key(cycle), project_.person});
}

bool Journal::cancel_requested(std::string_view cycle) const {
  return !project_.catalog->query("SELECT value FROM meta WHERE key = $1", {cancel_key(cycle)})
              .empty();
}

Json to_json(Project& project, const CycleRow& cycle) {
  const auto time = [](TimeMs at) { return at == 0 ? Json(nullptr) : Json(iso_time(at)); };
  Json steps = Json::array();
  for (const auto& step : cycle.steps) {
    steps.push_back({{"name", step.name},
                     {"state", name(step.state)},
                     {"finished_count", step.finished_count},
                     {"started_at", time(step.started_at)},
                     {"ended_at", time(step.ended_at)},
                     {"seconds", step.seconds},
                     {"human_minutes", human_seconds(project, cycle.id, step.name) / 60},
                     {"reason", step.reason},
                     {"outcome", outcome(step)},
                     {"error", step.error},
                     {"outputs", step.outputs}});
  }
  return {{"id", cycle.id},
          {"number", cycle.number},
          {"state", name(cycle.state)},
          {"rehearsal", cycle.rehearsal},
          {"started_by", cycle.started_by},
          {"created_at", time(cycle.created_at)},
          {"ended_at", time(cycle.ended_at)},
          {"parameters", cycle.parameters},
          {"steps", steps},
          {"next", next_sentence(cycle)}};
}

}  // namespace spotter::cycle
