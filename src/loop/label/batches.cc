#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "base/error.h"
#include "base/hash.h"
#include "base/text.h"
#include "loop/label/batch.h"
#include "loop/label/label.h"
#include "project/failure_modes.h"
#include "project/filter.h"

namespace spotter::label {
namespace {

constexpr const char* kColumns =
    "id, name, campaign, state, author, report, created_at, updated_at";

Batch batch_of(const catalog::Row& row) {
  return {.id = row.text(0),
          .name = row.text(1),
          .campaign = row.text(2),
          .state = row.text(3),
          .author = row.text(4),
          .report = parse_json(row.text(5), "the batch's report"),
          .created_at = row.integer(6),
          .updated_at = row.integer(7)};
}

void load_tasks(Project& project, Batch& batch) {
  for (const auto& row : project.catalog->query(
           "SELECT sample, state, seconds FROM tasks WHERE batch = $1 ORDER BY position",
           {batch.id})) {
    batch.tasks.push_back({row.text(0), row.text(1), row.real(2)});
  }
}

Json to_json(const Batch& batch) {
  Json counts = {{"total", batch.tasks.size()}, {"open", 0}, {"done", 0}, {"skipped", 0}};
  double seconds = 0;
  for (const auto& task : batch.tasks) {
    counts[task.state] = counts[task.state].get<int>() + 1;
    seconds += task.seconds;
  }
  return {{"id", batch.id},
          {"name", batch.name},
          {"state", batch.state},
          {"campaign", batch.campaign},
          {"author", batch.author},
          {"tasks", counts},
          {"human_minutes", seconds / 60},
          {"report", batch.report},
          {"created_at", iso_time(batch.created_at)},
          {"updated_at", iso_time(batch.updated_at)}};
}

struct CampaignRow {
  std::string id;
  Json query;
};

CampaignRow find_campaign(Project& project, const std::string& name) {
  std::vector<std::string> known;
  for (const auto& row :
       project.catalog->query("SELECT id, name, query FROM campaigns ORDER BY name")) {
    if (row.text(0) == name || row.text(1) == name) {
      return {row.text(0), parse_json(row.text(2), "the campaign's query")};
    }
    known.push_back(row.text(1));
  }
  fail(ErrorCode::kNotFound,
       fmt::format("there is no campaign \"{}\"{}; `spotter campaign list` names them", name,
                   did_you_mean(name, known)));
}

// The batch's samples, in the campaign's order, then by key.
std::vector<std::string> samples_of(Project& project, const BatchOptions& options,
                                    const CampaignRow& campaign) {
  std::vector<std::string> keys;
  if (!campaign.id.empty()) {
    for (const auto& row : project.catalog->query(
             "SELECT sample FROM campaign_items WHERE campaign = $1 ORDER BY position",
             {campaign.id})) {
      keys.push_back(row.text(0));
    }
  }
  if (!options.where.empty()) {
    for (auto& key : query_keys(project, Filter::parse(options.where))) {
      keys.push_back(std::move(key));
    }
  }
  if (!options.keys.empty()) {
    std::set<std::string> known;
    for (const auto& sample : project.lake->samples(options.keys)) {
      known.insert(sample.key);
    }
    for (const auto& key : options.keys) {
      if (!known.contains(key)) {
        fail(ErrorCode::kNotFound, fmt::format("there is no sample \"{}\"", key));
      }
      keys.push_back(key);
    }
  }
  std::set<std::string> seen;
  std::erase_if(keys, [&](const std::string& key) { return !seen.insert(key).second; });
  if (keys.empty()) {
    fail(ErrorCode::kInvalid,
         "a batch needs samples: name a campaign that has collected some, or give a filter");
  }
  return keys;
}

void insert_batch(Project& project, const BatchOptions& options, const std::string& id,
                  const CampaignRow& campaign, const std::vector<std::string>& keys) {
  project.catalog->execute(
      "INSERT INTO batches (id, name, campaign, state, author, report, created_at, updated_at) "
      "VALUES ($1, $2, $3, 'open', $4, $5, $6, $6)",
      {id, options.name, campaign.id, project.person, Json{{"cycle", options.cycle}}.dump(),
       project.now()});
  std::int64_t position = 0;
  for (const auto& key : keys) {
    project.catalog->execute(
        "INSERT INTO tasks (batch, sample, position, state, updated_at) VALUES ($1, $2, $3, "
        "'open', $4)",
        {id, key, position++, project.now()});
  }
  for (const auto& mode : json_get_or(campaign.query, "modes", Json(Json::array()))) {
    set_failure_mode_state(project, mode.get<std::string>(), "labelling", "",
                           fmt::format("batch \"{}\"", options.name));
  }
  project.audit("batch.create", id, {{"name", options.name}, {"samples", keys.size()}});
}

}  // namespace

Batch find_batch(Project& project, std::string_view name) {
  std::vector<std::string> known;
  for (const auto& row :
       project.catalog->query(fmt::format("SELECT {} FROM batches ORDER BY name", kColumns))) {
    if (row.text(0) == name || row.text(1) == name) {
      Batch batch = batch_of(row);
      load_tasks(project, batch);
      return batch;
    }
    known.push_back(row.text(1));
  }
  fail(ErrorCode::kNotFound,
       fmt::format("there is no batch \"{}\"{}; `spotter batch list` names them", name,
                   did_you_mean(name, known)));
}

void take_labels(Project& project, const Batch& batch, std::string_view write_key,
                 std::span<const LabelSet> sets, std::span<const std::string> done_keys,
                 double seconds) {
  if (!sets.empty()) {
    project.lake->add_labels(write_key, sets);
  }
  project.catalog->transaction([&] {
    for (const auto& key : done_keys) {
      project.catalog->execute(
          "UPDATE tasks SET state = 'done', seconds = $3, updated_at = $4 WHERE batch = $1 AND "
          "sample = $2 "
          "AND state = 'open'",
          {batch.id, key, seconds, project.now()});
    }
    project.catalog->execute(
        "UPDATE batches SET state = 'done', updated_at = $2 WHERE id = $1 AND state <> 'done' AND "
        "NOT EXISTS "
        "(SELECT 1 FROM tasks WHERE batch = $1 AND state = 'open')",
        {batch.id, project.now()});
  });
}

Json create_batch(Project& project, const BatchOptions& options) {
  if (options.name.empty()) {
    fail(ErrorCode::kInvalid, "a batch needs a name");
  }
  if (project.config.task == "trajectory") {
    fail(ErrorCode::kInvalid,
         "what happened next labels tracks, and nobody is asked: import the longer recording");
  }
  const CampaignRow campaign = options.campaign.empty() ? CampaignRow{"", Json::object()}
                                                        : find_campaign(project, options.campaign);
  const std::string id =
      "batch_" + sha256_hex(fmt::format("{}\n{}", options.cycle, options.name)).substr(0, 8);
  project.catalog->transaction([&] {
    const auto rows =
        project.catalog->query("SELECT id, campaign FROM batches WHERE name = $1", {options.name});
    if (rows.empty()) {
      insert_batch(project, options, id, campaign, samples_of(project, options, campaign));
    } else if (rows[0].text(0) != id || rows[0].text(1) != campaign.id) {
      fail(ErrorCode::kConflict,
           fmt::format("there is a batch \"{}\" of other samples; choose another name",
                       options.name));
    }
  });
  return batch_status(project, id);
}

Json batch_status(Project& project, std::string_view name) {
  const Batch batch = find_batch(project, name);
  Json json = to_json(batch);
  json["samples"] = Json::array();
  for (const auto& task : batch.tasks) {
    json["samples"].push_back(
        {{"key", task.sample}, {"state", task.state}, {"seconds", task.seconds}});
  }
  return json;
}

Json list_batches(Project& project) {
  Json batches = Json::array();
  for (const auto& row : project.catalog->query(
           fmt::format("SELECT {} FROM batches ORDER BY created_at DESC, name", kColumns))) {
    Batch batch = batch_of(row);
    load_tasks(project, batch);
    batches.push_back(to_json(batch));
  }
  return {{"batches", batches}};
}

}  // namespace spotter::label
