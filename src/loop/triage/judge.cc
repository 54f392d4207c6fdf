// What people decide about items of the queue: verdicts, proposals applied, and both taken back.
#include <algorithm>
#include <map>
#include <set>

#include <fmt/format.h>

#include "base/error.h"
#include "base/files.h"
#include "base/text.h"
#include "domain/proposal.h"
#include "loop/triage/propose.h"
#include "loop/triage/queue.h"
#include "project/check_runs.h"
#include "project/ledger.h"
#include "trainer/default_model.h"

namespace spotter::triage {
namespace {

using Items = std::map<std::string, std::vector<std::string>>;

bool names_item(const std::vector<std::string>& ids) {
  return ids.size() == 1 && ids[0].starts_with("item_");
}

// `model` is what the queue was asked for by.
std::vector<std::string> findings_of_item(Project& project, const std::string& model,
                                          const Items& items, const std::string& item) {
  const auto known = items.find(item);
  if (known == items.end()) {
    const auto hint = model.empty() ? trainer::model_to_name(project) : "";
    fail(ErrorCode::kNotFound,
         fmt::format("the queue has no item \"{}\"; `spotter queue` lists what is there now{}{}",
                     item, hint.empty() ? "" : "; ", hint));
  }
  return known->second;
}

std::vector<Finding> findings_of(Project& project, const JudgeOptions& options) {
  auto ids = options.ids;
  if (names_item(ids)) {
    ids = findings_of_item(project, options.model, standing_items(project, options.model), ids[0]);
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

// Labels change once for a finding: a change that was accepted stands until it is taken back.
void refuse_accepted(Project& project, const std::vector<Finding>& findings) {
  for (const auto& finding : findings) {
    const auto rows = project.catalog->query(
        "SELECT d.author, d.verdict FROM decisions d JOIN verdicts v ON v.decision = d.id WHERE "
        "v.finding = $1 AND d.undone_at = 0 AND d.revisions <> '[]' LIMIT 1",
        {finding.id});
    if (!rows.empty()) {
      fail(ErrorCode::kConflict,
           fmt::format("already decided by {}: {}; `spotter verdict {} --undo` takes it back",
                       rows[0].text(0), rows[0].text(1), finding.id));
    }
  }
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

// Later than every verdict, so that the order of decisions is theirs.
TimeMs next_moment(Project& project) {
  const auto rows = project.catalog->query("SELECT coalesce(max(created_at), 0) FROM verdicts");
  return std::max(project.now(), rows[0].integer(0) + 1);
}

// The decision that `id` names or belongs to; without one all of the acting person, newest first.
std::vector<catalog::Row> decision_rows(Project& project, const std::string& id) {
  std::string finding = id;
  if (id.starts_with("item_")) {
    finding = "finding_" + id.substr(5);
  }
  auto rows = project.catalog->query(
      "SELECT id, verdict, sample, revisions FROM decisions WHERE undone_at = 0 AND (id = $1 OR id "
      "IN (SELECT decision FROM verdicts WHERE finding = $2) OR ($1 = '' AND author = $3)) ORDER "
      "BY created_at DESC, id DESC",
      {id, finding, project.person});
  if (rows.empty()) {
    fail(ErrorCode::kNotFound,
         id.empty() ? fmt::format("{} has decided nothing that could be taken back", project.person)
                    : fmt::format("no decision about \"{}\" stands", id));
  }
  if (!id.empty()) {
    rows.erase(rows.begin() + 1, rows.end());
  }
  return rows;
}

// A sample whose labels are not what the decision left of them; empty = there is none.
std::string changed_since(Project& project, const catalog::Row& decision) {
  for (const auto& revision : parse_json(decision.text(3), "decisions.revisions")) {
    const auto key = revision["sample"].get<std::string>();
    const auto current = project.lake->labels(std::vector<std::string>{key}, kLabelLayer);
    const auto left = label_revision(project, key, revision["after"].get<std::int64_t>());
    if (current.empty() || !same_labels(label_revision(project, key, current[0].revision), left)) {
      return key;
    }
  }
  return "";
}

}  // namespace

Json judge(Project& project, const JudgeOptions& options) {
  const auto verdict = verdict_of(options);
  const auto findings = findings_of(project, options);
  const auto id = project.new_id("decision");
  Json revisions = Json::array();
  Json ids = Json::array();
  project.catalog->transaction([&] {  // one writer at a time: two that accept at once are one
    if (options.accept) {
      refuse_accepted(project, findings);
      revisions = store_labels(project, "decision/" + id, proposed_labels(project, findings));
    }
    const TimeMs moment = next_moment(project);
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
  std::set<std::string> accepted;
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
      wish.ids = findings_of_item(project, model, items, wish.ids[0]);
    }
    const auto findings = findings_of(project, wish);
    if (wish.accept) {
      refuse_accepted(project, findings);
      for (const auto& finding : findings) {
        if (!accepted.insert(finding.id).second) {
          fail(ErrorCode::kInvalid,
               fmt::format("a line before accepts \"{}\" already: {}", finding.id, place));
        }
      }
    }
    wishes.push_back(std::move(wish));
  }
  Json decisions = Json::array();
  for (const auto& wish : wishes) {
    decisions.push_back(judge(project, wish));
  }
  return {{"decisions", decisions}};
}

Json undo_decision(Project& project, const std::string& wanted) {
  const auto rows = decision_rows(project, wanted);
  Json passed_over = Json::array();
  const auto found = std::find_if(rows.begin(), rows.end(), [&](const catalog::Row& decision) {
    const auto changed = changed_since(project, decision);
    if (!changed.empty()) {
      passed_over.push_back(changed);
    }
    return changed.empty();
  });
  if (found == rows.end()) {
    fail(ErrorCode::kConflict,
         fmt::format("the labels of sample \"{}\" were changed since: put them right by hand",
                     passed_over[0].get<std::string>()));
  }
  const auto& row = *found;
  const auto& id = row.text(0);
  std::vector<LabelSet> sets;
  for (const auto& revision : parse_json(row.text(3), "decisions.revisions")) {
    const auto key = revision["sample"].get<std::string>();
    const auto current = project.lake->labels(std::vector<std::string>{key}, kLabelLayer);
    sets.push_back(label_revision(project, key, revision["before"].get<std::int64_t>()));
    sets.back().revision = current.at(0).revision;
  }
  const Json revisions = store_labels(project, "undo/" + id, std::move(sets));
  project.catalog->transaction([&] {
    project.catalog->execute("UPDATE decisions SET undone_at = $1 WHERE id = $2",
                             {project.now(), id});
    project.audit("undo_verdict", id, {{"revisions", revisions}});
  });
  Json result = {{"decision", id},
                 {"verdict", row.text(1)},
                 {"sample", row.text(2)},
                 {"author", project.person},
                 {"revisions", revisions}};
  if (!passed_over.empty()) {
    result["passed_over"] = passed_over;
  }
  return result;
}

}  // namespace spotter::triage
