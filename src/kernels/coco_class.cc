#include "kernels/coco_class.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace spotter::kernels {
namespace {

constexpr std::uint32_t kDetectionsMax = 100;
constexpr std::array<std::uint32_t, 2> kFewDetections = {1, 10};
constexpr std::uint16_t kAllThresholds = (1U << kCocoThresholds) - 1;
constexpr std::array<std::array<double, 2>, kCocoAreas> kAreaRanges = {
    {{0, 1e10}, {0, 32.0 * 32}, {32.0 * 32, 96.0 * 96}, {96.0 * 96, 1e10}}};

// The reference takes both lists from linspace; these are the same doubles.
constexpr double overlap_threshold(std::size_t t) {
  return t == kCocoThresholds - 1
             ? 0.95
             : static_cast<double>(t) * ((0.95 - 0.5) / (kCocoThresholds - 1)) + 0.5;
}
constexpr double recall_point(std::size_t r) {
  return r == kCocoRecalls - 1 ? 1.0 : static_cast<double>(r) * 0.01;
}

bool outside(double area, std::size_t range) {
  return area < kAreaRanges[range][0] || area > kAreaRanges[range][1];
}

double common_area(const std::array<double, 4>& a, const std::array<double, 4>& b) {
  const double w = std::min(a[2] + a[0], b[2] + b[0]) - std::max(a[0], b[0]);
  const double h = std::min(a[3] + a[1], b[3] + b[1]) - std::max(a[1], b[1]);
  return w <= 0 || h <= 0 ? 0 : w * h;
}

// Unsigned integers that rise as the scores fall; +0 and −0 are one score.
std::uint64_t falling_key(double score) {
  constexpr std::uint64_t kSign = std::uint64_t{1} << 63;
  const auto bits = std::bit_cast<std::uint64_t>(score + 0.0);
  return (bits & kSign) != 0 ? bits : ~(bits | kSign);
}

constexpr std::uint16_t bit(std::size_t t) {
  return static_cast<std::uint16_t>(1U << t);
}

}  // namespace

CocoClass::CocoClass(const CocoColumns& truths, const CocoColumns& detections,
                     std::int32_t image_count)
    : truths_(truths),
      detections_(detections),
      masks_(!truths.mask.empty() && !detections.mask.empty()),
      places_(static_cast<std::size_t>(image_count)) {}

CocoCurves CocoClass::run(std::span<const std::uint32_t> truth_rows,
                          std::span<const std::uint32_t> detection_rows) {
  CocoCurves curves;
  place_truths(truth_rows, curves);
  sort_detections(detection_rows);
  false_alarms_ = {};
  few_ = {};
  for (auto& list : outcomes_) {
    list.clear();
  }
  for (const auto& detection : order_) {
    auto& place = places_[detection.image];
    const std::uint32_t rank = place.seen++;
    if (rank >= kDetectionsMax) {
      continue;
    }
    candidates_.clear();
    if (place.count > 0) {
      find_candidates(detection, place);
    }
    match(detections_.area[detection.row], rank);
  }
  for (std::size_t a = 0; a < kCocoAreas; ++a) {
    accumulate(a, curves);
  }
  for (const auto row : truth_rows) {
    places_[static_cast<std::size_t>(truths_.image[row])] = {};
  }
  for (const auto& detection : order_) {
    places_[detection.image] = {};
  }
  return curves;
}

// Truths of one picture lie together, in the order of the file.
void CocoClass::place_truths(std::span<const std::uint32_t> rows, CocoCurves& curves) {
  for (const auto row : rows) {
    ++places_[static_cast<std::size_t>(truths_.image[row])].count;
  }
  truth_.assign(rows.size(), {});
  std::uint32_t end = 0;
  for (const auto row : rows) {
    auto& place = places_[static_cast<std::size_t>(truths_.image[row])];
    if (place.first == kNone) {
      place.first = end;
      end += place.count;
    }
    auto& truth = truth_[place.first + place.filled++];
    truth.row = row;
    truth.crowd = truths_.crowd[row] != 0;
    truth.zero_id = !truths_.zero_id.empty() && truths_.zero_id[row] != 0;
    truth.box = masks_ ? truths_.mask[row].box() : truths_.box[row];
    truth.size =
        masks_ ? static_cast<double>(truths_.mask[row].area()) : truth.box[2] * truth.box[3];
    for (std::size_t a = 0; a < kCocoAreas; ++a) {
      const bool ignored = truth.crowd || outside(truths_.area[row], a);
      truth.ignored = static_cast<std::uint8_t>(truth.ignored | (ignored ? 1U << a : 0U));
      curves.truths[a] += ignored ? 0 : 1;
    }
  }
}

// By falling score; ties by picture, then by place in the file.
void CocoClass::sort_detections(std::span<const std::uint32_t> rows) {
  order_.clear();
  order_.reserve(rows.size());
  for (const auto row : rows) {
    order_.push_back({falling_key(detections_.score[row]),
                      static_cast<std::uint32_t>(detections_.image[row]), row});
  }
  std::sort(order_.begin(), order_.end(), [](const Order& a, const Order& b) {
    return a.key != b.key ? a.key < b.key : a.image != b.image ? a.image < b.image : a.row < b.row;
  });
}

