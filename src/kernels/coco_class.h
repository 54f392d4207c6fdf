// The inner part of the COCO evaluation: one class over all pictures. Only coco_eval.cc includes
// this.
#pragma once
#include <array>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "kernels/coco_eval.h"

namespace spotter::kernels {

inline constexpr std::size_t kCocoThresholds = 10;  // overlaps 0.50, 0.55 … 0.95
inline constexpr std::size_t kCocoRecalls = 101;    // recall 0, 0.01 … 1
inline constexpr std::size_t kCocoAreas = 4;        // all, small, medium, large

// −1 where undefined: a class without truths of that size.
struct CocoCurves {
  std::array<std::array<std::array<double, kCocoRecalls>, kCocoThresholds>, kCocoAreas> precision{};
  std::array<std::array<double, kCocoThresholds>, kCocoAreas> recall{};  // with 100 detections
  std::array<std::array<double, kCocoThresholds>, 2> few{};  // recall with 1 and with 10 detections
  std::array<std::int64_t, kCocoAreas> truths{};             // counted: no crowd, of that size
};

// Goes once through the detections of a class by falling score, over all pictures together: the
// greedy matching of a picture sees its own detections in the same order as it would alone. Keeps
// its buffers; one a thread.
class CocoClass {
 public:
  CocoClass(const CocoColumns& truths, const CocoColumns& detections, std::int32_t image_count);

  // Rows of one class, in the order of the file.
  CocoCurves run(std::span<const std::uint32_t> truth_rows,
                 std::span<const std::uint32_t> detection_rows);

 private:
  struct Order {
    std::uint64_t key = 0;  // rises as the score falls
    std::uint32_t image = 0;
    std::uint32_t row = 0;
  };
  struct Truth {
    std::array<double, 4> box{};
    double size = 0;  // of the overlap's denominator: width × height, or pixels of the mask
    std::uint32_t row = 0;
    std::array<std::uint16_t, kCocoAreas> taken{};  // bit t: found at threshold t
    std::uint8_t ignored = 0;                       // bit a: does not count in area range a
    bool crowd = false;
    bool zero_id = false;
  };
  struct Candidate {
    double iou = 0;
    std::uint32_t truth = 0;
  };
  // A detection that overlaps a truth, in one area range; bit t speaks of threshold t.
  struct Outcome {
    std::uint32_t false_before = 0;  // false alarms at every threshold that come before it
    std::uint16_t hit = 0;
    std::uint16_t ignored = 0;
  };
  static constexpr std::uint32_t kNone = std::numeric_limits<std::uint32_t>::max();
  struct Place {  // of a picture
    std::uint32_t first = kNone;
    std::uint32_t count = 0;
    std::uint32_t filled = 0;
    std::uint32_t seen = 0;  // detections so far
  };

  void place_truths(std::span<const std::uint32_t> rows, CocoCurves& curves);
  void sort_detections(std::span<const std::uint32_t> rows);
  void find_candidates(const Order& detection, const Place& place);
  void match(double area, std::uint32_t rank);
  Outcome match_area(std::size_t area, bool outside);
  void accumulate(std::size_t area, CocoCurves& curves);
  double one_curve(std::size_t area, std::size_t t, double truths,
                   std::array<double, kCocoRecalls>& precision);

  const CocoColumns& truths_;
  const CocoColumns& detections_;
  bool masks_ = false;
  std::vector<Place> places_;
  std::vector<Truth> truth_;
  std::vector<Order> order_;
  std::vector<Candidate> candidates_;
  std::array<std::vector<Outcome>, kCocoAreas> outcomes_;
  std::array<std::uint32_t, kCocoAreas> false_alarms_{};
  std::array<std::array<std::int64_t, kCocoThresholds>, 2> few_{};
  std::array<std::size_t, kCocoRecalls> needed_{};  // hits that reach each recall point
  std::vector<double> precisions_;
};

}  // namespace spotter::kernels
