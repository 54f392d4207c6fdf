#include "loop/curate/wanted.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "loop/curate/curate.h"
#include "project/check_runs.h"
#include "project/failure_modes.h"

namespace spotter::curate {

double budget_share(std::string_view slice, double rank_score) {
  return slice == "true" ? rank_score : std::sqrt(rank_score);
}

namespace {

constexpr std::size_t kExamplesMax = 200;

Wanted for_mode(Project& project, const FailureMode& mode, const Pool& pool) {
  Wanted wanted;
  auto& target = wanted.target;
  target.title = mode.title;
  target.share = budget_share(mode.slice, mode.rank_score);
  if (mode.slice != "true") {
    target.inside = pool.matching(mode.slice);
    target.words = mode.slice;
  }
  target.hit_words = mode.error == "flagged" ? "flagged" : "found by a check";
  std::set<std::string> findings;
  std::set<std::string> examples;
  for (const auto& row : project.catalog->query(
           "SELECT finding, sample, score FROM failure_mode_findings WHERE failure_mode = $1 "
           "ORDER BY score DESC, finding",
           {mode.id})) {
    auto& hit = target.hits[row.text(1)];
    hit = std::max(hit, row.real(2));
    if (findings.size() < kExamplesMax) {
      findings.insert(row.text(0));
      examples.insert(row.text(1));
    }
  }
  target.examples.assign(examples.begin(), examples.end());
  for (auto& finding : findings_by_id(project, {findings.begin(), findings.end()})) {
    if (finding.box.valid()) {
      wanted.boxes.push_back(std::move(finding));
    }
  }
  return wanted;
}

// The filter that explains the flags among the pool's samples, several slices joined by OR.
std::string explanation_of(const std::set<std::string>& flagged, const Pool& pool) {
  std::vector<std::uint8_t> marked;
  for (const auto& sample : pool.samples()) {
    marked.push_back(flagged.contains(sample.key) ? 1 : 0);
  }
  std::string where;
  for (const auto& explanation : explain_marks(pool.samples(), marked)) {
    where += (where.empty() ? "(" : " OR (") + explanation.where + ")";
  }
  return where;
}

Wanted for_flags(Project& project, const Pool& pool) {
  Wanted wanted;
  auto& target = wanted.target;
  target.title = "like what was flagged";
  target.hit_words = "flagged";
  std::set<std::string> flagged;
  for (const auto& row :
       project.catalog->query("SELECT sample, box FROM flags ORDER BY created_at, id")) {
    flagged.insert(row.text(0));
    target.hits[row.text(0)] = 1;
    if (!row.text(1).empty()) {
      const Json b = parse_json(row.text(1), "the box of a flag");
      if (b.is_array() && b.size() == 4) {
        wanted.boxes.push_back({.sample = row.text(0),
                                .box = {b[0].get<double>(), b[1].get<double>(), b[2].get<double>(),
                                        b[3].get<double>()}});
      }
    }
  }
  target.examples.assign(flagged.begin(), flagged.end());
  target.words = explanation_of(flagged, pool);
  if (!target.words.empty()) {
    target.inside = pool.matching(target.words);
  }
  return wanted;
}

Wanted for_examples(std::vector<std::string> keys) {
  Wanted wanted;
  wanted.target.title = "like the examples";
  wanted.target.hit_words = "given as an example";
  for (const auto& key : keys) {
    wanted.target.hits[key] = 1;
  }
  wanted.target.examples = std::move(keys);
  return wanted;
}

Wanted for_filter(const std::string& where, const Pool& pool) {
  Wanted wanted;
  wanted.target.title = "by filter";
  wanted.target.words = where;
  wanted.target.inside.assign(pool.samples().size(), 1);
  return wanted;
}

// The first `mode_count` are modes. A slice gets at least half of an equal share of what all slices
// get; flags and examples beside modes get half of the modes' mean, alone everything.
void settle_shares(std::vector<Wanted>& all, std::size_t mode_count) {
  double total = 0;
  double slices = 0;
  for (std::size_t i = 0; i < mode_count; ++i) {
    total += all[i].target.share;
    slices += all[i].target.inside.empty() || all[i].target.share <= 0 ? 0 : 1;
  }
  for (std::size_t i = 0; i < mode_count; ++i) {
    auto& target = all[i].target;
    if (!target.inside.empty() && target.share > 0) {
      target.share = std::max(target.share, total / slices / 2);
    }
  }
  for (std::size_t i = mode_count; i < all.size(); ++i) {
    all[i].target.share = total > 0 ? total / static_cast<double>(mode_count) / 2 : 1;
  }
}

}  // namespace

std::vector<Wanted> wanted_of(Project& project, const Campaign& campaign, const Pool& pool) {
  std::vector<Wanted> all;
  for (const auto& id : campaign.query["modes"]) {
    all.push_back(for_mode(project, find_failure_mode(project, id.get<std::string>()), pool));
  }
  if (campaign.query["flags"].get<bool>()) {
    all.push_back(for_flags(project, pool));
  }
  auto like = campaign.query["like"].get<std::vector<std::string>>();
  if (!like.empty()) {
    all.push_back(for_examples(std::move(like)));
  }
  if (all.empty()) {
    all.push_back(for_filter(campaign.query["where"].get<std::string>(), pool));
  }
  settle_shares(all, campaign.query["modes"].size());
  return all;
}

}  // namespace spotter::curate