// The truths of the picture that the detection overlaps by at least the lowest threshold.
void CocoClass::find_candidates(const Order& detection, const Place& place) {
  const Rle* mask = masks_ ? &detections_.mask[detection.row] : nullptr;
  const auto box = masks_ ? mask->box() : detections_.box[detection.row];
  const double size = masks_ ? static_cast<double>(mask->area()) : box[2] * box[3];
  for (std::uint32_t g = place.first; g < place.first + place.count; ++g) {
    const auto& truth = truth_[g];
    double common = common_area(box, truth.box);
    if (common > 0 && masks_) {
      common = static_cast<double>(rle_intersection(*mask, truths_.mask[truth.row]));
    }
    if (common <= 0) {
      continue;
    }
    const double iou = common / (truth.crowd ? size : size + truth.size - common);
    if (iou >= overlap_threshold(0)) {
      candidates_.push_back({iou, g});
    }
  }
}

// Of the free truths that count the best overlap, the later of equals; only if there is none, of
// those to ignore.
CocoClass::Outcome CocoClass::match_area(std::size_t area, bool is_outside) {
  Outcome outcome{.false_before = false_alarms_[area]};
  for (std::size_t t = 0; t < kCocoThresholds; ++t) {
    std::uint32_t chosen = kNone;
    for (const unsigned ignored : {0U, 1U}) {
      double best = overlap_threshold(t);
      for (const auto& c : candidates_) {
        const auto& truth = truth_[c.truth];
        const bool is_free = (truth.taken[area] & bit(t)) == 0 || truth.crowd;
        if ((truth.ignored >> area & 1U) == ignored && c.iou >= best && is_free) {
          best = c.iou;
          chosen = c.truth;
        }
      }
      if (chosen != kNone) {
        break;
      }
    }
    if (chosen == kNone) {
      outcome.ignored = static_cast<std::uint16_t>(outcome.ignored | (is_outside ? bit(t) : 0));
      continue;
    }
    auto& truth = truth_[chosen];
    const bool ignored = (truth.ignored >> area & 1U) != 0 || (truth.zero_id && is_outside);
    truth.taken[area] = static_cast<std::uint16_t>(truth.taken[area] | bit(t));
    outcome.hit = static_cast<std::uint16_t>(outcome.hit | (truth.zero_id ? 0 : bit(t)));
    outcome.ignored = static_cast<std::uint16_t>(outcome.ignored | (ignored ? bit(t) : 0));
  }
  return outcome;
}

void CocoClass::match(double area, std::uint32_t rank) {
  for (std::size_t a = 0; a < kCocoAreas; ++a) {
    const bool is_outside = outside(area, a);
    if (candidates_.empty()) {
      false_alarms_[a] += is_outside ? 0 : 1;
      continue;
    }
    const Outcome outcome = match_area(a, is_outside);
    if (outcome.ignored == kAllThresholds) {
      continue;
    }
    if ((outcome.hit | outcome.ignored) == 0) {
      ++false_alarms_[a];
      continue;
    }
    outcomes_[a].push_back(outcome);
    for (std::size_t m = 0; m < kFewDetections.size() && a == 0; ++m) {
      for (std::size_t t = 0; t < kCocoThresholds && rank < kFewDetections[m]; ++t) {
        few_[m][t] += (outcome.hit & ~outcome.ignored & bit(t)) != 0 ? 1 : 0;
      }
    }
  }
}

void CocoClass::accumulate(std::size_t area, CocoCurves& curves) {
  const double truths = static_cast<double>(curves.truths[area]);
  if (truths == 0) {
    for (auto& line : curves.precision[area]) {
      line.fill(-1);
    }
    curves.recall[area].fill(-1);
    for (std::size_t m = 0; m < kFewDetections.size() && area == 0; ++m) {
      curves.few[m].fill(-1);
    }
    return;
  }
  std::size_t hits = 1;
  for (std::size_t r = 0; r < kCocoRecalls; ++r) {
    while (static_cast<double>(hits) / truths < recall_point(r)) {
      ++hits;
    }
    needed_[r] = hits;
  }
  for (std::size_t t = 0; t < kCocoThresholds; ++t) {
    curves.recall[area][t] = one_curve(area, t, truths, curves.precision[area][t]);
    for (std::size_t m = 0; m < kFewDetections.size() && area == 0; ++m) {
      curves.few[m][t] = static_cast<double>(few_[m][t]) / truths;
    }
  }
}

// Fills the precision at the recall points; returns the final recall. Precision has its maxima at
// hits only.
double CocoClass::one_curve(std::size_t area, std::size_t t, double truths,
                            std::array<double, kCocoRecalls>& precision) {
  precisions_.clear();
  double found = 0;
  double among = 0;  // false alarms of detections that overlap a truth
  for (const auto& o : outcomes_[area]) {
    if ((o.ignored & bit(t)) != 0) {
      continue;
    }
    if ((o.hit & bit(t)) == 0) {
      among += 1;
      continue;
    }
    found += 1;
    const double false_alarms = among + static_cast<double>(o.false_before);
    precisions_.push_back(found / (false_alarms + found + std::numeric_limits<double>::epsilon()));
  }
  double ceiling = 0;
  for (auto it = precisions_.rbegin(); it != precisions_.rend(); ++it) {
    ceiling = std::max(ceiling, *it);
    *it = ceiling;
  }
  for (std::size_t r = 0; r < kCocoRecalls && needed_[r] <= precisions_.size(); ++r) {
    precision[r] = precisions_[needed_[r] - 1];
  }
  return found / truths;
}

}  // namespace spotter::kernels
