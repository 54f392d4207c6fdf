// What is known of each channel: how often people confirmed it, and from that how likely an item is
// worth a person's minute and whether the model or the label is wrong. A channel is a check and a
// kind of error, because a check may be right about one kind and wrong about another. Everything
// follows from the verdicts in the catalog and from what stands; nothing else is kept.
#pragma once
#include <compare>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "kernels/channel_fusion.h"
#include "project/check_runs.h"

namespace spotter::triage {

// What is believed of a channel before anybody judged it: the share of its findings that are worth
// looking at. Channels that are computed from detections alone start low: a model that fails
// silently gives nothing to be unsure about.
[[nodiscard]] double prior_precision(const std::string& check);

// What a check looks at: "labels against the model", "another sensor", … Checks that look at the
// same thing say the same twice, so an item counts only the most trusted of them. A check that is
// not known looks at something of its own.
[[nodiscard]] std::string evidence_of(const std::string& check);
inline constexpr const char* kLabelsAgainstModel = "labels against the model";

struct VerdictCounts {
  std::int64_t model_error = 0;
  std::int64_t label_error = 0;
  std::int64_t ambiguous = 0;
  std::int64_t ignore = 0;
  [[nodiscard]] std::int64_t total() const {
    return model_error + label_error + ambiguous + ignore;
  }
  // Verdicts that confirm; what cannot be told counts half.
  [[nodiscard]] double confirmed() const {
    return static_cast<double>(model_error + label_error) + static_cast<double>(ambiguous) / 2;
  }
};

struct ChannelName {
  std::string check;
  std::string error;
  friend auto operator<=>(const ChannelName&, const ChannelName&) = default;
};
[[nodiscard]] inline ChannelName channel_of(const Finding& finding) {
  return {finding.check, finding.error};
}

class Channels {
 public:
  // Learns from every verdict that stands. `current`: what stands now, for the ranks of scores.
  // Loads the judged findings.
  Channels(Project& project, const std::vector<CurrentCheck>& current);

  [[nodiscard]] const std::vector<ChannelName>& names() const { return names_; }
  [[nodiscard]] const VerdictCounts& counts(const ChannelName& channel) const;
  // The votes of an item's findings: of each kind of evidence the channel that is believed most, at
  // its highest rank.
  [[nodiscard]] std::vector<kernels::Vote> votes(const std::vector<const Finding*>& findings) const;
  // Rank of the channel's strongest finding that stands.
  [[nodiscard]] double top_rank(const ChannelName& channel) const;
  // How many judged items a kind of evidence had a word in.
  [[nodiscard]] std::int64_t judged_count(const std::string& evidence) const;
  [[nodiscard]] const kernels::ChannelFusion& fusion() const { return *fusion_; }
  // Chance that the model and not the label is wrong, if something is: the check's own guess, moved
  // by the verdicts on this check and kind of error.
  [[nodiscard]] double model_share(const Finding& finding) const;
  // Findings that people have judged, in any run, by what they are about.
  [[nodiscard]] bool judged(const Finding& finding) const;

 private:
  void learn(Project& project);
  [[nodiscard]] std::uint32_t index_of(const ChannelName& channel) const;

  std::vector<ChannelName> names_;                     // rising
  std::map<ChannelName, std::vector<double>> scores_;  // that stand, rising
  std::map<ChannelName, VerdictCounts> counts_;        // of items
  std::map<std::string, std::int64_t> judged_by_evidence_;
  std::set<std::string> judged_;
  std::optional<kernels::ChannelFusion> fusion_;
};

}  // namespace spotter::triage
