#include "loop/triage/grouping.h"

#include <algorithm>
#include <cmath>
#include <set>
#include <tuple>
#include <utility>

#include <fmt/format.h>

#include "kernels/slices.h"
#include "loop/triage/naming.h"

namespace spotter::triage {
namespace {

using kernels::RowSet;

// What no slice explains cannot be aimed at by a campaign and ranks behind what can.
constexpr double kUnexplainedShare = 0.1;

// A condition of either kind: from metadata or from spotter.yaml.
struct Condition {
  std::string where;
  std::string words;
  double weight = 1;
};

// One kind of error of one check: where it happens, before merging.
struct Candidate {
  Condition condition;
  std::string error;
  RowSet rows;  // of the channel's samples
  RowSet affected;
  double rate_inside = 0;
  double rate_outside = 0;
  double p = 1;
  std::vector<std::size_t> findings;  // indices into the channel's findings
};

// The samples and findings of a channel, by row.
class Grouper {
 public:
  Grouper(const Channel& channel, const GroupingOptions& options, std::size_t families)
      : channel_(channel), options_(options), families_(std::max<std::size_t>(families, 1)) {
    scenes_ = scene_numbers(channel.samples);
    std::map<std::string_view, std::size_t> row_of;
    for (std::size_t row = 0; row < channel.samples.size(); ++row) {
      row_of.emplace(channel.samples[row].key, row);
    }
    for (const auto& finding : channel.findings) {
      row_of_finding_.push_back(row_of.at(finding.sample));
    }
    add_conditions();
  }

  // Slices that explain findings of one kind; findings of no slice go to `left`.
  std::vector<Candidate> explain(const std::string& error, std::vector<std::size_t>& left) const {
    std::vector<std::size_t> findings;
    RowSet affected(channel_.samples.size());
    for (std::size_t i = 0; i < channel_.findings.size(); ++i) {
      if (channel_.findings[i].error == error) {
        findings.push_back(i);
        affected.add(row_of_finding_[i]);
      }
    }
    kernels::SliceOptions options;
    options.rows_min = options_.samples_min;
    options.slices_max = options_.slices_max;
    options.false_discovery = options_.false_discovery / static_cast<double>(families_);
    std::vector<Candidate> candidates;
    RowSet explained(channel_.samples.size());
    for (const auto& slice : kernels::find_slices(predicates_, affected, scenes_, options)) {
      candidates.push_back(candidate_of(slice, error, findings, affected));
      explained |= candidates.back().rows;
    }
    for (const std::size_t i : findings) {
      if (!explained.has(row_of_finding_[i])) {
        left.push_back(i);
      }
    }
    return candidates;
  }

  // Findings that no slice explains, by class.
  std::vector<Candidate> unexplained(const std::string& error,
                                     const std::vector<std::size_t>& left) const {
    std::map<std::string, std::vector<std::size_t>> by_class;
    for (const std::size_t i : left) {
      by_class[channel_.findings[i].class_name].push_back(i);
    }
    std::vector<Candidate> candidates;
    for (auto& [class_name, findings] : by_class) {
      Candidate candidate{.condition = {"true", "", 1},
                          .error = error,
                          .rows = RowSet(channel_.samples.size(), true),
                          .affected = RowSet(channel_.samples.size())};
      std::set<std::uint32_t> scenes;
      for (const std::size_t i : findings) {
        candidate.affected.add(row_of_finding_[i]);
        scenes.insert(scenes_[row_of_finding_[i]]);
      }
      if (candidate.affected.count() >= options_.findings_min && scenes.size() >= 3) {
        candidate.rate_inside = share(candidate.affected, candidate.rows, error);
        candidate.findings = std::move(findings);
        candidates.push_back(std::move(candidate));
      }
    }
    return candidates;
  }

 private:
  void add_conditions() {
    int column = 0;
    for (auto& condition : sample_conditions(channel_.samples, options_.samples_min)) {
      column = std::max(column, condition.column + 1);
      conditions_.push_back({std::move(condition.where), std::move(condition.words), 1});
      predicates_.push_back({condition.column, std::move(condition.rows), condition.complexity});
    }
    for (const auto& slice : channel_.slices) {
      RowSet rows(channel_.samples.size());
      for (std::size_t row = 0; row < slice.holds.size(); ++row) {
        if (slice.holds[row] != 0) {
          rows.add(row);
        }
      }
      const bool known = std::any_of(conditions_.begin(), conditions_.end(),
                                     [&](const Condition& c) { return c.where == slice.where; });
      if (!known && slice.where != "true") {
        conditions_.push_back({slice.where, fmt::format("in slice {}", slice.name), slice.weight});
        predicates_.push_back({column++, std::move(rows), 1});
      }
    }
  }

