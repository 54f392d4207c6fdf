#include "project/failure_modes.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"
#include "domain/finding_errors.h"
#include "project/filter.h"
#include "project/project.h"

namespace spotter {
namespace {

constexpr const char* kColumns =
    "id, name, title, slice, class_name, error, state, weight, frequency, severity, rank_score, "
    "evidence, first_model, last_model, created_at, updated_at, owner";

FailureMode mode_of(const catalog::Row& row) {
  return {.id = row.text(0),
          .name = row.text(1),
          .title = row.text(2),
          .slice = row.text(3),
          .class_name = row.text(4),
          .error = row.text(5),
          .state = row.text(6),
          .weight = row.real(7),
          .frequency = row.real(8),
          .severity = row.real(9),
          .rank_score = row.real(10),
          .evidence = row.text(11),
          .owner = row.text(16),
          .first_model = row.text(12),
          .last_model = row.text(13),
          .created_at = row.integer(14),
          .updated_at = row.integer(15)};
}

// `name`, or `name-2` and so on when another mode has it.
std::string free_name(Project& project, const FailureMode& mode) {
  std::string name = mode.name;
  for (int number = 2;; ++number) {
    const auto rows = project.catalog->query(
        "SELECT id FROM failure_modes WHERE name = $1 AND id <> $2", {name, mode.id});
    if (rows.empty()) {
      return name;
    }
    name = fmt::format("{}-{}", mode.name, number);
  }
}

void write_history(Project& project, const std::string& mode, std::string_view state,
                   std::string_view model, std::string_view note) {
  // Later than the mode's last entry, so that its order is kept within a millisecond.
  const auto last = project.catalog->query(
      "SELECT coalesce(max(created_at), 0) FROM failure_mode_history WHERE failure_mode = $1",
      {mode});
  project.catalog->execute(
      "INSERT INTO failure_mode_history (failure_mode, state, model, note, created_at, author) "
      "VALUES ($1, $2, $3, $4, $5, $6)",
      {mode, std::string(state), std::string(model), std::string(note),
       std::max(project.now(), last[0].integer(0) + 1), project.person});
}

bool at_work(const std::string& state) {
  return state == "collecting" || state == "labelling" || state == "training";
}

void write_slice(Project& project, const FailureMode& mode) {
  const Json definition = {{"where", mode.slice}, {"class", mode.class_name}};
  project.catalog->execute(
      "INSERT INTO slices (name, definition, weight, blocking, must, source, failure_mode, "
      "archived, "
      "created_at) VALUES ($1, $2, $3, 1, 'not_lose', 'failure_mode', $4, 0, $5) ON CONFLICT "
      "(name) DO UPDATE SET archived = 0",
      {mode.name, definition.dump(), mode.weight, mode.id, project.now()});
}

}  // namespace

std::vector<FailureMode> all_failure_modes(Project& project) {
  std::vector<FailureMode> modes;
  for (const auto& row : project.catalog->query(
           fmt::format("SELECT {} FROM failure_modes ORDER BY rank_score DESC, name", kColumns))) {
    modes.push_back(mode_of(row));
  }
  return modes;
}

FailureMode find_failure_mode(Project& project, std::string_view name) {
  std::vector<std::string> known;
  for (auto& mode : all_failure_modes(project)) {
    if (mode.id == name || mode.name == name || mode.title == name) {
      return mode;
    }
    known.push_back(mode.name);
  }
  fail(ErrorCode::kNotFound,
       fmt::format("there is no failure mode \"{}\"{}; `spotter modes` lists them", name,
                   did_you_mean(name, known)));
}

Json to_json(const FailureMode& mode) {
  return {
      {"id", mode.id},
      {"name", mode.name},
      {"title", mode.title},
      {"slice", mode.slice},
      {"class", mode.class_name},
      {"error", mode.error},
      {"state", mode.state},
      {"owner", mode.owner},
      {"weight", mode.weight},
      {"frequency", mode.frequency},
      {"severity", mode.severity},
      {"rank_score", mode.rank_score},
      {"evidence", mode.evidence.empty() ? Json::object() : parse_json(mode.evidence, "evidence")},
      {"first_model", mode.first_model},
      {"last_model", mode.last_model},
      {"created_at", iso_time(mode.created_at)},
      {"updated_at", iso_time(mode.updated_at)}};
}

void save_failure_mode(Project& project, FailureMode mode) {
  mode.name = free_name(project, mode);
  project.catalog->execute(
      fmt::format(
          "INSERT INTO failure_modes ({}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, "
          "$12, $13, $14, $15, $16, $17) ON CONFLICT (id) DO UPDATE SET name = excluded.name, "
          "title = excluded.title, slice = excluded.slice, class_name = excluded.class_name, "
          "error = excluded.error, state = excluded.state, weight = excluded.weight, "
          "frequency = excluded.frequency, severity = excluded.severity, "
          "rank_score = excluded.rank_score, evidence = excluded.evidence, "
          "last_model = excluded.last_model, updated_at = excluded.updated_at, owner = "
          "excluded.owner",
          kColumns),
      {mode.id, mode.name, mode.title, mode.slice, mode.class_name, mode.error, mode.state,
       mode.weight, mode.frequency, mode.severity, mode.rank_score, mode.evidence, mode.first_model,
       mode.last_model, mode.created_at, mode.updated_at, mode.owner});
}

void note_failure_mode(Project& project, std::string_view name, std::string_view model,
                       std::string_view note) {
  const FailureMode mode = find_failure_mode(project, name);
  write_history(project, mode.id, mode.state, model, note);
}

void release_failure_modes(Project& project, TimeMs since, std::string_view note) {
  for (const auto& mode : all_failure_modes(project)) {
    const auto moved = project.catalog->query(
        "SELECT coalesce(max(created_at), 0) FROM failure_mode_history WHERE failure_mode = $1",
        {mode.id});
    if (at_work(mode.state) && moved[0].integer(0) >= since) {
      set_failure_mode_state(project, mode.id, "open", "", note);
    }
  }
}

void join_failure_modes(Project& project, const std::vector<Finding>& findings) {
  std::vector<std::string> keys;
  keys.reserve(findings.size());
  for (const auto& finding : findings) {
    keys.push_back(finding.sample);
  }
  std::sort(keys.begin(), keys.end());
  keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
  auto modes = all_failure_modes(project);
  std::erase_if(modes, [](const FailureMode& mode) { return mode.state == "ignored"; });
  if (keys.empty() || modes.empty()) {
    return;
  }
  const auto samples = project.lake->samples(keys);
  project.catalog->transaction([&] {
    for (const auto& mode : modes) {
      const Filter filter = Filter::parse(mode.slice);
      const Json kinds =
          json_get_or(parse_json(mode.evidence, "evidence"), "kinds", Json::object());
      std::set<std::string_view> inside;
      for (const auto& sample : samples) {
        if (filter.matches(sample)) {
          inside.insert(sample.key);
        }
      }
      for (const auto& f : findings) {
        const auto kind = f.error + (f.class_name.empty() ? "" : " " + f.class_name);
        if (!doubts_label(f.error) && kinds.contains(kind) && inside.contains(f.sample)) {
          project.catalog->execute(
              "INSERT INTO failure_mode_findings (failure_mode, finding, sample, score) VALUES "
              "($1, $2, $3, $4) ON CONFLICT (failure_mode, finding) DO NOTHING",
              {mode.id, f.id, f.sample, f.score});
        }
      }
    }
  });
}

void set_failure_mode_state(Project& project, std::string_view name, std::string_view state,
                            std::string_view model, std::string_view note) {
  static const std::vector<std::string> states = {"open",  "collecting", "labelling", "training",
                                                  "fixed", "regressed",  "ignored"};
  if (std::find(states.begin(), states.end(), state) == states.end()) {
    fail(ErrorCode::kInvalid,
         fmt::format("\"{}\" is not a state of a failure mode{}; states are {}", state,
                     did_you_mean(state, states), fmt::join(states, ", ")));
  }
  project.catalog->transaction([&] {
    const FailureMode mode = find_failure_mode(project, name);
    if (mode.state == state) {
      return;
    }
    project.catalog->execute("UPDATE failure_modes SET state = $1, updated_at = $2 WHERE id = $3",
                             {std::string(state), project.now(), mode.id});
    write_history(project, mode.id, state, model, note);
    if (state == "fixed") {
      write_slice(project, mode);
    }
    if (state == "ignored") {
      project.catalog->execute("UPDATE slices SET archived = 1 WHERE failure_mode = $1", {mode.id});
    }
  });
}

}  // namespace spotter
