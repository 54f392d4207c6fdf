// Step 4 of the loop: campaigns collect more of what the model fails on, from everything stored
// that nobody has labelled yet: by failure mode, by filter, by what people flagged, by likeness to
// examples. Diverse, without near-duplicates, within a budget, and with a reason for each sample.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "project/project.h"
#include "trainer/trainer.h"

namespace spotter::curate {

struct CreateOptions {
  std::string name;
  std::vector<std::string> modes;  // id, name or title; the budget is shared by their rank
  std::string where;               // filter that every pick satisfies
  bool flags = false;              // more like what people flagged
  std::vector<std::string> like;   // sample keys: more like these
  int budget = 0;                  // 0 = campaign_budget of spotter.yaml
  std::string cycle;               // gives the campaign an identifier of its own in that cycle
};

// Creates an open campaign; modes go to state "collecting". The same call again returns the same
// campaign. Throws kConflict when the name belongs to another query, kInvalid when there is nothing
// to look for, kNotFound for unknown modes or samples.
[[nodiscard]] Json create_campaign(Project& project, const CreateOptions& options);

struct RunCampaignOptions {
  std::string campaign;  // id or name
  int budget = 0;        // 0 = the campaign's own
  std::string cycle;
  trainer::Progress progress;  // may be empty
};

// Collects once; a campaign that has collected returns what it has, one that found nothing stays
// open. {"id", "name", "state", "budget", "picked", "candidates", "left_out": {…}, "parts":
// [{"title", "share", "picked"}], "scenes", "items": [{"position", "sample", "scene", "score",
// "reason"}]}.
[[nodiscard]] Json run_campaign(Project& project, const RunCampaignOptions& options);

// {"campaigns": [{"id", "name", "state", "budget", "picked", "query", "created_at"}]}, newest
// first.
[[nodiscard]] Json campaigns(Project& project);
// As run_campaign returns it.
[[nodiscard]] Json show_campaign(Project& project, const std::string& campaign);

// How much of a budget a failure mode gets, beside the others: a campaign can aim at a slice, and
// what happens everywhere ("true") it meets anyway.
[[nodiscard]] double budget_share(std::string_view slice, double rank_score);

}  // namespace spotter::curate
