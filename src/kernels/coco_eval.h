// Average precision and recall of detections exactly as the COCO reference computes them: greedy
// matching by score, crowd and ignored regions, area ranges, 1/10/100 detections, 101 recall
// points. On columns, in parallel over classes.
#pragma once
#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "kernels/rle.h"

namespace spotter::kernels {

// One row an object. `image` and `category` are positions in the sorted lists of ids, as they
// decide the order of ties. Boxes are x, y, width, height in pixels, kept as the file gives them.
struct CocoColumns {
  std::vector<std::int32_t> image;
  std::vector<std::int32_t> category;
  std::vector<std::array<double, 4>> box;
  std::vector<double> area;
  std::vector<double> score;          // detections
  std::vector<std::uint8_t> crowd;    // truths: a region of many, neither hit twice nor missed
  std::vector<std::uint8_t> zero_id;  // truths with the id 0, empty = none: the reference takes a
                                      // detection that found one for a false alarm
  std::vector<Rle> mask;              // for segm, else empty
  [[nodiscard]] std::size_t size() const { return image.size(); }
};

inline constexpr std::array<std::string_view, 12> kCocoMetrics = {
    "AP", "AP50", "AP75", "APs", "APm", "APl", "AR1", "AR10", "AR100", "ARs", "ARm", "ARl"};

struct CocoClassResult {
  std::int64_t truths = 0;           // not crowd
  std::array<double, 12> metrics{};  // as kCocoMetrics
};

struct CocoResult {
  std::array<double, 12> metrics{};  // as kCocoMetrics; -1 where undefined
  std::vector<CocoClassResult> classes;
};

struct CocoSize {
  std::int32_t images = 0;
  std::int32_t categories = 0;
};

// Overlap of masks when both sides have them, else of boxes. Time grows with detections × truths of
// the same picture and class; memory with the detections of a class, and 35 kB a class. Equal to
// the last digit to the reference, whatever the number of threads.
[[nodiscard]] CocoResult coco_evaluate(const CocoColumns& truths, const CocoColumns& detections,
                                       CocoSize size);

}  // namespace spotter::kernels
