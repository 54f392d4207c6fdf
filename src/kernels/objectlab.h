// The plain ObjectLab formula for label errors in boxes, as cleanlab 2.9.0 computes it, kept to be
// measured against; label_quality.h is what Spotter uses. Tkachenko, Thyagarajan, Mueller:
// ObjectLab, 2023.
#pragma once
#include <cstdint>
#include <vector>

#include "kernels/coco_eval.h"

namespace spotter::kernels {

// Scores are label qualities in [0, 1]: low = probably wrong.
struct ObjectLab {
  std::vector<double> image_scores;       // by image
  std::vector<std::uint8_t> image_issue;  // by image: any box below its class's limit
  std::vector<double> overlooked;         // by detection; NaN = not judged
  std::vector<double> badly_located;      // by truth
  std::vector<double> swapped;            // by truth
  std::vector<float> limits;              // by category: a box at or below it is an issue
};

// Crowd regions are objects like any other, as in the reference. Time grows with truths ×
// detections of the same picture; in parallel over pictures and classes.
[[nodiscard]] ObjectLab objectlab(const CocoColumns& truths, const CocoColumns& detections,
                                  CocoSize size);

}  // namespace spotter::kernels
