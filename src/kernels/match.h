// Which detection found which object in one picture, at one overlap, and what kind of error each
// miss and false alarm is.
#pragma once
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "domain/geometry.h"

namespace spotter::kernels {

struct Truth {
  Box box;
  std::int32_t class_index = 0;
  bool ignored = false;  // neither a hit nor a miss
  bool crowd = false;    // a region of many: ignored, and may swallow several detections
};

struct Detection {
  Box box;
  std::int32_t class_index = 0;
  double score = 0;
};

enum class MatchKind : std::uint8_t { kHit, kFalseAlarm, kMiss, kIgnored };
// Bolya et al., TIDE, ECCV 2020.
enum class ErrorType : std::uint8_t {
  kNone,
  kClass,
  kLocation,
  kBoth,
  kDuplicate,
  kBackground,
  kMiss
};

struct ObjectMatch {
  MatchKind kind = MatchKind::kHit;
  ErrorType error = ErrorType::kNone;
  std::int32_t truth = -1;      // position, or -1
  std::int32_t detection = -1;  // position, or -1
  double iou = 0;  // with that truth, or the best overlap of a false alarm with any truth
};

// Greedy by score within each class, as COCO does: a detection takes the free truth that it
// overlaps most, at least by `iou_min`; those to ignore only if no other is left. Gives one match a
// detection, then one a truth that nobody found; detections with no counted truth to fall on inside
// an ignored one are ignored.
[[nodiscard]] std::vector<ObjectMatch> match_objects(std::span<const Truth> truths,
                                                     std::span<const Detection> detections,
                                                     double iou_min);

[[nodiscard]] std::string_view name(MatchKind kind);  // "tp", "fp", "fn", "ignored"
[[nodiscard]] std::string_view name(
    ErrorType error);  // "", "cls", "loc", "both", "dupe", "bkg", "miss"

}  // namespace spotter::kernels
