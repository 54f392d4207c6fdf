// From findings to failure modes, without a store: which slices of the examined samples explain
// where the findings of each check are, what is left over, and which of those are one and the same.
// Pure.
#pragma once
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "domain/finding.h"
#include "domain/sample.h"
#include "project/check_runs.h"
#include "project/sample_conditions.h"

namespace spotter::triage {

// A slice of spotter.yaml as a candidate explanation.
struct NamedSlice {
  std::string name;
  std::string where;
  double weight = 1;
  std::vector<std::uint8_t> holds;  // a flag for each sample of the channel
};

// What one check said about the samples that it examined.
struct Channel {
  std::string check;
  std::vector<Sample> samples;
  std::vector<Finding> findings;  // of those samples
  ObjectCounts objects;           // examined objects, of checks that judge object by object
  std::vector<NamedSlice> slices;
};

struct GroupingOptions {
  std::size_t samples_min = 10;   // support of a slice
  std::size_t findings_min = 5;   // affected samples of a mode that no slice explains
  double false_discovery = 0.05;  // over everything that one call tries
  double overlap = 0.7;           // slices that share so much of their samples are one mode
  double class_share = 0.8;       // a mode is about one class when so many of its findings are
  std::size_t slices_max = 8;     // per check and kind of error
};

// A mode as found now; identity and state come from the catalog.
struct FoundMode {
  std::string where;  // filter over samples, "true" when nothing but class and error unites it
  std::string words;  // "in rain"; empty for "true"
  std::string title;  // "missed cones in rain"
  std::string class_name;
  std::string error;  // the gravest kind in it
  std::vector<std::string> checks;
  std::string unit;                // what is counted: "objects" or "samples"
  std::size_t unit_count = 0;      // examined in the slice
  std::size_t affected_count = 0;  // of those, with a finding of the mode
  double rate_inside = 0;
  double rate_outside = 0;
  double p = 1;          // adjusted; 1 for "true"
  double weight = 1;     // largest of the configured slices that it is one with
  double frequency = 0;  // share of the examined units that are in the slice
  double severity = 0;   // seriousness of the error × excess of the affected share
  std::vector<std::string> finding_ids;
  std::vector<std::string> finding_samples;  // aligned with finding_ids
  std::vector<double> finding_scores;
  std::map<std::string, std::size_t> kinds;  // "miss cone" → findings
  [[nodiscard]] double rank_score() const { return weight * frequency * severity; }
};

// By falling rank_score, then title. Deterministic.
[[nodiscard]] std::vector<FoundMode> group_findings(std::span<const Channel> channels,
                                                    const GroupingOptions& options);

// How serious a kind of error is: 1 for a miss.
[[nodiscard]] double seriousness(const std::string& error);

}  // namespace spotter::triage
