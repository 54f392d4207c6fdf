// The durable journal of cycles and their steps, over the catalog's tables. Each change is one
// transaction, so that whoever is killed leaves a journal that says exactly what had finished. Not
// for deciding what runs: that is engine.h.
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "project/project.h"

namespace spotter::cycle {

enum class StepState { kPending, kRunning, kWaiting, kDone, kFailed, kSkipped };
enum class CycleState { kRunning, kWaiting, kDone, kFailed, kCancelled };
[[nodiscard]] std::string_view name(StepState state);
[[nodiscard]] std::string_view name(CycleState state);

struct StepRow {
  std::string name;
  StepState state = StepState::kPending;
  std::string input_key;  // SHA-256 of `inputs`
  Json inputs =
      Json::object();  // what the result depends on, by name, for reasons that people read
  std::string reason;  // why it ran, was skipped, or what it waits for
  Json outputs = Json::object();
  std::string error;
  std::int64_t finished_count = 0;  // how often it ran to its end for these inputs
  TimeMs started_at = 0;
  TimeMs ended_at = 0;
  double seconds = 0;  // of work, over all its runs; waiting does not count
};

struct CycleRow {
  std::string id;
  std::int64_t number = 0;
  CycleState state = CycleState::kRunning;
  bool rehearsal = false;
  std::string started_by;
  Json parameters = Json::object();  // fixed when it starts: {"champion": …}
  TimeMs created_at = 0;
  TimeMs ended_at = 0;
  std::vector<StepRow> steps;  // in order
};

class Journal {
 public:
  explicit Journal(Project& project) : project_(project) {}

  // A new cycle with its steps pending, numbered after the last.
  CycleRow create(const std::vector<std::string>& step_names, std::string_view started_by,
                  bool rehearsal, const Json& parameters);
  // By id, or the newest when empty; throws kNotFound with what to do.
  [[nodiscard]] CycleRow load(std::string_view id = {}) const;
  [[nodiscard]] std::vector<CycleRow> all() const;  // oldest first
  [[nodiscard]] std::optional<CycleRow> newest() const;

  void set_state(std::string_view cycle, CycleState state);
  // Writes the step's row. A step that becomes done counts as finished once more in the same
  // transaction.
  void begin(std::string_view cycle, StepRow& step);
  void finish(std::string_view cycle, StepRow& step);   // done or skipped
  void suspend(std::string_view cycle, StepRow& step);  // waiting or failed

  // The newest done step of an earlier cycle with this key, and that cycle's number.
  [[nodiscard]] std::optional<std::pair<StepRow, std::int64_t>> done_before(
      std::string_view cycle, std::string_view step, std::string_view key) const;
  // The newest step of this name that was done in an earlier cycle, whatever its key.
  [[nodiscard]] std::optional<std::pair<StepRow, std::int64_t>> last_done(
      std::string_view cycle, std::string_view step) const;

  // Asks the runner of the cycle to stop; it looks between steps and whenever a step shows
  // progress.
  void request_cancel(std::string_view cycle);
  [[nodiscard]] bool cancel_requested(std::string_view cycle) const;

 private:
  void write(std::string_view cycle, const StepRow& step);
  Project& project_;
};

// {"id","number","state","rehearsal","started_by","created_at","ended_at","steps":[{"name","state",
// "finished_count","started_at","seconds","human_minutes","reason","outcome","error","outputs"}],
// "next"}; "outcome" says what came of a done step (outcome.h).
// `next` says in a sentence what a person has to do, or is "".
[[nodiscard]] Json to_json(Project& project, const CycleRow& cycle);

}  // namespace spotter::cycle