  Candidate candidate_of(const kernels::FoundSlice& slice, const std::string& error,
                         const std::vector<std::size_t>& findings, const RowSet& affected) const {
    Candidate candidate;
    candidate.error = error;
    candidate.p = slice.p_adjusted;
    candidate.rows = RowSet(channel_.samples.size(), true);
    candidate.condition.where.clear();
    for (const std::size_t i : slice.predicates) {
      auto& whole = candidate.condition;
      whole.where += (whole.where.empty() ? "" : " AND ") + conditions_[i].where;
      whole.words += (whole.words.empty() ? "" : " ") + conditions_[i].words;
      whole.weight = std::max(whole.weight, conditions_[i].weight);
      candidate.rows &= predicates_[i].rows;
    }
    candidate.affected = candidate.rows & affected;
    RowSet outside(channel_.samples.size(), true);
    outside.remove(candidate.rows);
    candidate.rate_inside = share(candidate.affected, candidate.rows, error);
    candidate.rate_outside = share(outside & affected, outside, error);
    for (const std::size_t i : findings) {
      if (candidate.rows.has(row_of_finding_[i])) {
        candidate.findings.push_back(i);
      }
    }
    return candidate;
  }

  // The affected share of `rows`. Flags count by scene: a person presses the button once for an
  // event.
  double share(const RowSet& affected, const RowSet& rows, const std::string& error) const {
    const auto ratio = [](std::size_t a, std::size_t b) {
      return b == 0 ? 0.0 : static_cast<double>(a) / static_cast<double>(b);
    };
    if (error != "flagged") {
      return ratio(affected.count(), rows.count());
    }
    std::set<std::uint32_t> hit;
    std::set<std::uint32_t> all;
    affected.each([&](std::size_t row) { hit.insert(scenes_[row]); });
    rows.each([&](std::size_t row) { all.insert(scenes_[row]); });
    return ratio(hit.size(), all.size());
  }

