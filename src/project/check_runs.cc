#include "project/check_runs.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/hash.h"
#include "base/text.h"
#include "project/failure_modes.h"

namespace spotter {
namespace {

constexpr const char* kColumns =
    "id, check_name, model, parameters, input_key, finding_count, note, cycle, seconds, created_at";

// What was examined is bulk: a blob, named in the note, with a line ["key", {"class": count}] a
// sample.
std::string examined_text(const CheckRun& run) {
  std::string text;
  for (const auto& key : run.examined) {
    Json line = {key, Json::object()};
    const auto objects = run.objects.find(key);
    if (objects != run.objects.end()) {
      for (const auto& [class_name, count] : objects->second) {
        line[1][class_name] = count;
      }
    }
    text += line.dump() + "\n";
  }
  return text;
}

void read_examined(Project& project, const std::string& note, CheckRun& run) {
  const Json facts = parse_json(note, "the note of a check run");
  run.custom = json_get_or(facts, "custom", false);
  const auto text = project.blobs->get(json_get<std::string>(facts, "examined_blob", "check run"));
  for (const auto& line : split(text, '\n')) {
    if (line.empty()) {
      continue;
    }
    const Json row = parse_json(line, "the examined samples of a check run");
    run.examined.push_back(row.at(0).get<std::string>());
    for (const auto& [class_name, count] : row.at(1).items()) {
      run.objects[run.examined.back()][class_name] = count.get<std::int64_t>();
    }
  }
}

CheckRun run_of(Project& project, const catalog::Row& row) {
  CheckRun run{.id = row.text(0),
               .check = row.text(1),
               .model = row.text(2),
               .parameters = row.text(3),
               .input_key = row.text(4),
               .finding_count = row.integer(5),
               .cycle = row.text(7),
               .seconds = row.real(8),
               .created_at = row.integer(9)};
  read_examined(project, row.text(6), run);
  return run;
}

bool settles(const std::string& verdict) {
  return verdict == "label_error" || verdict == "ignore";
}

// Subjects that people have settled, in whatever run.
std::set<std::string> settled_subjects(Project& project) {
  std::vector<std::string> ids;
  for (const auto& [id, verdict] : latest_verdicts(project)) {
    if (settles(verdict)) {
      ids.push_back(id);
    }
  }
  std::set<std::string> settled;
  for (const auto& finding : findings_by_id(project, std::move(ids))) {
    settled.insert(finding_subject(finding));
  }
  return settled;
}

// The object, of a finding without one its place: two boxes of one sample are two things.
std::string thing_of(const Finding& finding) {
  const Box& box = finding.box;
  return finding.object.empty() && box.valid()
             ? fmt::format("{} {} {} {}", box.x1, box.y1, box.x2, box.y2)
             : finding.object;
}

Finding finding_of(const lake::Table& table, std::size_t row) {
  return {
      .id = table.text(row, 0),
      .check_run = table.text(row, 1),
      .check = table.text(row, 2),
      .model = table.text(row, 3),
      .sample = table.text(row, 4),
      .object = table.text(row, 5),
      .error = table.text(row, 6),
      .class_name = table.text(row, 7),
      .score = table.real(row, 8),
      .box = {table.real(row, 9), table.real(row, 10), table.real(row, 11), table.real(row, 12)},
      .evidence = table.text(row, 13),
      .created_at = table.integer(row, 14)};
}

}  // namespace

std::string finding_subject(const Finding& finding) {
  const bool prediction = finding.object.size() > 1 && finding.object[0] == 'p' &&
                          finding.object.find_first_not_of("0123456789", 1) == std::string::npos;
  return fmt::format("{}\n{}\n{}\n{}", finding.check, finding.sample, thing_of(finding),
                     prediction ? finding.model : "");
}

std::optional<CheckRun> find_check_run(Project& project, const std::string& id) {
  const auto rows = project.catalog->query(
      fmt::format("SELECT {} FROM check_runs WHERE id = $1", kColumns), {id});
  if (rows.empty()) {
    return std::nullopt;
  }
  return run_of(project, rows[0]);
}

void store_check_run(Project& project, CheckRun& run, std::vector<Finding> findings) {
  run.created_at = project.now();
  run.finding_count = static_cast<std::int64_t>(findings.size());
  std::sort(run.examined.begin(), run.examined.end());
  for (auto& finding : findings) {
    finding.check_run = run.id;
    finding.check = run.check;
    finding.model = run.model;
    finding.created_at = run.created_at;
    const auto subject =
        fmt::format("{}\n{}\n{}\n{}", run.id, finding.sample, thing_of(finding), finding.error);
    finding.id = "finding_" + sha256_hex(subject).substr(0, 16);
  }
  if (!findings.empty()) {
    project.lake->add_findings("check/" + run.id, findings);
  }
  const Json note = {{"examined", run.examined.size()},
                     {"examined_blob", project.blobs->put(examined_text(run))},
                     {"custom", run.custom}};
  project.catalog->execute(
      fmt::format("INSERT INTO check_runs ({}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) "
                  "ON CONFLICT (id) DO NOTHING",
                  kColumns),
      {run.id, run.check, run.model, run.parameters, run.input_key, run.finding_count, note.dump(),
       run.cycle, run.seconds, run.created_at});
  join_failure_modes(project, findings);
}

std::set<std::string> removed_checks(Project& project) {
  std::set<std::string> removed;
  for (const auto& row : project.catalog->query("SELECT check_name, note FROM check_runs")) {
    if (json_get_or(parse_json(row.text(1), "the note of a check run"), "custom", false)) {
      removed.insert(row.text(0));
    }
  }
  for (const auto& check : project.config.checks) {
    removed.erase(check.name);
  }
  return removed;
}

std::vector<CurrentCheck> current_findings(Project& project, std::string_view model,
                                           bool with_settled) {
  std::map<std::string, CurrentCheck> checks;
  std::map<std::pair<std::string, std::string>, std::string>
      run_of_sample;  // (check, sample) → newest run
  const auto removed = removed_checks(project);
  for (const auto& row : project.catalog->query(
           fmt::format("SELECT {} FROM check_runs WHERE model = $1 OR model = '' "
                       "ORDER BY created_at DESC, id DESC",
                       kColumns),
           {std::string(model)})) {
    if (removed.contains(row.text(1))) {
      continue;
    }
    const CheckRun run = run_of(project, row);
    auto& check = checks[run.check];
    check.check = run.check;
    for (const auto& key : run.examined) {
      if (run_of_sample.try_emplace({run.check, key}, run.id).second) {
        check.examined.push_back(key);
        const auto objects = run.objects.find(key);
        if (objects != run.objects.end()) {
          check.objects.insert(*objects);
        }
      }
    }
  }
  std::set<std::string> runs;
  for (const auto& [sample, run] : run_of_sample) {
    runs.insert(run);
  }
  const auto settled = with_settled ? std::set<std::string>() : settled_subjects(project);
  for (const auto& run : runs) {
    for (auto& finding : project.lake->findings(run)) {
      const auto newest = run_of_sample.find({finding.check, finding.sample});
      const bool current = newest != run_of_sample.end() && newest->second == run;
      if (current && !settled.contains(finding_subject(finding))) {
        checks[finding.check].findings.push_back(std::move(finding));
      }
    }
  }
  std::vector<CurrentCheck> result;
  for (auto& [name, check] : checks) {
    std::sort(check.examined.begin(), check.examined.end());
    result.push_back(std::move(check));
  }
  return result;
}

std::vector<Finding> findings_by_id(Project& project, std::vector<std::string> ids) {
  constexpr std::size_t kSlice = 500;  // parameters of one statement
  std::sort(ids.begin(), ids.end());
  std::vector<Finding> findings;
  for (std::size_t begin = 0; begin < ids.size(); begin += kSlice) {
    const std::size_t end = std::min(begin + kSlice, ids.size());
    std::string places;
    std::vector<lake::Value> parameters;
    for (std::size_t i = begin; i < end; ++i) {
      parameters.emplace_back(ids[i]);
      places += fmt::format("{}${}", places.empty() ? "" : ", ", parameters.size());
    }
    const auto table = project.lake->query(
        fmt::format("SELECT id, check_run, check_name, model, sample, object, error, class, score, "
                    "x1, y1, x2, y2, "
                    "evidence, created_at FROM findings WHERE id IN ({}) ORDER BY id",
                    places),
        parameters);
    for (std::size_t row = 0; row < table.rows.size(); ++row) {
      findings.push_back(finding_of(table, row));
    }
  }
  return findings;
}

std::map<std::string, std::string> latest_verdicts(Project& project) {
  std::map<std::string, std::string> verdicts;
  for (const auto& row : project.catalog->query(
           "SELECT v.finding, v.verdict FROM verdicts v LEFT JOIN decisions d ON d.id = v.decision "
           "WHERE coalesce(d.undone_at, 0) = 0 ORDER BY v.created_at, v.finding")) {
    verdicts[row.text(0)] = row.text(1);
  }
  return verdicts;
}

}  // namespace spotter
