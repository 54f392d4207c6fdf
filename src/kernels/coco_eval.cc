#include "kernels/coco_eval.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "base/parallel.h"

namespace spotter::kernels {
namespace {

constexpr int kThresholds = 10;
constexpr int kRecalls = 101;
constexpr int kAreas = 4;
constexpr std::size_t kDetectionsMax = 100;
constexpr std::array<std::pair<double, double>, kAreas> kAreaRanges = {
    {{0, 1e10}, {0, 32.0 * 32}, {32.0 * 32, 96.0 * 96}, {96.0 * 96, 1e10}}};
constexpr std::array<std::size_t, 2> kFewDetections = {1, 10};

double threshold(int t) { return t == kThresholds - 1 ? 0.95 : 0.5 + t * ((0.95 - 0.5) / (kThresholds - 1)); }
double recall_point(int r) { return r == kRecalls - 1 ? 1.0 : r * 0.01; }

bool outside(double area, int range) {
  return area < kAreaRanges[static_cast<std::size_t>(range)].first ||
         area > kAreaRanges[static_cast<std::size_t>(range)].second;
}

// Rows sorted by (category, image); start[category × images + image] is where each group begins.
struct Groups {
  std::vector<std::uint32_t> rows;
  std::vector<std::uint32_t> start;
};

Groups group(const CocoColumns& columns, CocoSize size) {
  const std::size_t cells = static_cast<std::size_t>(size.images) * static_cast<std::size_t>(size.categories);
  Groups groups;
  groups.start.assign(cells + 1, 0);
  const auto cell = [&](std::size_t i) {
    return static_cast<std::size_t>(columns.category[i]) * static_cast<std::size_t>(size.images) +
           static_cast<std::size_t>(columns.image[i]);
  };
  for (std::size_t i = 0; i < columns.size(); ++i) {
    ++groups.start[cell(i) + 1];
  }
  std::partial_sum(groups.start.begin(), groups.start.end(), groups.start.begin());
  groups.rows.resize(columns.size());
  auto next = groups.start;
  for (std::size_t i = 0; i < columns.size(); ++i) {
    groups.rows[next[cell(i)]++] = static_cast<std::uint32_t>(i);
  }
  return groups;
}

// What became of a detection: bit t of a mask speaks of threshold t.
struct Outcome {
  double score = 0;
  std::uint16_t rank = 0;                      // in its picture and class, by score
  std::array<std::uint16_t, kAreas> hit{};
  std::array<std::uint16_t, kAreas> ignored{};
};

struct Candidate {
  std::uint32_t truth = 0;  // position in the picture's list
  double iou = 0;
};

double box_iou(const std::array<double, 4>& d, const std::array<double, 4>& g, bool crowd) {
  const double w = std::min(d[2] + d[0], g[2] + g[0]) - std::max(d[0], g[0]);
  const double h = std::min(d[3] + d[1], g[3] + g[1]) - std::max(d[1], g[1]);
  if (w <= 0 || h <= 0) {
    return 0;
  }
  const double common = w * h;
  const double area = d[2] * d[3];
  return common / (crowd ? area : area + g[2] * g[3] - common);
}

double mask_iou(const Rle& d, const Rle& g, bool crowd) {
  const double common = static_cast<double>(rle_intersection(d, g));
  if (common == 0) {
    return 0;
  }
  const double area = static_cast<double>(d.area());
  return common / (crowd ? area : area + static_cast<double>(g.area()) - common);
}

class ClassEvaluator {
 public:
  ClassEvaluator(const CocoColumns& truths, const CocoColumns& detections, const Groups& truth_groups,
                 const Groups& detection_groups, CocoSize size)
      : truths_(truths), detections_(detections), truth_groups_(truth_groups),
        detection_groups_(detection_groups), size_(size) {}

  // precision[area][threshold][recall point] for 100 detections; recall[area][threshold]; few[m][threshold].
  struct Curves {
    std::array<std::array<std::array<double, kRecalls>, kThresholds>, kAreas> precision{};
    std::array<std::array<double, kThresholds>, kAreas> recall{};
    std::array<std::array<double, kThresholds>, kFewDetections.size()> few{};
    std::array<std::int64_t, kAreas> truths{};
  };

  Curves run(std::int32_t category) {
    outcomes_.clear();
    Curves curves;
    for (std::int32_t image = 0; image < size_.images; ++image) {
      picture(category, image, curves);
    }
    std::stable_sort(outcomes_.begin(), outcomes_.end(),
                     [](const Outcome& a, const Outcome& b) { return a.score > b.score; });
    for (int area = 0; area < kAreas; ++area) {
      accumulate(area, curves);
    }
    return curves;
  }

