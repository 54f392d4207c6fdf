// What people decide about items of the queue: verdicts, proposals applied, and both taken back.
#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "base/error.h"
#include "base/files.h"
#include "base/text.h"
#include "domain/proposal.h"
#include "loop/triage/propose.h"
#include "loop/triage/queue.h"
#include "project/check_runs.h"
#include "project/ledger.h"

namespace spotter::triage {
namespace {

using Items = std::map<std::string, std::vector<std::string>>;

bool names_item(const std::vector<std::string>& ids) {
  return ids.size() == 1 && ids[0].starts_with("item_");
}

std::vector<std::string> findings_of_item(const Items& items, const std::string& item) {
  const auto known = items.find(item);
  if (known == items.end()) {
    fail(
        ErrorCode::kNotFound,
        fmt::format("the queue has no item \"{}\"; `spotter queue` lists what is there now", item));
  }
  return known->second;
}

std::vector<Finding> findings_of(Project& project, const JudgeOptions& options) {
  auto ids = options.ids;
  if (names_item(ids)) {
    ids = findings_of_item(standing_items(project, options.model), ids[0]);
  }
  std::sort(ids.begin(), ids.end());
  ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
  auto found = findings_by_id(project, ids);
  for (const auto& id : ids) {
    if (std::none_of(found.begin(), found.end(), [&](const Finding& f) { return f.id == id; })) {
      fail(ErrorCode::kNotFound,
           fmt::format("there is no finding \"{}\"; `spotter findings` lists them", id));
    }
  }
  if (found.empty()) {
    fail(ErrorCode::kInvalid, "a verdict needs a finding or an item of the queue");
  }
  return found;
}

std::string verdict_of(const JudgeOptions& options) {
  static const std::vector<std::string> known = {"model_error", "label_error", "ambiguous",
                                                 "ignore"};
  if (options.verdict.empty() && options.accept) {
    return "label_error";
  }
  if (std::find(known.begin(), known.end(), options.verdict) == known.end()) {
    fail(ErrorCode::kInvalid,
         fmt::format("\"{}\" is not a verdict{}; verdicts are {}", options.verdict,
                     did_you_mean(options.verdict, known), fmt::join(known, ", ")));
  }
  return options.verdict;
}

// The sets as they become, one a sample; nothing is stored yet.
std::vector<LabelSet> proposed_labels(Project& project, std::vector<Finding> findings) {
  std::stable_sort(findings.begin(), findings.end(),
                   [](const Finding& a, const Finding& b) { return a.score > b.score; });
  std::map<std::string, std::vector<Proposal>> wanted;
  for (const auto& finding : findings) {
    if (auto proposal = proposal_of(finding)) {
      if (proposal->object.empty() && proposal->action != "add") {
        proposal->object = finding.object;
      }
      auto& known = wanted[finding.sample];
      if (std::none_of(known.begin(), known.end(),
                       [&](const Proposal& p) { return same_change(p, *proposal); })) {
        known.push_back(*proposal);
      }
    }
  }
  if (wanted.empty()) {
    fail(ErrorCode::kInvalid,
         "there is nothing to accept: no finding of this item proposes a change of the labels");
  }
  std::vector<LabelSet> sets;
  for (const auto& [key, proposals] : wanted) {
    const std::vector<std::string> keys = {key};
    auto current = project.lake->labels(keys, kLabelLayer);
    if (current.empty()) {
      fail(ErrorCode::kConflict,
           fmt::format("sample \"{}\" has no labels yet, so there is nothing to correct: label it "
                       "in a batch",
                       key));
    }
    const auto samples = project.lake->samples(keys);
    for (const auto& proposal : proposals) {
      apply_proposal(proposal, samples.at(0), project.config.classes, current[0]);
    }
    sets.push_back(std::move(current[0]));
  }
  return sets;
}

// Writes the sets as the next revisions; [{"sample", "before", "after"}].
Json store_labels(Project& project, const std::string& key, std::vector<LabelSet> sets) {
  Json revisions = Json::array();
  for (auto& set : sets) {
    set.author = project.person;
    set.batch.clear();
    set.created_at = project.now();
  }
  if (!sets.empty()) {
    project.lake->add_labels(key, sets);
  }
  for (const auto& set : sets) {
    const auto now = project.lake->labels(std::vector<std::string>{set.sample}, kLabelLayer);
    revisions.push_back(
        {{"sample", set.sample}, {"before", set.revision}, {"after", now.at(0).revision}});
  }
  return revisions;
}

// Later than every verdict on these findings, so that the order of verdicts is theirs.
TimeMs next_moment(Project& project, const std::vector<Finding>& findings) {
  TimeMs moment = project.now();
  for (const auto& finding : findings) {
    const auto rows = project.catalog->query(
        "SELECT coalesce(max(created_at), 0) FROM verdicts WHERE finding = $1", {finding.id});
    moment = std::max(moment, rows[0].integer(0) + 1);
  }
  return moment;
}

// The decision that `id` names or belongs to, or the acting person's newest.
catalog::Row decision_row(Project& project, const std::string& id) {
  std::string finding = id;
  if (id.starts_with("item_")) {
    finding = "finding_" + id.substr(5);
  }
  const auto rows = project.catalog->query(
      "SELECT id, verdict, sample, revisions FROM decisions WHERE undone_at = 0 AND (id = $1 OR id "
      "IN (SELECT decision FROM verdicts WHERE finding = $2) OR ($1 = '' AND author = $3)) ORDER "
      "BY created_at DESC, id DESC LIMIT 1",
      {id, finding, project.person});
  if (rows.empty()) {
    fail(ErrorCode::kNotFound,
         id.empty() ? fmt::format("{} has decided nothing that could be taken back", project.person)
                    : fmt::format("no decision about \"{}\" stands", id));
  }
  return rows[0];
}

}  // namespace

Json judge(Project& project, const JudgeOptions& options) {
  const auto verdict = verdict_of(options);
  const auto findings = findings_of(project, options);
  const auto id = project.new_id("decision");
  Json revisions = Json::array();
  if (options.accept) {
    revisions = store_labels(project, "decision/" + id, proposed_labels(project, findings));
  }
  Json ids = Json::array();
  project.catalog->transaction([&] {
    const TimeMs moment = next_moment(project, findings);
    project.catalog->execute(
        "INSERT INTO decisions (id, verdict, sample, revisions, seconds, author, created_at) "
        "VALUES ($1, $2, $3, $4, $5, $6, $7)",
        {id, verdict, findings[0].sample, revisions.dump(), options.seconds, project.person,
         moment});
    for (const auto& finding : findings) {
      ids.push_back(finding.id);
      project.catalog->execute(
          "INSERT INTO verdicts (finding, verdict, note, author, created_at, decision) VALUES ($1, "
          "$2, $3, $4, $5, $6)",
          {finding.id, verdict, options.note, project.person, moment, id});
    }
    if (options.seconds > 0) {
      add_ledger(project, {.key = "decision/" + id,
                           .step = "triage",
                           .kind = "human",
                           .seconds = options.seconds,
                           .note = "judged an item of the queue"});
    }
    project.audit("verdict", findings[0].id,
                  {{"verdict", verdict}, {"decision", id}, {"revisions", revisions}});
  });
  return {{"decision", id},        {"verdict", verdict},           {"finding", findings[0].id},
          {"findings", ids},       {"sample", findings[0].sample}, {"author", project.person},
          {"revisions", revisions}};
}

Json judge_file(Project& project, const std::filesystem::path& path, const std::string& model) {
  std::vector<JudgeOptions> wishes;
  const Items items = standing_items(project, model);
  std::size_t line_number = 0;
  for (const auto& line : split(read_file(path), '\n')) {
    ++line_number;
    if (trim(line).empty()) {
      continue;
    }
    const auto place = fmt::format("line {}: {}", line_number, path.string());
    const Json row = parse_json(line, place);
    JudgeOptions wish{.ids = {json_get<std::string>(row, "id", place)},
                      .verdict = json_get_or<std::string>(row, "verdict", ""),
                      .accept = json_get_or(row, "accept", false),
                      .note = json_get_or<std::string>(row, "note", ""),
                      .seconds = json_get_or(row, "seconds", 0.0)};
    (void)verdict_of(wish);
    if (names_item(wish.ids)) {
      wish.ids = findings_of_item(items, wish.ids[0]);
    }
    (void)findings_of(project, wish);
    wishes.push_back(std::move(wish));
  }
  Json decisions = Json::array();
  for (const auto& wish : wishes) {
    decisions.push_back(judge(project, wish));
  }
  return {{"decisions", decisions}};
}

Json undo_decision(Project& project, const std::string& wanted) {
  const auto row = decision_row(project, wanted);
  const auto& id = row.text(0);
  std::vector<LabelSet> sets;
  for (const auto& revision : parse_json(row.text(3), "decisions.revisions")) {
    const auto key = revision["sample"].get<std::string>();
    const auto current = project.lake->labels(std::vector<std::string>{key}, kLabelLayer);
    if (current.empty() || current[0].revision != revision["after"].get<std::int64_t>()) {
      fail(ErrorCode::kConflict,
           fmt::format("the labels of sample \"{}\" were changed since: put them right by hand",
                       key));
    }
    sets.push_back(label_revision(project, key, revision["before"].get<std::int64_t>()));
    sets.back().revision = current[0].revision;
  }
  const Json revisions = store_labels(project, "undo/" + id, std::move(sets));
  project.catalog->transaction([&] {
    project.catalog->execute("UPDATE decisions SET undone_at = $1 WHERE id = $2",
                             {project.now(), id});
    project.audit("undo_verdict", id, {{"revisions", revisions}});
  });
  return {{"decision", id},
          {"verdict", row.text(1)},
          {"sample", row.text(2)},
          {"author", project.person},
          {"revisions", revisions}};
}

}  // namespace spotter::triage
