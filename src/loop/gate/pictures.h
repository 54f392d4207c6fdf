// The samples that a person should look at before shipping: where the challenger lost most against
// the champion, and where it gained most.
#pragma once
#include <string>
#include <vector>

#include "base/json.h"
#include "project/scoring.h"

namespace spotter::gate {

struct PairedSample {
  std::string sample;
  std::size_t position = 0;  // in the split
  int fixed = 0;             // objects that only the challenger finds
  int broken = 0;            // objects that only the champion finds
  int false_alarms_before = 0;
  int false_alarms_after = 0;
  std::string note;  // "2 objects lost, 1 false alarm more"
};

struct Pictures {
  std::vector<PairedSample> regressions;  // worst first
  std::vector<PairedSample> fixes;        // best first
};

// At most `count` of each, one a scene.
[[nodiscard]] Pictures choose_pictures(const SplitData& data,
                                       const std::vector<PredictionSet>& before,
                                       const std::vector<PredictionSet>& after, std::size_t count);

// {"sample", "fixed", "broken", "note", "labels": [{class, box}], "before": [{class, score, box,
// hit}], "after": […]}.
[[nodiscard]] Json to_json(const PairedSample& pair, const SplitData& data,
                           const std::vector<PredictionSet>& before,
                           const std::vector<PredictionSet>& after);

}  // namespace spotter::gate