 private:
  void picture(std::int32_t category, std::int32_t image, Curves& curves) {
    const std::size_t cell =
        static_cast<std::size_t>(category) * static_cast<std::size_t>(size_.images) + static_cast<std::size_t>(image);
    const auto rows = [cell](const Groups& groups) {
      return std::span(groups.rows).subspan(groups.start[cell], groups.start[cell + 1] - groups.start[cell]);
    };
    const auto truth_rows = rows(truth_groups_);
    const auto all = rows(detection_groups_);
    for (const auto row : truth_rows) {
      for (int a = 0; a < kAreas; ++a) {
        curves.truths[static_cast<std::size_t>(a)] += ignored_truth(row, a) ? 0 : 1;
      }
    }
    if (all.empty()) {
      return;
    }
    sorted_.assign(all.begin(), all.end());
    std::stable_sort(sorted_.begin(), sorted_.end(),
                     [&](auto a, auto b) { return detections_.score[a] > detections_.score[b]; });
    if (sorted_.size() > kDetectionsMax) {
      sorted_.resize(kDetectionsMax);
    }
    const std::size_t first = outcomes_.size();
    for (std::size_t d = 0; d < sorted_.size(); ++d) {
      outcomes_.push_back({.score = detections_.score[sorted_[d]], .rank = static_cast<std::uint16_t>(d)});
    }
    overlaps(truth_rows);
    for (int a = 0; a < kAreas; ++a) {
      match(truth_rows, a, std::span(outcomes_).subspan(first));
    }
  }

  [[nodiscard]] bool ignored_truth(std::uint32_t row, int area) const {
    return truths_.crowd[row] != 0 || outside(truths_.area[row], area);
  }

  // For each detection its truths with at least the lowest threshold.
  void overlaps(std::span<const std::uint32_t> truth_rows) {
    const bool masks = !truths_.mask.empty() && !detections_.mask.empty();
    candidates_.clear();
    candidate_start_.assign(1, 0);
    for (const auto d : sorted_) {
      for (std::uint32_t g = 0; g < truth_rows.size(); ++g) {
        const auto row = truth_rows[g];
        const bool crowd = truths_.crowd[row] != 0;
        const double iou = masks ? mask_iou(detections_.mask[d], truths_.mask[row], crowd)
                                 : box_iou(detections_.box[d], truths_.box[row], crowd);
        if (iou >= threshold(0)) {
          candidates_.push_back({g, iou});
        }
      }
      candidate_start_.push_back(static_cast<std::uint32_t>(candidates_.size()));
    }
  }

  // The truth that a detection gets at a threshold, or -1: of the free ones that count the best overlap (the
  // later of equals), and only if there is none, of those to ignore.
  std::int64_t best(std::span<const Candidate> candidates, int t, double least) const {
    std::int64_t chosen = -1;
    for (const bool ignored : {false, true}) {
      double best_iou = least;
      for (const auto& c : candidates) {
        const auto& truth = states_[c.truth];
        if (truth.ignored == ignored && c.iou >= best_iou && (((truth.taken >> t) & 1) == 0 || truth.crowd)) {
          best_iou = c.iou;
          chosen = c.truth;
        }
      }
      if (chosen >= 0) {
        break;
      }
    }
    return chosen;
  }

  void match(std::span<const std::uint32_t> truth_rows, int area, std::span<Outcome> outcomes) {
    states_.clear();
    for (const auto row : truth_rows) {
      states_.push_back({ignored_truth(row, area), truths_.crowd[row] != 0, 0});
    }
    const auto a = static_cast<std::size_t>(area);
    for (std::size_t d = 0; d < outcomes.size(); ++d) {
      const auto candidates = std::span(candidates_)
                                  .subspan(candidate_start_[d], candidate_start_[d + 1] - candidate_start_[d]);
      std::uint16_t hit = 0;
      std::uint16_t ignored = 0;
      for (int t = 0; t < kThresholds && !candidates.empty(); ++t) {
        const auto chosen = best(candidates, t, std::min(threshold(t), 1 - 1e-10));
        if (chosen < 0) {
          continue;
        }
        auto& truth = states_[static_cast<std::size_t>(chosen)];
        truth.taken = static_cast<std::uint16_t>(truth.taken | (1U << t));
        hit = static_cast<std::uint16_t>(hit | (1U << t));
        ignored = static_cast<std::uint16_t>(ignored | ((truth.ignored ? 1U : 0U) << t));
      }
      if (outside(detections_.area[sorted_[d]], area)) {
        ignored = static_cast<std::uint16_t>(ignored | (~hit & 0x3ffU));
      }
      outcomes[d].hit[a] = hit;
      outcomes[d].ignored[a] = ignored;
    }
  }

  void accumulate(int area, Curves& curves) {
    const auto a = static_cast<std::size_t>(area);
    const double truths = static_cast<double>(curves.truths[a]);
    for (int t = 0; t < kThresholds; ++t) {
      auto& precision = curves.precision[a][static_cast<std::size_t>(t)];
      precision.fill(truths == 0 ? -1 : 0);
      curves.recall[a][static_cast<std::size_t>(t)] = truths == 0 ? -1 : one_curve(area, t, truths, precision);
    }
    for (std::size_t m = 0; m < kFewDetections.size() && area == 0; ++m) {
      for (int t = 0; t < kThresholds; ++t) {
        std::int64_t hits = 0;
        for (const auto& o : outcomes_) {
          hits += o.rank < kFewDetections[m] && ((o.hit[0] & ~o.ignored[0]) >> t & 1) != 0 ? 1 : 0;
        }
        curves.few[m][static_cast<std::size_t>(t)] = truths == 0 ? -1 : static_cast<double>(hits) / truths;
      }
    }
  }

