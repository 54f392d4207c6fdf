#include "kernels/label_quality.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/parallel.h"
#include "domain/geometry.h"
#include "kernels/rows_by.h"
#include "kernels/score_worth.h"

namespace spotter::kernels {
namespace {

constexpr double kMatchIou = 0.5;
constexpr double kTouchIou = 0.1;
constexpr double kNearWeight = 0.1;   // of the distance beside the overlap, as in ObjectLab
constexpr double kWrongShare = 0.03;  // of labels of one kind, taken before looking
constexpr double kMissesAssumed = 10;
constexpr std::size_t kFoundMin = 20;
constexpr std::size_t kImagesAChunk = 16;

Box box_of(const std::array<double, 4>& b) {
  return {b[0], b[1], b[0] + b[2], b[1] + b[3]};
}

// Overlap and nearness of centres, relative to the box around both: 1 = the same box. Free of the
// picture's resolution.
double similarity(const Box& a, const Box& b) {
  const double width = std::max(a.x2, b.x2) - std::min(a.x1, b.x1);
  const double height = std::max(a.y2, b.y2) - std::min(a.y1, b.y1);
  const double distance = std::hypot(a.x1 + a.x2 - b.x1 - b.x2, a.y1 + a.y2 - b.y1 - b.y2) / 2;
  const double diagonal = std::max(std::hypot(width, height), 1e-12);
  return (1 - kNearWeight) * iou(a, b) + kNearWeight * (1 - distance / diagonal);
}

double share_inside(const Box& box, const Box& region) {
  const double w = std::min(box.x2, region.x2) - std::max(box.x1, region.x1);
  const double h = std::min(box.y2, region.y2) - std::max(box.y1, region.y1);
  return w <= 0 || h <= 0 || box.area() <= 0 ? 0 : w * h / box.area();
}

// The chance that something is wrong where only `share` of what is right looks as bad.
double doubt(double share) {
  return kWrongShare / (kWrongShare + share);
}

// What is known of every row before anything is judged.
struct Facts {
  std::vector<Box> truth;
  std::vector<Box> detection;
  std::vector<std::int32_t> found_by;   // by truth: its detection, or -1
  std::vector<std::int32_t> found;      // by detection: its truth, or -1
  std::vector<double> touch;            // by detection: overlap with truths that it did not find
  std::vector<std::uint8_t> swallowed;  // by detection: a repeat, or in a crowd region
};

class Judge {
 public:
  Judge(const CocoColumns& truths, const CocoColumns& detections, CocoSize size)
      : truths_(truths),
        detections_(detections),
        classes_(static_cast<std::size_t>(size.categories)),
        images_(static_cast<std::size_t>(size.images)),
        truth_rows_(std::span<const std::int32_t>(truths.image), images_),
        detection_rows_(std::span<const std::int32_t>(detections.image), images_) {
    measure();
  }

  std::vector<LabelIssue> run(double score_min);

 private:
  [[nodiscard]] bool crowd(std::uint32_t t) const {
    return !truths_.crowd.empty() && truths_.crowd[t] != 0;
  }
  [[nodiscard]] double worth(std::uint32_t d) const {
    return worth_(detections_.category[d], detections_.score[d]);
  }
  void measure();
  void match_image(std::size_t image);
  void judge_scores();
  void judge_boxes();
  void judge_support();
  [[nodiscard]] double support(std::uint32_t t, std::size_t image) const;
  [[nodiscard]] double right_beside_others(std::uint32_t d) const;
  [[nodiscard]] LabelIssue judge_truth(std::uint32_t t, std::size_t image) const;
  void find_overlooked(std::size_t image, std::vector<LabelIssue>& issues) const;

