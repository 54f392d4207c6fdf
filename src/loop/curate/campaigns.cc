#include "loop/curate/campaigns.h"

#include <fmt/format.h>

#include "base/error.h"
#include "base/hash.h"
#include "base/text.h"
#include "loop/curate/curate.h"
#include "project/failure_modes.h"
#include "project/filter.h"

namespace spotter::curate {
namespace {

constexpr const char* kColumns = "id, name, failure_mode, query, budget, state, report, created_at";

Campaign campaign_of(const catalog::Row& row) {
  return {.id = row.text(0),
          .name = row.text(1),
          .failure_mode = row.text(2),
          .query = parse_json(row.text(3), "campaign query"),
          .budget = static_cast<int>(row.integer(4)),
          .state = row.text(5),
          .report = parse_json(row.text(6), "campaign report"),
          .created_at = row.integer(7)};
}

// Checked and complete; throws when there is nothing to look for.
Json query_of(Project& project, const CreateOptions& options) {
  Json modes = Json::array();
  for (const auto& name : options.modes) {
    modes.push_back(find_failure_mode(project, name).id);
  }
  if (!options.where.empty()) {
    (void)Filter::parse(options.where);
  }
  if (!options.like.empty() && project.lake->samples(options.like).size() != options.like.size()) {
    for (const auto& key : options.like) {
      if (project.lake->samples(std::vector<std::string>{key}).empty()) {
        fail(ErrorCode::kNotFound, fmt::format("there is no sample \"{}\"", key));
      }
    }
  }
  if (modes.empty() && options.where.empty() && !options.flags && options.like.empty()) {
    fail(ErrorCode::kInvalid,
         "a campaign needs something to look for: --mode, --where, --flags or --like");
  }
  return {
      {"modes", modes}, {"where", options.where}, {"flags", options.flags}, {"like", options.like}};
}

Json described(Project& project, const Campaign& campaign) {
  const auto items = campaign_items(project, campaign.id);
  return {{"id", campaign.id},
          {"name", campaign.name},
          {"state", campaign.state},
          {"budget", campaign.budget},
          {"picked", items.size()},
          {"query", campaign.query},
          {"created_at", iso_time(campaign.created_at)}};
}

}  // namespace

Campaign find_campaign(Project& project, std::string_view name) {
  std::vector<std::string> known;
  for (const auto& row :
       project.catalog->query(fmt::format("SELECT {} FROM campaigns ORDER BY name", kColumns))) {
    if (row.text(0) == name || row.text(1) == name) {
      return campaign_of(row);
    }
    known.push_back(row.text(1));
  }
  fail(ErrorCode::kNotFound,
       fmt::format("there is no campaign \"{}\"{}; `spotter campaign list` names them", name,
                   did_you_mean(name, known)));
}

std::vector<CampaignItem> campaign_items(Project& project, const std::string& campaign) {
  std::vector<CampaignItem> items;
  for (const auto& row : project.catalog->query(
           "SELECT sample, reason, score FROM campaign_items WHERE campaign = $1 ORDER BY position",
           {campaign})) {
    items.push_back({row.text(0), row.text(1), row.real(2)});
  }
  return items;
}

void store_collection(Project& project, const Campaign& campaign,
                      const std::vector<CampaignItem>& items) {
  project.catalog->transaction([&] {
    project.catalog->execute("DELETE FROM campaign_items WHERE campaign = $1", {campaign.id});
    std::int64_t position = 0;
    for (const auto& item : items) {
      project.catalog->execute(
          "INSERT INTO campaign_items (campaign, sample, position, reason, score) VALUES ($1, $2, "
          "$3, $4, $5)",
          {campaign.id, item.sample, position++, item.reason, item.score});
    }
    // A campaign that found nothing stays open and looks again when it is run after the next
    // import.
    project.catalog->execute(
        "UPDATE campaigns SET state = $1, budget = $2, report = $3, updated_at = $4 WHERE id = $5",
        {std::string(items.empty() ? "open" : "collected"), std::int64_t{campaign.budget},
         campaign.report.dump(), project.now(), campaign.id});
  });
}

Json create_campaign(Project& project, const CreateOptions& options) {
  if (options.name.empty()) {
    fail(ErrorCode::kInvalid, "a campaign needs a name");
  }
  const int budget = options.budget == 0 ? project.config.campaign_budget : options.budget;
  if (budget < 1 || budget > 1'000'000) {
    fail(ErrorCode::kInvalid,
         fmt::format("the budget of a campaign is 1 to 1000000 samples, not {}", budget));
  }
  const Json query = query_of(project, options);
  const std::string id =
      "campaign_" + sha256_hex(fmt::format("{}\n{}", options.cycle, options.name)).substr(0, 8);
  project.catalog->transaction([&] {
    const auto rows =
        project.catalog->query("SELECT id, query FROM campaigns WHERE name = $1", {options.name});
    if (!rows.empty()) {
      if (rows[0].text(0) != id || rows[0].text(1) != query.dump()) {
        fail(ErrorCode::kConflict,
             fmt::format("there is a campaign \"{}\" for something else; choose another name",
                         options.name));
      }
      return;
    }
    const std::string first = query["modes"].empty() ? "" : query["modes"][0].get<std::string>();
    project.catalog->execute(
        "INSERT INTO campaigns (id, name, failure_mode, query, budget, state, report, created_at, "
        "updated_at) "
        "VALUES ($1, $2, $3, $4, $5, 'open', '{}', $6, $6)",
        {id, options.name, first, query.dump(), std::int64_t{budget}, project.now()});
    for (const auto& mode : query["modes"]) {
      set_failure_mode_state(project, mode.get<std::string>(), "collecting", "",
                             fmt::format("campaign \"{}\"", options.name));
    }
  });
  return described(project, find_campaign(project, id));
}

Json campaigns(Project& project) {
  Json rows = Json::array();
  for (const auto& row : project.catalog->query(
           fmt::format("SELECT {} FROM campaigns ORDER BY created_at DESC, name", kColumns))) {
    rows.push_back(described(project, campaign_of(row)));
  }
  return {{"campaigns", rows}};
}

Json show_campaign(Project& project, const std::string& name) {
  const auto campaign = find_campaign(project, name);
  Json result = described(project, campaign);
  result.update(campaign.report);
  Json items = Json::array();
  for (const auto& item : campaign_items(project, campaign.id)) {
    items.push_back({{"position", items.size()},
                     {"sample", item.sample},
                     {"score", item.score},
                     {"reason", item.reason}});
  }
  result["items"] = items;
  return result;
}

}  // namespace spotter::curate
