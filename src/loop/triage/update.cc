#include <algorithm>
#include <map>
#include <optional>
#include <set>

#include <fmt/format.h>

#include "base/hash.h"
#include "domain/finding_errors.h"
#include "loop/triage/grouping.h"
#include "loop/triage/naming.h"
#include "loop/triage/parts.h"
#include "loop/triage/queue.h"
#include "loop/triage/triage.h"
#include "project/check_runs.h"
#include "project/failure_modes.h"
#include "project/filter.h"

namespace spotter::triage {
namespace {

// A mode of the catalog that is found nowhere any more needs so many examined samples to be called
// fixed.
constexpr std::size_t kExaminedMin = 10;

std::vector<NamedSlice> named_slices(const Project& project, const std::vector<Sample>& samples) {
  std::vector<NamedSlice> slices;
  for (const auto& config : project.config.slices) {
    const Filter filter = Filter::parse(config.where);
    if (filter.mentions_labels()) {
      continue;  // most examined samples have no labels yet
    }
    NamedSlice slice{config.name, config.where, config.weight, {}};
    for (const auto& sample : samples) {
      slice.holds.push_back(filter.matches(sample) ? 1 : 0);
    }
    slices.push_back(std::move(slice));
  }
  return slices;
}

std::vector<Channel> channels_of(Project& project, std::vector<CurrentCheck> current) {
  std::vector<Channel> channels;
  for (auto& check : current) {
    if (check.examined.empty()) {
      continue;
    }
    Channel channel;
    channel.check = check.check;
    channel.samples = project.lake->samples(check.examined);
    channel.findings = std::move(check.findings);
    std::erase_if(channel.findings, [](const Finding& f) { return doubts_label(f.error); });
    channel.objects = std::move(check.objects);
    channel.slices = named_slices(project, channel.samples);
    channels.push_back(std::move(channel));
  }
  return channels;
}

// The identity of a mode: its slice; where no slice unites it, its error and class.
std::string mode_id(const FoundMode& mode) {
  const auto identity =
      mode.where == "true" ? fmt::format("{}\n{}", mode.error, mode.class_name) : mode.where;
  return "mode_" + sha256_hex(identity).substr(0, 8);
}

Json evidence_of(const FoundMode& mode) {
  Json kinds = Json::object();
  for (const auto& [kind, count] : mode.kinds) {
    kinds[kind] = count;
  }
  return {{"unit", mode.unit},
          {"examined", mode.unit_count},
          {"affected", mode.affected_count},
          {"share_inside", mode.rate_inside},
          {"share_outside", mode.rate_outside},
          {"p_adjusted", mode.p},
          {"checks", mode.checks},
          {"kinds", kinds}};
}

FailureMode row_of(Project& project, const FoundMode& found, const std::string& model) {
  return {.id = mode_id(found),
          .name = slug(found.title),
          .title = found.title,
          .slice = found.where,
          .class_name = found.class_name,
          .error = found.error,
          .state = "open",
          .weight = found.weight,
          .frequency = found.frequency,
          .severity = found.severity,
          .rank_score = found.rank_score(),
          .evidence = evidence_of(found).dump(),
          .first_model = model,
          .last_model = model,
          .created_at = project.now(),
          .updated_at = project.now()};
}

void add_findings(Project& project, const std::string& mode, const FoundMode& found) {
  for (std::size_t i = 0; i < found.finding_ids.size(); ++i) {
    project.catalog->execute(
        "INSERT INTO failure_mode_findings (failure_mode, finding, sample, score) VALUES ($1, $2, "
        "$3, $4) "
        "ON CONFLICT (failure_mode, finding) DO NOTHING",
        {mode, found.finding_ids[i], found.finding_samples[i], found.finding_scores[i]});
  }
}

class Update {
 public:
  Update(Project& project, std::string model)
      : project_(project), model_(std::move(model)), removed_(removed_checks(project)) {
    for (auto& mode : all_failure_modes(project)) {
      known_.emplace(mode.id, std::move(mode));
    }
  }

  void found(const FoundMode& found) {
    FailureMode row = row_of(project_, found, model_);
    const auto known = known_.find(row.id);
    seen_.insert(row.id);
    if (known != known_.end() && !merged_into(known->second).empty()) {
      merged_.emplace_back(merged_into(known->second), &found);
      return;
    }
    if (known == known_.end()) {
      save_failure_mode(project_, row);
      note_failure_mode(project_, row.id, model_, "found by triage");
    } else {
      refresh(known->second, row);
    }
    drop_findings(row.id);
    add_findings(project_, row.id, found);
    move_to_parts(project_, row.id);
  }

  // What a person has laid into another mode goes there again. After all `found`.
  void follow_merges() {
    for (const auto& [mode, found] : merged_) {
      add_findings(project_, mode, *found);
    }
  }

