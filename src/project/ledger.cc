#include "project/ledger.h"

#include <array>
#include <cmath>
#include <map>

#include <fmt/format.h>

#include "base/error.h"
#include "base/json.h"

namespace spotter {
namespace {

struct Sums {
  double human_seconds = 0;
  double machine_seconds = 0;
  double cost = 0;

  void add(const std::string& kind, double seconds, double money) {
    (kind == "machine" ? machine_seconds : human_seconds) += seconds;
    cost += money;
  }
  [[nodiscard]] Json json() const {
    return {{"human_minutes", human_seconds / 60},
            {"machine_hours", machine_seconds / 3600},
            {"cost", cost}};
  }
};

double cost_of(const Project& project, const LedgerEntry& entry) {
  if (entry.cost >= 0) {
    return entry.cost;
  }
  const auto& prices = project.config.cost;
  const double hour = entry.kind == "human" ? prices.person_hour : prices.machine_hour;
  return entry.seconds / 3600 * hour;
}

void check(const LedgerEntry& entry) {
  constexpr std::array kKinds = {"human", "machine", "money"};
  if (std::find(kKinds.begin(), kKinds.end(), entry.kind) == kKinds.end()) {
    fail(ErrorCode::kInvalid,
         fmt::format("a ledger entry is \"human\", \"machine\" or \"money\", not \"{}\"",
                     entry.kind));
  }
  if (entry.key.empty() || !std::isfinite(entry.seconds) || entry.seconds < 0 ||
      (entry.kind == "money" && !(entry.cost >= 0 && std::isfinite(entry.cost)))) {
    fail(ErrorCode::kInvalid,
         fmt::format(
             "a ledger entry needs a key and an amount that is finite and not negative: \"{}\"",
             entry.key));
  }
}

}  // namespace

bool add_ledger(Project& project, const LedgerEntry& entry) {
  check(entry);
  const std::string author =
      entry.author.empty() && entry.kind == "human" ? project.person : entry.author;
  return project.catalog->execute(
             "INSERT INTO ledger (key, cycle, step, kind, seconds, cost, note, author, created_at) "
             "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (key) DO NOTHING",
             {entry.key, entry.cycle, entry.step, entry.kind, entry.seconds,
              cost_of(project, entry), entry.note, author, project.now()}) == 1;
}

double human_seconds(Project& project, std::string_view cycle, std::string_view step) {
  const auto rows = project.catalog->query(
      "SELECT coalesce(sum(seconds), 0.0) FROM ledger WHERE cycle = $1 AND step = $2 AND kind = "
      "'human'",
      {std::string(cycle), std::string(step)});
  return rows.at(0).real(0);
}

Json ledger_summary(Project& project, std::string_view cycle) {
  const auto rows = project.catalog->query(
      "SELECT l.cycle, coalesce(c.number, 0), l.step, l.kind, sum(l.seconds), sum(l.cost) FROM "
      "ledger l "
      "LEFT JOIN cycles c ON c.id = l.cycle WHERE $1 = '' OR l.cycle = $1 "
      "GROUP BY l.cycle, c.number, l.step, l.kind ORDER BY 2, 1, 3, 4",
      {std::string(cycle)});
  Sums total;
  Json cycles = Json::array();
  std::map<std::string, std::map<std::string, Sums>> steps;
  std::vector<std::pair<std::string, std::int64_t>> order;
  for (const auto& row : rows) {
    if (!steps.contains(row.text(0))) {
      order.emplace_back(row.text(0), row.integer(1));
    }
    steps[row.text(0)][row.text(2)].add(row.text(3), row.real(4), row.real(5));
    total.add(row.text(3), row.real(4), row.real(5));
  }
  for (const auto& [id, number] : order) {
    Sums sums;
    Json parts = Json::array();
    for (const auto& [step, part] : steps[id]) {
      sums.human_seconds += part.human_seconds;
      sums.machine_seconds += part.machine_seconds;
      sums.cost += part.cost;
      Json line = {{"step", step}};
      line.update(part.json());
      parts.push_back(std::move(line));
    }
    Json line = {{"cycle", id}, {"number", number}};
    line.update(sums.json());
    line["steps"] = std::move(parts);
    cycles.push_back(std::move(line));
  }
  return {{"currency", project.config.cost.currency}, {"total", total.json()}, {"cycles", cycles}};
}

}  // namespace spotter
