#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "loop/curate/curate.h"
#include "loop/curate/pool.h"
#include "loop/curate/select.h"
#include "loop/curate/wanted.h"

namespace spotter::curate {
namespace {

// [target][sample]
using Relevances = std::vector<std::vector<Relevance>>;

Relevances score(Pool& pool, const std::vector<Wanted>& wanted) {
  Relevances relevances;
  for (const auto& one : wanted) {
    relevances.push_back(
        relevance_to(one.target, pool.samples(), pool.vectors(), pool.objects_like(one.boxes)));
  }
  return relevances;
}

// A sample counts to the target that it is most relevant for, when equal to the one of smaller
// share.
std::vector<Candidate> candidates_of(const Pool& pool, const std::vector<Wanted>& wanted,
                                     const Relevances& relevances) {
  std::vector<Candidate> candidates;
  for (std::size_t i = 0; i < pool.samples().size(); ++i) {
    const auto& sample = pool.samples()[i];
    Candidate candidate{sample.key, sample.scene(), 0, 0, false};
    for (std::size_t t = 0; t < wanted.size(); ++t) {
      const double r = relevances[t][i].score;
      const bool rarer = wanted[t].target.share < wanted[candidate.quota].target.share;
      if (r > candidate.relevance || (r > 0 && r == candidate.relevance && rarer)) {
        candidate.relevance = r;
        candidate.quota = t;
      }
    }
    candidate.has_vector = pool.vectors().row_of.contains(sample.key);
    candidates.push_back(std::move(candidate));
  }
  return candidates;
}

// One row a candidate; zeros where there is no vector.
std::vector<float> rows_of(const Pool& pool, const std::vector<Candidate>& candidates) {
  const auto& known = pool.vectors();
  std::vector<float> rows(candidates.size() * known.dimensions, 0.0F);
  for (std::size_t i = 0; i < candidates.size(); ++i) {
    if (candidates[i].has_vector) {
      const auto from = known.row_of.at(candidates[i].key) * known.dimensions;
      std::copy_n(known.values.begin() + static_cast<std::ptrdiff_t>(from), known.dimensions,
                  rows.begin() + static_cast<std::ptrdiff_t>(i * known.dimensions));
    }
  }
  return rows;
}

std::vector<CampaignItem> items_of(const Selection& selection,
                                   const std::vector<Candidate>& candidates,
                                   const Relevances& relevances) {
  std::vector<CampaignItem> items;
  for (const auto& picked : selection.picked) {
    const auto& candidate = candidates[picked.candidate];
    auto reason = relevances[candidate.quota][picked.candidate].reason;
    if (picked.distance >= 0) {
      reason += fmt::format("; {:.2f} usual distances from the nearest taken", picked.distance);
    }
    items.push_back({candidate.key, reason, candidate.relevance});
  }
  return items;
}

Json parts_of(const std::vector<Wanted>& wanted, const Selection& selection) {
  double shares = 0;
  for (const auto& one : wanted) {
    shares += one.target.share;
  }
  Json parts = Json::array();
  for (std::size_t t = 0; t < wanted.size(); ++t) {
    const auto count = std::count_if(selection.picked.begin(), selection.picked.end(),
                                     [&](const Picked& picked) { return picked.quota == t; });
    parts.push_back({{"title", wanted[t].target.title},
                     {"where", wanted[t].target.words},
                     {"share", shares > 0 ? wanted[t].target.share / shares : 0},
                     {"picked", count}});
  }
  return parts;
}

Json report_of(const Pool& pool, const std::vector<Wanted>& wanted, const Selection& selection,
               const std::vector<Candidate>& candidates) {
  std::set<std::string_view> scenes;
  for (const auto& picked : selection.picked) {
    scenes.insert(candidates[picked.candidate].scene);
  }
  const auto irrelevant = std::count_if(candidates.begin(), candidates.end(),
                                        [](const Candidate& c) { return c.relevance <= 0; });
  return {{"candidates", candidates.size()},
          {"scenes", scenes.size()},
          {"parts", parts_of(wanted, selection)},
          {"left_out",
           {{"labelled", pool.labelled_count()},
            {"in_other_campaigns", pool.elsewhere_count()},
            {"not_relevant", irrelevant},
            {"near_duplicates", selection.duplicates},
            {"scene_full", selection.scene_full}}}};
}

void collect(Project& project, Campaign campaign, const RunCampaignOptions& options) {
  if (options.budget > 0) {
    campaign.budget = options.budget;
  }
  Pool pool(project, campaign);
  const auto wanted = wanted_of(project, campaign, pool);
  std::vector<std::string> examples;
  for (const auto& one : wanted) {
    examples.insert(examples.end(), one.target.examples.begin(), one.target.examples.end());
  }
  pool.load_vectors(examples, options.cycle, options.progress);
  const auto relevances = score(pool, wanted);
  const auto candidates = candidates_of(pool, wanted, relevances);
  SelectOptions select_options;
  select_options.budget = static_cast<std::size_t>(campaign.budget);
  select_options.quota_shares.clear();
  for (const auto& one : wanted) {
    select_options.quota_shares.push_back(one.target.share);
  }
  const auto rows = rows_of(pool, candidates);
  const auto selection = select(candidates, {rows, pool.vectors().dimensions}, select_options);
  campaign.report = report_of(pool, wanted, selection, candidates);
  store_collection(project, campaign, items_of(selection, candidates, relevances));
}

}  // namespace

Json run_campaign(Project& project, const RunCampaignOptions& options) {
  const auto campaign = find_campaign(project, options.campaign);
  if (campaign.state == "open") {
    collect(project, campaign, options);
  }
  return show_campaign(project, campaign.id);
}

}  // namespace spotter::curate
