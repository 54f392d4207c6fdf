// What each kind of error costs a detector: the AP50 that an oracle would gain by mending errors of
// this kind alone (Bolya et al., TIDE, ECCV 2020). For the error of a single object, see match.h.
#pragma once
#include <array>
#include <cstdint>

#include "kernels/coco_eval.h"

namespace spotter::kernels {

// In the order of kErrorKinds.
inline constexpr std::array<std::string_view, 6> kErrorKinds = {"cls",  "loc", "both",
                                                                "dupe", "bkg", "miss"};

struct ErrorShares {
  double ap50 = -1;  // over the classes that have truths, 100 detections a picture
  std::array<std::int64_t, 6> count{};  // errors of the kind
  std::array<double, 6> gain{};         // AP50 gained without them, never negative
  double false_alarm_gain = 0;          // without any false alarm
  double miss_gain = 0;                 // without any object that nobody found
};

// Boxes only; crowds are ignored. A detection counts as a hit from an overlap of 0.5, and as
// background up to 0.1. A wrong class or place is mended for the best-scored detection of an object
// that nobody found; the others that meant the same object are dropped. Uses all cores.
[[nodiscard]] ErrorShares error_shares(const CocoColumns& truths, const CocoColumns& detections,
                                       CocoSize size);

}  // namespace spotter::kernels
