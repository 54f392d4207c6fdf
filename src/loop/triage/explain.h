// Why findings are where they are: over the objects or samples that one check examined, the
// conditions on metadata and class that explain one kind of error, and what is left over. Used by
// grouping.
#pragma once
#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "loop/triage/grouping.h"

namespace spotter::triage {

// One explanation of some of a channel's findings.
struct Explained {
  std::string where = "true";  // filter over samples
  std::string words;           // "in rain"
  std::string class_name;      // when the class is part of the explanation
  double weight = 1;
  std::string error;
  std::string unit;                // "objects" or "samples"
  std::size_t unit_count = 0;      // examined units in the slice
  std::size_t affected_count = 0;  // of those, with a finding
  double unit_share = 0;           // of all examined units
  double rate_inside = 0;
  double rate_outside = 0;
  double p = 1;                       // 1 = left over, not explained
  std::set<std::string> samples;      // all examined samples in the slice
  std::vector<std::size_t> findings;  // indices into the channel's findings
};

// Explanations of the findings of one kind of error, then what they leave by class. `families` is
// the number of such searches of one update, over which the false discovery rate is kept. Units are
// objects when the check counted them and the error is about objects; a sample without counts fails
// when its findings weigh more than those of four fifths of the samples.
[[nodiscard]] std::vector<Explained> explain(const Channel& channel, const std::string& error,
                                             const GroupingOptions& options, std::size_t families);

}  // namespace spotter::triage
