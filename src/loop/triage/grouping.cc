#include "loop/triage/grouping.h"

#include <algorithm>
#include <cmath>
#include <set>
#include <tuple>
#include <utility>

#include <fmt/format.h>

#include "loop/triage/explain.h"
#include "loop/triage/naming.h"

namespace spotter::triage {
namespace {

// What no slice explains cannot be aimed at by a campaign and ranks behind what can.
constexpr double kUnexplainedShare = 0.1;

// A mode with what merging needs: its samples by key.
struct Draft {
  FoundMode mode;
  std::set<std::string> samples;  // all examined samples in the slice
  double gravity = 0;             // of the error that names it
  std::map<std::string, std::size_t> classes;
};

Draft draft_of(const Channel& channel, Explained explained) {
  Draft draft;
  FoundMode& mode = draft.mode;
  mode.where = std::move(explained.where);
  mode.words = std::move(explained.words);
  mode.class_name = std::move(explained.class_name);
  mode.weight = explained.weight;
  mode.error = std::move(explained.error);
  mode.checks = {channel.check};
  mode.unit = std::move(explained.unit);
  mode.unit_count = explained.unit_count;
  mode.affected_count = explained.affected_count;
  mode.rate_inside = explained.rate_inside;
  mode.rate_outside = explained.rate_outside;
  mode.p = explained.p;
  mode.frequency = explained.unit_share;
  const double excess = std::max(0.0, mode.rate_inside - mode.rate_outside);
  mode.severity = seriousness(mode.error) * excess * (explained.p >= 1 ? kUnexplainedShare : 1);
  draft.gravity = mode.frequency * mode.severity;
  draft.samples = std::move(explained.samples);
  for (const std::size_t i : explained.findings) {
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
    mode.error = more.error;
    mode.unit = more.unit;
    mode.unit_count = more.unit_count;
    mode.affected_count = more.affected_count;
    mode.rate_inside = more.rate_inside;
    mode.rate_outside = more.rate_outside;
    mode.frequency = more.frequency;
    mode.severity = more.severity;
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
           a.mode.class_name == b.mode.class_name;
  }
  return a.mode.where == b.mode.where || overlap(a.samples, b.samples) >= options.overlap;
}

void name_mode(Draft& draft, const GroupingOptions& options) {
  std::size_t total = 0;
  std::size_t most = 0;
  draft.mode.class_name.clear();  // the findings decide, after all merging
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
  std::vector<Draft> drafts;
  for (const auto& error : kinds_of(channel)) {
    for (auto& explained : explain(channel, error, options, families)) {
      drafts.push_back(draft_of(channel, std::move(explained)));
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