  // Modes that this round did not find.
  void settle(const std::vector<Channel>& channels) {
    for (auto& [id, mode] : known_) {
      if (seen_.contains(id) || mode.state == "ignored") {
        continue;
      }
      if (doubts_label(mode.error)) {  // from before these had a list of their own
        drop_findings(id);
        set_failure_mode_state(project_, id, "ignored", model_,
                               "a doubt about labels is no failure of the model");
        continue;
      }
      if (is_part(mode)) {
        continue;
      }
      const std::size_t examined = examined_in(channels, mode);
      const bool looked = examined >= kExaminedMin;
      if (!looked && !of_removed_checks(mode)) {
        continue;  // nobody looked
      }
      const bool newer = looked && mode.last_model != model_ && !model_.empty();
      mode.severity = 0;
      mode.rank_score = 0;
      mode.updated_at = project_.now();
      save_failure_mode(project_, mode);
      drop_findings(id);
      if (newer && mode.state != "fixed" && !measured(id)) {
        set_failure_mode_state(
            project_, id, "fixed", model_,
            fmt::format("not found among {} examined samples of its slice", examined));
      }
    }
  }

 private:
  void drop_findings(const std::string& mode) {
    project_.catalog->execute("DELETE FROM failure_mode_findings WHERE failure_mode = $1", {mode});
  }

  // What people decided and where the mode comes from stay; what was measured is new.
  void refresh(const FailureMode& known, FailureMode row) {
    row.name = known.name;
    row.weight = known.weight;
    row.state = known.state;
    row.owner = known.owner;
    const Json evidence = parse_json(known.evidence, "evidence");
    if (evidence.contains("parts")) {  // people split it: what they took out stays out
      Json more = parse_json(row.evidence, "evidence");
      more["parts"] = evidence["parts"];
      row.evidence = more.dump();
      row.slice = known.slice;
    }
    row.first_model = known.first_model;
    row.created_at = known.created_at;
    if (slug(known.title) != known.name && !known.name.starts_with(slug(known.title) + "-")) {
      row.title = known.title;  // a title given by hand
    }
    row.rank_score = row.weight * row.frequency * row.severity;
    save_failure_mode(project_, row);
    if (known.state == "fixed" && !measured(row.id)) {
      set_failure_mode_state(project_, row.id, "regressed", model_, "found again by triage");
    }
  }

  // Whether an evaluation on labelled test data says how the mode fares with this model; that
  // decides, and not what checks find.
  [[nodiscard]] bool measured(const std::string& mode) const {
    return !project_.catalog
                ->query(
                    "SELECT 1 FROM failure_mode_evaluations WHERE failure_mode = $1 AND model "
                    "= $2 AND examined >= $3",
                    {mode, model_, static_cast<std::int64_t>(kExaminedMin)})
                .empty();
  }

  static std::string merged_into(const FailureMode& mode) {
    return json_get_or<std::string>(parse_json(mode.evidence, "evidence"), "merged_into", "");
  }

  static std::vector<std::string> checks_of(const FailureMode& mode) {
    return json_get_or<std::vector<std::string>>(parse_json(mode.evidence, "evidence"), "checks",
                                                 {});
  }

  // Whether none of the checks that found it is there any more.
  [[nodiscard]] bool of_removed_checks(const FailureMode& mode) const {
    const auto checks = checks_of(mode);
    return !checks.empty() &&
           std::all_of(checks.begin(), checks.end(),
                       [&](const std::string& check) { return removed_.contains(check); });
  }

  // Samples of the mode's slice that the checks which found it have examined.
  static std::size_t examined_in(const std::vector<Channel>& channels, const FailureMode& mode) {
    const Filter filter = Filter::parse(mode.slice);
    const auto checks = checks_of(mode);
    std::set<std::string_view> keys;
    for (const auto& channel : channels) {
      if (std::find(checks.begin(), checks.end(), channel.check) == checks.end()) {
        continue;
      }
      for (const auto& sample : channel.samples) {
        if (filter.matches(sample)) {
          keys.insert(sample.key);
        }
      }
    }
    return keys.size();
  }

  Project& project_;
  std::string model_;
  std::map<std::string, FailureMode> known_;
  std::set<std::string> seen_;
  std::set<std::string> removed_;  // checks
  std::vector<std::pair<std::string, const FoundMode*>> merged_;
};

}  // namespace

Json update(Project& project, const UpdateOptions& options) {
  const std::string model = queue_model(project, options.model);
  const auto channels = channels_of(project, current_findings(project, model));
  std::size_t finding_count = 0;
  for (const auto& channel : channels) {
    finding_count += channel.findings.size();
  }
  const auto found = group_findings(channels, {});
  project.catalog->transaction([&] {
    Update work(project, model);
    for (const auto& mode : found) {
      work.found(mode);
    }
    work.follow_merges();
    work.settle(channels);
  });
  Json result = {{"model", model}, {"findings", finding_count}};
  result["modes"] = modes(project, false)["modes"];
  return result;
}

Json update_after_checks(Project& project, const std::string& model) {
  const auto champion = queue_model(project, "");
  if (!champion.empty() && model != champion) {
    return nullptr;
  }
  const Json result = update(project, {.model = model});
  return {{"modes", result["modes"].size()}, {"doubts", label_doubts(project, model)["total"]}};
}

}  // namespace spotter::triage
