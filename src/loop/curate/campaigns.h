// Campaigns as rows of the catalog.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "project/project.h"

namespace spotter::curate {

struct Campaign {
  std::string id;
  std::string name;
  std::string failure_mode;  // the first mode's id, empty = none
  Json query;                // {"modes": [ids], "where", "flags", "like": [keys]}
  int budget = 0;
  std::string state;  // open, collected, closed
  Json report;
  TimeMs created_at = 0;
};

struct CampaignItem {
  std::string sample;
  std::string reason;
  double score = 0;
};

// By id or name; throws kNotFound with "did you mean".
[[nodiscard]] Campaign find_campaign(Project& project, std::string_view name);
[[nodiscard]] std::vector<CampaignItem> campaign_items(Project& project,
                                                       const std::string& campaign);
// Stores the choice and, if there is any, moves the campaign to "collected", at once.
void store_collection(Project& project, const Campaign& campaign,
                      const std::vector<CampaignItem>& items);

}  // namespace spotter::curate
