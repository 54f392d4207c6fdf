#include "loop/triage/parts.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "base/error.h"
#include "base/hash.h"
#include "base/json.h"
#include "loop/triage/naming.h"
#include "loop/triage/triage.h"
#include "project/filter.h"
#include "project/mode_evaluations.h"

namespace spotter::triage {
namespace {

Json evidence_of(const FailureMode& mode) {
  return mode.evidence.empty() ? Json::object() : parse_json(mode.evidence, "evidence");
}

std::vector<std::string> parts_of(const FailureMode& mode) {
  return json_get_or<std::vector<std::string>>(evidence_of(mode), "parts", {});
}

std::int64_t finding_count(Project& project, const std::string& mode) {
  return project.catalog
      ->query("SELECT count(*) FROM failure_mode_findings WHERE failure_mode = $1", {mode})[0]
      .integer(0);
}

void rescale(Project& project, FailureMode mode, double frequency, double severity) {
  mode.frequency = frequency;
  mode.severity = severity;
  mode.rank_score = mode.weight * frequency * severity;
  mode.updated_at = project.now();
  save_failure_mode(project, mode);
}

FailureMode part_of(Project& project, const FailureMode& mode, const SplitOptions& options) {
  FailureMode part = mode;
  part.slice = mode.slice == "true" ? options.where
                                    : fmt::format("({}) AND ({})", mode.slice, options.where);
  part.id = "mode_" + sha256_hex(mode.id + "\n" + options.where).substr(0, 8);
  part.title =
      options.title.empty() ? fmt::format("{} where {}", mode.title, options.where) : options.title;
  part.name = slug(part.title);
  Json evidence = evidence_of(mode);
  evidence.erase("parts");
  evidence["part_of"] = mode.id;
  part.evidence = evidence.dump();
  part.created_at = part.updated_at = project.now();
  return part;
}

// Moves the findings of `mode` that are in a part's samples into the part, and shares out what the
// mode weighs.
void fill_parts(Project& project, const FailureMode& mode, const std::vector<std::string>& parts) {
  if (parts.empty()) {
    return;
  }
  std::vector<std::string> keys;
  for (const auto& row : project.catalog->query(
           "SELECT DISTINCT sample FROM failure_mode_findings WHERE failure_mode = $1 ORDER BY "
           "sample",
           {mode.id})) {
    keys.push_back(row.text(0));
  }
  const auto all = static_cast<double>(std::max<std::int64_t>(1, finding_count(project, mode.id)));
  const auto samples = keys.empty() ? std::vector<Sample>() : project.lake->samples(keys);
  double left = mode.frequency;
  for (const auto& part_id : parts) {
    const FailureMode part = find_failure_mode(project, part_id);
    const Filter filter = Filter::parse(part.slice);
    project.catalog->execute("DELETE FROM failure_mode_findings WHERE failure_mode = $1",
                             {part_id});
    for (const auto& sample : samples) {
      if (filter.matches(sample)) {
        project.catalog->execute(
            "UPDATE failure_mode_findings SET failure_mode = $1 WHERE failure_mode = $2 AND sample "
            "= $3",
            {part_id, mode.id, sample.key});
      }
    }
    const auto share = static_cast<double>(finding_count(project, part_id)) / all;
    rescale(project, part, mode.frequency * share, mode.severity);
    left -= mode.frequency * share;
  }
  rescale(project, find_failure_mode(project, mode.id), std::max(0.0, left), mode.severity);
}

// A part without findings, or a mode left without any, is a filter that was meant otherwise.
void refuse_empty(Project& project, const FailureMode& mode, const FailureMode& part,
                  const std::string& where) {
  const auto taken = finding_count(project, part.id);
  const auto left = finding_count(project, mode.id);
  if (taken + left > 0 && (taken == 0 || left == 0)) {
    fail(ErrorCode::kInvalid,
         fmt::format("{} finding of \"{}\" is in a sample where {}: `spotter modes show {}` lists "
                     "them",
                     taken == 0 ? "no" : "every", mode.name, where, mode.name));
  }
}

}  // namespace

bool is_part(const FailureMode& mode) {
  return evidence_of(mode).contains("part_of");
}

void move_to_parts(Project& project, const std::string& id) {
  const FailureMode mode = find_failure_mode(project, id);
  fill_parts(project, mode, parts_of(mode));
}

Json split_mode(Project& project, const SplitOptions& options) {
  FailureMode mode = find_failure_mode(project, options.mode);
  (void)Filter::parse(options.where);  // throws for what it cannot read
  if (options.where.empty() || options.where == "true") {
    fail(ErrorCode::kInvalid,
         "a part needs a filter that says which samples it takes, such as \"night = true\"");
  }
  FailureMode part = part_of(project, mode, options);
  for (const auto& known : all_failure_modes(project)) {
    if (known.id == part.id) {
      fail(ErrorCode::kConflict, fmt::format("\"{}\" was split off \"{}\" by this filter already",
                                             known.name, mode.name));
    }
  }
  mode.slice = mode.slice == "true" ? fmt::format("NOT ({})", options.where)
                                    : fmt::format("({}) AND NOT ({})", mode.slice, options.where);
  Json evidence = evidence_of(mode);
  evidence["parts"].push_back(part.id);
  mode.evidence = evidence.dump();
  project.catalog->transaction([&] {
    const auto state = part.state;
    part.state = "";
    save_failure_mode(project, part);
    set_failure_mode_state(project, part.id, state, part.last_model,
                           fmt::format("split off \"{}\"", mode.name));
    save_failure_mode(project, mode);
    fill_parts(project, mode, {part.id});
    refuse_empty(project, mode, part, options.where);
    note_failure_mode(project, mode.id, "", fmt::format("\"{}\" was split off", part.name));
    project.catalog->execute(
        "UPDATE slices SET definition = $1 WHERE failure_mode = $2",
        {Json{{"where", mode.slice}, {"class", mode.class_name}}.dump(), mode.id});
  });
  measure_again(project, mode.id, mode.id);
  measure_again(project, part.id, mode.id);
  project.audit("split_mode", mode.id, {{"part", part.id}, {"where", options.where}});
  return {{"mode", show_mode(project, mode.id, 0)}, {"part", show_mode(project, part.id, 0)}};
}

}  // namespace spotter::triage