  // Fills the precision at the recall points; returns the final recall.
  double one_curve(int area, int t, double truths, std::array<double, kRecalls>& precision) {
    const auto a = static_cast<std::size_t>(area);
    hits_.clear();
    double tp = 0;
    double fp = 0;
    for (const auto& o : outcomes_) {
      if ((o.ignored[a] >> t & 1) != 0) {
        continue;
      }
      if ((o.hit[a] >> t & 1) == 0) {
        fp += 1;
        continue;
      }
      tp += 1;
      hits_.push_back({tp / truths, tp / (fp + tp + std::numeric_limits<double>::epsilon())});
    }
    // The best precision at this recall or beyond; only at hits can it be a maximum.
    double ceiling = 0;
    for (auto it = hits_.rbegin(); it != hits_.rend(); ++it) {
      ceiling = std::max(ceiling, it->second);
      it->second = ceiling;
    }
    std::size_t at = 0;
    for (int r = 0; r < kRecalls; ++r) {
      while (at < hits_.size() && hits_[at].first < recall_point(r)) {
        ++at;
      }
      if (at == hits_.size()) {
        break;
      }
      precision[static_cast<std::size_t>(r)] = hits_[at].second;
    }
    return tp / truths;
  }

  struct TruthState {
    bool ignored = false;
    bool crowd = false;
    std::uint16_t taken = 0;
  };

  const CocoColumns& truths_;
  const CocoColumns& detections_;
  const Groups& truth_groups_;
  const Groups& detection_groups_;
  CocoSize size_;
  std::vector<Outcome> outcomes_;
  std::vector<std::uint32_t> sorted_;
  std::vector<Candidate> candidates_;
  std::vector<std::uint32_t> candidate_start_;
  std::vector<TruthState> states_;
  std::vector<std::pair<double, double>> hits_;
};

using Curves = ClassEvaluator::Curves;

// The mean of the values that are defined, -1 when none is.
class Mean {
 public:
  void add(double value) {
    if (value > -1) {
      sum_ += value;
      ++count_;
    }
  }
  [[nodiscard]] double value() const { return count_ == 0 ? -1 : sum_ / static_cast<double>(count_); }

 private:
  double sum_ = 0;
  std::int64_t count_ = 0;
};

double mean_precision(std::span<const Curves> classes, int area, int only_threshold) {
  Mean mean;
  for (const auto& c : classes) {
    for (int t = 0; t < kThresholds; ++t) {
      if (only_threshold < 0 || t == only_threshold) {
        for (const double p : c.precision[static_cast<std::size_t>(area)][static_cast<std::size_t>(t)]) {
          mean.add(p);
        }
      }
    }
  }
  return mean.value();
}

template <typename Pick>
double mean_recall(std::span<const Curves> classes, const Pick& pick) {
  Mean mean;
  for (const auto& c : classes) {
    for (const double r : pick(c)) {
      mean.add(r);
    }
  }
  return mean.value();
}

std::array<double, 12> metrics_of(std::span<const Curves> c) {
  const auto recall = [&](std::size_t area) { return mean_recall(c, [&](const Curves& k) { return k.recall[area]; }); };
  const auto few = [&](std::size_t m) { return mean_recall(c, [&](const Curves& k) { return k.few[m]; }); };
  return {mean_precision(c, 0, -1), mean_precision(c, 0, 0),  mean_precision(c, 0, 5), mean_precision(c, 1, -1),
          mean_precision(c, 2, -1), mean_precision(c, 3, -1), few(0),                  few(1),
          recall(0),                recall(1),                recall(2),               recall(3)};
}

}  // namespace

CocoResult coco_evaluate(const CocoColumns& truths, const CocoColumns& detections, CocoSize size) {
  const auto truth_groups = group(truths, size);
  const auto detection_groups = group(detections, size);
  std::vector<Curves> curves(static_cast<std::size_t>(size.categories));
  parallel_for(curves.size(), 1, [&](std::size_t begin, std::size_t end) {
    ClassEvaluator evaluator(truths, detections, truth_groups, detection_groups, size);
    for (std::size_t k = begin; k < end; ++k) {
      curves[k] = evaluator.run(static_cast<std::int32_t>(k));
    }
  });
  CocoResult result{.metrics = metrics_of(curves)};
  for (const auto& c : curves) {
    const auto all = metrics_of(std::span(&c, 1));
    result.classes.push_back(
        {.truths = c.truths[0], .ap = all[0], .ap50 = all[1], .ap75 = all[2], .ar100 = all[8]});
  }
  return result;
}

}  // namespace spotter::kernels
