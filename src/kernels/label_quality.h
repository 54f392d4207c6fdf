// Errors in box labels, object by object, from the predictions of a model that did not train on
// them: overlooked, swapped, badly located and spurious labels, each with the change that would
// mend it. After ObjectLab (objectlab.h), with its weaknesses mended: distances are relative to the
// boxes, an overlooked object may touch others, and fixed cuts are replaced by what scores and
// overlaps are worth in this data, class by class.
#pragma once
#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "kernels/coco_eval.h"

namespace spotter::kernels {

enum class LabelIssueKind : std::uint8_t { kOverlooked, kSwapped, kBadlyLocated, kSpurious };
inline constexpr std::array<std::string_view, 4> kLabelIssueKinds = {"overlooked", "swapped",
                                                                     "badly_located", "spurious"};

// Rows are positions in the columns, -1 = none. The proposed fix follows from the kind: add the
// detection, give the truth the detection's class, give it the detection's box, remove the truth.
struct LabelIssue {
  LabelIssueKind kind = LabelIssueKind::kOverlooked;
  double score = 0;  // 0 … 1, 1 = most suspicious
  std::int32_t image = 0;
  std::int32_t truth = -1;
  std::int32_t detection = -1;
};

// Issues of at least `score_min`, most suspicious first, at most one a truth and one a detection.
// Crowd regions are never doubted; what lies in one is not overlooked. Needs boxes and scores in
// [0, 1]. Time grows with truths × detections of the same picture; in parallel over pictures. With
// fewer than 20 found objects in all, scores cannot be judged and nothing is reported.
[[nodiscard]] std::vector<LabelIssue> find_label_issues(const CocoColumns& truths,
                                                        const CocoColumns& detections,
                                                        CocoSize size, double score_min);

}  // namespace spotter::kernels
