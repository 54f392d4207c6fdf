// Labels and predictions of the examined samples as columns, for kernels that look at all of them
// together, and their counts. Only checks include this.
#pragma once
#include <cstddef>
#include <string>
#include <vector>

#include "kernels/coco_eval.h"
#include "loop/checks/check.h"

namespace spotter::checks {

struct BoxColumns {
  // Where a row is from: a sample, and the place among its labels or predictions.
  struct Origin {
    std::size_t sample = 0;
    std::size_t place = 0;
  };
  kernels::CocoColumns truths;  // labels to ignore are crowds: they explain and are never doubted
  kernels::CocoColumns detections;
  kernels::CocoSize size;            // images are the positions in input.samples
  std::vector<std::string> classes;  // by position: those of labels and predictions, sorted
  std::vector<Origin> truth_origin;
  std::vector<Origin> detection_origin;
};

// Of samples that have labels and outputs; boxes without area are left out.
[[nodiscard]] BoxColumns box_columns(const CheckInput& input);

// Notes how many objects of each class the sample has; regions and those to ignore are none.
void count_objects(const LabelSet& labels, std::size_t sample, CheckOutput& output);

}  // namespace spotter::checks