  const CocoColumns& truths_;
  const CocoColumns& detections_;
  std::size_t classes_;
  std::size_t images_;
  RowsBy truth_rows_;
  RowsBy detection_rows_;
  Facts facts_;
  ScoreWorth worth_;
  ShareBelow similarity_below_;           // of found truths
  ShareBelow support_below_;              // of all truths, by class and third of size
  std::vector<std::int32_t> size_class_;  // by truth: class × 3 + third
  std::vector<double> support_;           // by truth
  std::array<double, 3> touch_odds_{1, 1, 1};
};

void Judge::measure() {
  for (const auto& b : truths_.box) {
    facts_.truth.push_back(box_of(b));
  }
  for (const auto& b : detections_.box) {
    facts_.detection.push_back(box_of(b));
  }
  facts_.found_by.assign(truths_.size(), -1);
  facts_.found.assign(detections_.size(), -1);
  facts_.touch.assign(detections_.size(), 0);
  facts_.swallowed.assign(detections_.size(), 0);
  parallel_for(images_, kImagesAChunk, [&](std::size_t begin, std::size_t end) {
    for (std::size_t image = begin; image < end; ++image) {
      match_image(image);
    }
  });
}

// Greedy by score within each class, as COCO does.
void Judge::match_image(std::size_t image) {
  const auto rows = detection_rows_.of(image);
  std::stable_sort(rows.begin(), rows.end(), [&](std::uint32_t a, std::uint32_t b) {
    return detections_.score[a] > detections_.score[b];
  });
  const auto truths = std::as_const(truth_rows_).of(image);
  std::vector<double> overlap(truths.size());
  for (const auto d : rows) {
    double best = kMatchIou;
    std::int64_t chosen = -1;
    for (std::size_t i = 0; i < truths.size(); ++i) {
      const auto t = truths[i];
      overlap[i] = crowd(t) ? 0 : iou(facts_.truth[t], facts_.detection[d]);
      const bool same = truths_.category[t] == detections_.category[d];
      if (crowd(t)) {
        facts_.swallowed[d] |= share_inside(facts_.detection[d], facts_.truth[t]) >= kMatchIou;
      } else if (same && overlap[i] >= best && facts_.found_by[t] < 0) {
        best = overlap[i];
        chosen = static_cast<std::int64_t>(i);
      } else if (same && overlap[i] >= kMatchIou) {
        facts_.swallowed[d] = 1;
      }
    }
    for (std::size_t i = 0; i < truths.size(); ++i) {
      if (static_cast<std::int64_t>(i) != chosen) {
        facts_.touch[d] = std::max(facts_.touch[d], overlap[i]);
      }
    }
    if (chosen >= 0) {
      const auto t = truths[static_cast<std::size_t>(chosen)];
      facts_.found_by[t] = static_cast<std::int32_t>(d);
      facts_.found[d] = static_cast<std::int32_t>(t);
      facts_.swallowed[d] = 0;
    }
  }
}

std::size_t touch_range(double overlap) {
  return overlap < kTouchIou ? 0 : overlap < 0.3 ? 1 : 2;
}

// How often a detection with such a score is right, and how much less so beside other objects.
void Judge::judge_scores() {
  std::vector<ScoreWorth::Row> rows;
  for (std::size_t d = 0; d < detections_.size(); ++d) {
    if (facts_.swallowed[d] == 0) {
      rows.push_back({detections_.category[d], detections_.score[d], facts_.found[d] >= 0});
    }
  }
  worth_ = ScoreWorth(rows, classes_);
  std::array<double, 3> hits{1, 1, 1};
  std::array<double, 3> misses{};
  for (std::uint32_t d = 0; d < detections_.size(); ++d) {
    if (facts_.swallowed[d] == 0 && facts_.touch[d] < kMatchIou && worth(d) >= 0.3) {
      ++(facts_.found[d] >= 0 ? hits : misses)[touch_range(facts_.touch[d])];
    }
  }
  const double all_hits = hits[0] + hits[1] + hits[2];
  const double all_misses = misses[0] + misses[1] + misses[2];
  for (std::size_t i = 0; i < touch_odds_.size(); ++i) {
    const double usual = hits[i] / all_hits;  // few misses are taken to lie like the hits
    touch_odds_[i] = usual / ((misses[i] + kMissesAssumed * usual) / (all_misses + kMissesAssumed));
  }
}

void Judge::judge_boxes() {
  std::vector<std::int32_t> category;
  std::vector<double> values;
  for (std::size_t t = 0; t < truths_.size(); ++t) {
    if (facts_.found_by[t] >= 0) {
      const auto d = static_cast<std::size_t>(facts_.found_by[t]);
      category.push_back(truths_.category[t]);
      values.push_back(similarity(facts_.truth[t], facts_.detection[d]));
    }
  }
  similarity_below_ = ShareBelow(category, values, classes_);
}

// What the detections that found no other truth say for there being an object.
double Judge::support(std::uint32_t t, std::size_t image) const {
  double best = 0;
  for (const auto d : detection_rows_.of(image)) {
    const bool elsewhere = facts_.found[d] >= 0 && facts_.found[d] != static_cast<std::int32_t>(t);
    if (!elsewhere && facts_.swallowed[d] == 0) {
      const double overlap = iou(facts_.truth[t], facts_.detection[d]);
      best = overlap > 0 ? std::max(best, worth(d) * std::min(1.0, overlap / kMatchIou)) : best;
    }
  }
  return best;
}

void Judge::judge_support() {
  support_.resize(truths_.size());
  size_class_.resize(truths_.size());
  parallel_for(images_, kImagesAChunk, [&](std::size_t begin, std::size_t end) {
    for (std::size_t image = begin; image < end; ++image) {
      for (const auto t : std::as_const(truth_rows_).of(image)) {
        support_[t] = support(t, image);
      }
    }
  });
  RowsBy by_class(std::span<const std::int32_t>(truths_.category), classes_);
  for (std::size_t k = 0; k < classes_; ++k) {
    const auto rows = by_class.of(k);
    std::stable_sort(rows.begin(), rows.end(), [&](std::uint32_t a, std::uint32_t b) {
      return facts_.truth[a].area() < facts_.truth[b].area();
    });
    for (std::size_t i = 0; i < rows.size(); ++i) {
      size_class_[rows[i]] = static_cast<std::int32_t>(k * 3 + i * 3 / rows.size());
    }
  }
  support_below_ = ShareBelow(size_class_, support_, classes_ * 3);
}

double Judge::right_beside_others(std::uint32_t d) const {
  const double right = worth(d);
  const double odds = touch_odds_[touch_range(facts_.touch[d])];
  return right * odds / (right * odds + 1 - right);
}

LabelIssue Judge::judge_truth(std::uint32_t t, std::size_t image) const {
  const auto own_row = static_cast<std::int32_t>(t);
  LabelIssue issue{.image = static_cast<std::int32_t>(image), .truth = own_row};
  const auto take = [&](LabelIssueKind kind, double score, std::int32_t d) {
    if (score > issue.score) {
      issue.kind = kind;
      issue.score = score;
      issue.detection = d;
    }
  };
  const double share = support_below_(size_class_[t], support_[t]);
  take(LabelIssueKind::kSpurious, (1 - support_[t]) * doubt(share), -1);
  double own = 0;  // the worth of the same class being seen there
  for (const auto d : detection_rows_.of(image)) {
    const bool same = detections_.category[d] == truths_.category[t];
    if (same && iou(facts_.truth[t], facts_.detection[d]) >= kMatchIou) {
      own = std::max(own, worth(d));
    }
  }
  for (const auto d : detection_rows_.of(image)) {
    const bool elsewhere = facts_.found[d] >= 0 && facts_.found[d] != own_row;
    if (elsewhere || facts_.swallowed[d] != 0) {
      continue;  // something else accounts for it
    }
    const double overlap = iou(facts_.truth[t], facts_.detection[d]);
    if (overlap < kTouchIou) {
      continue;
    }
    const double near = similarity(facts_.truth[t], facts_.detection[d]);
    if (detections_.category[d] != truths_.category[t]) {
      const double fits = std::min(1.0, 4 * similarity_below_(truths_.category[t], near));
      take(LabelIssueKind::kSwapped,
           overlap < kMatchIou ? 0 : worth(d) * (1 - own) * std::max(fits, overlap),
           static_cast<std::int32_t>(d));
    } else if (facts_.found[d] == own_row || (facts_.found_by[t] < 0 && overlap < kMatchIou)) {
      const double far = std::min(1.0, 2 * (1 - near));
      take(LabelIssueKind::kBadlyLocated,
           worth(d) * far * doubt(similarity_below_(truths_.category[t], near)),
           static_cast<std::int32_t>(d));
    }
  }
  return issue;
}

// Detections that no truth accounts for; of several on one spot the best.
void Judge::find_overlooked(std::size_t image, std::vector<LabelIssue>& issues) const {
  std::vector<LabelIssue> found;
  const auto rows = detection_rows_.of(image);  // by falling score
  for (const auto d : rows) {
    const bool claimed = std::any_of(issues.begin(), issues.end(), [&](const LabelIssue& i) {
      return i.detection == static_cast<std::int32_t>(d);
    });
    if (facts_.found[d] >= 0 || facts_.swallowed[d] != 0 || facts_.touch[d] >= kMatchIou ||
        claimed) {
      continue;
    }
    found.push_back({.kind = LabelIssueKind::kOverlooked,
                     .score = right_beside_others(d),
                     .image = static_cast<std::int32_t>(image),
                     .detection = static_cast<std::int32_t>(d)});
  }
  std::stable_sort(found.begin(), found.end(),
                   [](const LabelIssue& a, const LabelIssue& b) { return a.score > b.score; });
  const std::size_t before = issues.size();
  for (const auto& candidate : found) {
    const auto& box = facts_.detection[static_cast<std::size_t>(candidate.detection)];
    const bool repeat = std::any_of(
        issues.begin() + static_cast<std::ptrdiff_t>(before), issues.end(),
        [&](const LabelIssue& i) {
          return iou(box, facts_.detection[static_cast<std::size_t>(i.detection)]) >= kMatchIou;
        });
    if (!repeat) {
      issues.push_back(candidate);
    }
  }
}

std::vector<LabelIssue> Judge::run(double score_min) {
  const auto hits = std::count_if(facts_.found.begin(), facts_.found.end(),
                                  [](std::int32_t t) { return t >= 0; });
  if (hits < static_cast<std::ptrdiff_t>(kFoundMin)) {
    return {};
  }
  judge_scores();
  judge_boxes();
  judge_support();
  std::vector<std::vector<LabelIssue>> by_image(images_);
  parallel_for(images_, kImagesAChunk, [&](std::size_t begin, std::size_t end) {
    for (std::size_t image = begin; image < end; ++image) {
      auto& issues = by_image[image];
      for (const auto t : std::as_const(truth_rows_).of(image)) {
        const auto issue = crowd(t) ? LabelIssue{} : judge_truth(t, image);
        if (issue.score >= score_min && issue.score > 0) {
          issues.push_back(issue);
        }
      }
      find_overlooked(image, issues);
      std::erase_if(issues, [&](const LabelIssue& i) { return i.score < score_min; });
    }
  });
  std::vector<LabelIssue> all;
  for (const auto& issues : by_image) {
    all.insert(all.end(), issues.begin(), issues.end());
  }
  std::stable_sort(all.begin(), all.end(),
                   [](const LabelIssue& a, const LabelIssue& b) { return a.score > b.score; });
  return all;
}

}  // namespace

std::vector<LabelIssue> find_label_issues(const CocoColumns& truths, const CocoColumns& detections,
                                          CocoSize size, double score_min) {
  return Judge(truths, detections, size).run(score_min);
}

}  // namespace spotter::kernels
