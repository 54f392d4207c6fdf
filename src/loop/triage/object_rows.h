// Objects as rows of a table: every label, found or not, and every prediction, right or wrong, with
// the kind of error that each is. What slice discovery on objects looks at. Pure.
#pragma once
#include <string>
#include <vector>

#include "project/sample_conditions.h"
#include "project/scoring.h"

namespace spotter::triage {

struct ObjectRows {
  std::string kind;                 // "label" or "prediction"
  std::vector<ObjectRow> rows;      // `sample` is a position in the split
  std::vector<std::string> object;  // of each: the label's, or "p<position>" of a prediction
  std::vector<std::string> error;   // of each; empty = good
};

// Labels that count, and how predictions of at least `score_min` failed them: miss, wrong_class,
// bad_box, by the bounds of TIDE (another class at IoU 0.5, the same at 0.1).
[[nodiscard]] ObjectRows label_rows(const SplitData& data,
                                    const std::vector<PredictionSet>& predictions,
                                    double score_min);
// Predictions of at least `score_min`; those that mean no label fail: false_alarm, duplicate. A
// wrong class and a wrong place are errors of the label that was meant.
[[nodiscard]] ObjectRows prediction_rows(const SplitData& data,
                                         const std::vector<PredictionSet>& predictions,
                                         double score_min);

}  // namespace spotter::triage