  const Channel& channel_;
  const GroupingOptions& options_;
  std::size_t families_;
  std::vector<std::uint32_t> scenes_;
  std::vector<std::size_t> row_of_finding_;
  std::vector<Condition> conditions_;
  std::vector<kernels::SlicePredicate> predicates_;
};

// A mode with what merging needs: its samples by key.
struct Draft {
  FoundMode mode;
  std::set<std::string> samples;  // all examined samples in the slice
  double gravity = 0;             // of the error that names it
  std::map<std::string, std::size_t> classes;
};

Draft draft_of(const Channel& channel, Candidate candidate) {
  Draft draft;
  FoundMode& mode = draft.mode;
  mode.where = std::move(candidate.condition.where);
  mode.words = std::move(candidate.condition.words);
  mode.weight = candidate.condition.weight;
  mode.error = candidate.error;
  mode.checks = {channel.check};
  mode.sample_count = candidate.rows.count();
  mode.affected_count = candidate.affected.count();
  mode.rate_inside = candidate.rate_inside;
  mode.rate_outside = candidate.rate_outside;
  mode.p = candidate.p;
  const double share =
      static_cast<double>(mode.sample_count) / static_cast<double>(channel.samples.size());
  const double excess = std::max(0.0, mode.rate_inside - mode.rate_outside);
  mode.frequency = share;
  mode.severity = seriousness(mode.error) * excess * (mode.where == "true" ? kUnexplainedShare : 1);
  draft.gravity = mode.frequency * mode.severity;
  candidate.rows.each([&](std::size_t row) { draft.samples.insert(channel.samples[row].key); });
  for (const std::size_t i : candidate.findings) {
    const Finding& finding = channel.findings[i];
    mode.finding_ids.push_back(finding.id);
    mode.finding_samples.push_back(finding.sample);
    mode.finding_scores.push_back(finding.score);
    mode.kinds[finding.error + (finding.class_name.empty() ? "" : " " + finding.class_name)] += 1;
    draft.classes[finding.class_name] += 1;
  }
  return draft;
}

double overlap(const std::set<std::string>& a, const std::set<std::string>& b) {
  std::size_t both = 0;
  for (const auto& key : a) {
    both += b.count(key);
  }
  return static_cast<double>(both) / static_cast<double>(a.size() + b.size() - both);
}

// Lays `other` into `draft`, which keeps its slice; the graver error names the mode.
void merge(Draft& draft, Draft&& other) {
  FoundMode& mode = draft.mode;
  FoundMode& more = other.mode;
  if (other.gravity > draft.gravity) {
    std::tie(mode.error, mode.rate_inside, mode.rate_outside, mode.frequency, mode.severity) =
        std::tie(more.error, more.rate_inside, more.rate_outside, more.frequency, more.severity);
    mode.sample_count = more.sample_count;
    mode.affected_count = more.affected_count;
    draft.gravity = other.gravity;
  }
  mode.p = std::min(mode.p, more.p);
  mode.weight = std::max(mode.weight, more.weight);
  for (auto& check : more.checks) {
    if (std::find(mode.checks.begin(), mode.checks.end(), check) == mode.checks.end()) {
      mode.checks.push_back(check);
    }
  }
  const auto append = [](auto& to, auto& from) { to.insert(to.end(), from.begin(), from.end()); };
  append(mode.finding_ids, more.finding_ids);
  append(mode.finding_samples, more.finding_samples);
  append(mode.finding_scores, more.finding_scores);
  for (const auto& [kind, count] : more.kinds) {
    mode.kinds[kind] += count;
  }
  for (const auto& [class_name, count] : other.classes) {
    draft.classes[class_name] += count;
  }
  draft.samples.merge(other.samples);
}

bool same_mode(const Draft& a, const Draft& b, const GroupingOptions& options) {
  if (a.mode.where == "true" || b.mode.where == "true") {
    return a.mode.where == b.mode.where && a.mode.error == b.mode.error &&
           a.classes.begin()->first == b.classes.begin()->first;
  }
  return a.mode.where == b.mode.where || overlap(a.samples, b.samples) >= options.overlap;
}

void name_mode(Draft& draft, const GroupingOptions& options) {
  std::size_t total = 0;
  std::size_t most = 0;
  for (const auto& [class_name, count] : draft.classes) {
    if (class_name.empty()) {
      continue;  // findings about whole samples have no class and do not vote
    }
    total += count;
    if (count > most) {
      most = count;
      draft.mode.class_name = class_name;
    }
  }
  if (static_cast<double>(most) < options.class_share * static_cast<double>(total)) {
    draft.mode.class_name.clear();
  }
  const auto words = error_words(draft.mode.error, draft.mode.class_name);
  draft.mode.title =
      draft.mode.words.empty() ? words : fmt::format("{} {}", words, draft.mode.words);
}

std::set<std::string> kinds_of(const Channel& channel) {
  std::set<std::string> kinds;
  for (const auto& finding : channel.findings) {
    kinds.insert(finding.error);
  }
  return kinds;
}

std::vector<Draft> drafts_of(const Channel& channel, const GroupingOptions& options,
                             std::size_t families) {
  const Grouper grouper(channel, options, families);
  std::vector<Draft> drafts;
  for (const auto& error : kinds_of(channel)) {
    std::vector<std::size_t> left;
    for (auto& candidate : grouper.explain(error, left)) {
      drafts.push_back(draft_of(channel, std::move(candidate)));
    }
    for (auto& candidate : grouper.unexplained(error, left)) {
      drafts.push_back(draft_of(channel, std::move(candidate)));
    }
  }
  return drafts;
}

}  // namespace

double seriousness(const std::string& error) {
  static const std::map<std::string, double> table = {
      {"miss", 1},      {"flagged", 1.5}, {"wrong_class", 0.8}, {"false_alarm", 0.7},
      {"bad_box", 0.4}, {"novel", 0.5},   {"high_loss", 0.5}};
  const auto it = table.find(error);
  return it == table.end() ? 0.5 : it->second;
}

std::vector<FoundMode> group_findings(std::span<const Channel> channels,
                                      const GroupingOptions& options) {
  std::size_t families = 0;
  for (const auto& channel : channels) {
    families += kinds_of(channel).size();
  }
  std::vector<Draft> drafts;
  for (const auto& channel : channels) {
    auto some = drafts_of(channel, options, families);
    std::move(some.begin(), some.end(), std::back_inserter(drafts));
  }
  std::stable_sort(drafts.begin(), drafts.end(), [](const Draft& a, const Draft& b) {
    return std::tuple(-a.gravity, a.mode.where) < std::tuple(-b.gravity, b.mode.where);
  });
  std::vector<Draft> merged;
  for (auto& draft : drafts) {
    const auto same = std::find_if(merged.begin(), merged.end(), [&](const Draft& kept) {
      return same_mode(kept, draft, options);
    });
    if (same == merged.end()) {
      merged.push_back(std::move(draft));
    } else {
      merge(*same, std::move(draft));
    }
  }
  std::vector<FoundMode> modes;
  for (auto& draft : merged) {
    name_mode(draft, options);
    modes.push_back(std::move(draft.mode));
  }
  std::stable_sort(modes.begin(), modes.end(), [](const FoundMode& a, const FoundMode& b) {
    return std::tuple(-a.rank_score(), a.title) < std::tuple(-b.rank_score(), b.title);
  });
  return modes;
}

}  // namespace spotter::triage
