#include "server/watcher.h"

#include <array>

#include "trainer/jobs.h"

namespace spotter::server {
namespace {

struct Topic {
  const char* name;
  const char* sql;  // one row of one text that differs whenever something changed
};

// Tables that only grow are told by their length, others by the time of the last change too.
constexpr std::array kTopics = {
    Topic{
        "cycles",
        "SELECT (SELECT count(*) || '/' || coalesce(max(ended_at), 0) FROM cycles) || '/' || "
        "(SELECT "
        "coalesce(sum(CASE state WHEN 'running' THEN 1 WHEN 'waiting' THEN 1000 WHEN 'failed' THEN "
        "1000000 ELSE 0 END), 0) FROM cycles) || '/' || (SELECT coalesce(sum(finished_count * 100 "
        "+ CASE "
        "state WHEN 'running' THEN 1 WHEN 'waiting' THEN 3 WHEN 'done' THEN 7 WHEN 'failed' THEN "
        "13 WHEN "
        "'skipped' THEN 29 ELSE 0 END), 0) || '/' || coalesce(max(started_at), 0) || '/' || "
        "coalesce(max(ended_at), 0) FROM steps)"},
    Topic{"jobs",
          "SELECT count(*) || '/' || coalesce(max(updated_at), 0) || '/' || coalesce(sum(CASE "
          "state WHEN "
          "'running' THEN 1 WHEN 'queued' THEN 1000 ELSE 0 END), 0) FROM jobs"},
    Topic{"models",
          "SELECT (SELECT count(*) || '/' || coalesce(max(created_at), 0) FROM models) || '/' || "
          "(SELECT "
          "count(*) || '/' || coalesce(max(updated_at), 0) FROM aliases) || '/' || (SELECT "
          "count(*) FROM "
          "deployments) || '/' || (SELECT count(*) FROM evaluations)"},
    Topic{"gates",
          "SELECT (SELECT count(*) FROM gate_reports) || '/' || (SELECT count(*) FROM approvals)"},
    Topic{"modes",
          "SELECT (SELECT count(*) || '/' || coalesce(max(updated_at), 0) FROM failure_modes) || "
          "'/' || "
          "(SELECT count(*) FROM verdicts) || '/' || (SELECT coalesce(max(undone_at), 0) FROM "
          "decisions) || '/' || (SELECT count(*) FROM failure_mode_evaluations) || '/' || (SELECT "
          "count(*) FROM check_runs)"},
    Topic{"campaigns", "SELECT count(*) || '/' || coalesce(max(updated_at), 0) FROM campaigns"},
    Topic{"batches",
          "SELECT (SELECT count(*) || '/' || coalesce(max(updated_at), 0) FROM batches) || '/' || "
          "(SELECT "
          "count(*) || '/' || coalesce(max(updated_at), 0) FROM tasks)"},
    Topic{"versions", "SELECT count(*) || '' FROM dataset_versions"},
    Topic{"ledger", "SELECT count(*) || '' FROM ledger"},
    Topic{"monitor", "SELECT count(*) || '' FROM monitor_runs"},
    Topic{"flags", "SELECT count(*) || '' FROM flags"},
};

}  // namespace

std::vector<std::string> Watcher::look(Project& project) {
  std::map<std::string, std::string> now;
  for (const auto& topic : kTopics) {
    now[topic.name] = project.catalog->query(topic.sql)[0].text(0);
  }
  now["samples"] = std::to_string(project.lake->snapshot());
  std::vector<std::string> changed;
  if (!seen_.empty()) {
    for (const auto& [name, value] : now) {
      if (seen_[name] != value) {
        changed.push_back(name);
      }
    }
  }
  seen_ = std::move(now);
  return changed;
}

std::optional<Json> Watcher::progress(Project& project) {
  const auto active =
      project.catalog->query("SELECT count(*) FROM jobs WHERE state IN ('queued', 'running')");
  Json jobs = Json::array();
  if (active[0].integer(0) > 0) {
    for (const auto& job : trainer::list_jobs(project)) {
      if (job["state"] == "running" || job["state"] == "queued") {
        Json row;
        for (const char* key :
             {"name", "kind", "step", "cycle", "state", "fraction", "message", "seconds"}) {
          row[key] = job[key];
        }
        jobs.push_back(std::move(row));
      }
    }
  }
  Json told = {{"jobs", jobs}};
  std::string text = told.dump(-1, ' ', false, Json::error_handler_t::replace);
  if (text == told_ || (told_.empty() && jobs.empty())) {
    return std::nullopt;
  }
  told_ = std::move(text);
  return told;
}

}  // namespace spotter::server
