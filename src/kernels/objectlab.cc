#include "kernels/objectlab.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <mutex>

#include "base/parallel.h"
#include "kernels/pairwise_sum.h"
#include "kernels/rows_by.h"

namespace spotter::kernels {
namespace {

// The constants of the reference.
constexpr double kOverlapWeight = 0.9;
constexpr double kDistanceFactor = 0.1;  // a pixel
constexpr double kHighProbability = 0.95;
constexpr double kLowProbability = 0.5;
constexpr double kSameBox = 0.95;
constexpr double kTemperature = 0.1;
constexpr double kTiny = 1e-100;
constexpr float kLimitFactor = 0.8F;
constexpr float kPrecisionFactor = 0.25F;
constexpr std::size_t kThresholds = 10;
constexpr std::size_t kImagesAChunk = 16;

struct Corners {
  double x1 = 0;
  double y1 = 0;
  double x2 = 0;
  double y2 = 0;
};

Corners corners(const std::array<double, 4>& b) {
  return {b[0], b[1], b[0] + b[2], b[1] + b[3]};
}

double overlap(const Corners& a, const Corners& b) {
  const double w = std::min(a.x2, b.x2) - std::max(a.x1, b.x1);
  const double h = std::min(a.y2, b.y2) - std::max(a.y1, b.y1);
  if (w < 0 || h < 0) {
    return 0;
  }
  const double both = w * h;
  return both /
         std::max((a.x2 - a.x1) * (a.y2 - a.y1) + (b.x2 - b.x1) * (b.y2 - b.y1) - both, 1e-6);
}

double similarity_of(const Corners& a, const Corners& b, double iou) {
  const double dx = (a.x1 + a.x2) / 2 - (b.x1 + b.x2) / 2;
  const double dy = (a.y1 + a.y2) / 2 - (b.y1 + b.y2) / 2;
  const double near = std::exp(-std::sqrt(dx * dx + dy * dy) * kDistanceFactor);
  return iou * kOverlapWeight + (1 - kOverlapWeight) * near;
}

// The softmin of those scores that are there; 1 without any.
double pool(const std::vector<double>& scores) {
  double least = std::numeric_limits<double>::infinity();
  for (const double s : scores) {
    least = std::isnan(s) ? least : std::min(least, s);
  }
  double sum = 0;
  double weights = 0;
  for (const double s : scores) {
    if (!std::isnan(s)) {
      const double weight = std::exp((least - s) / kTemperature);
      weights += weight;
      sum += weight * s;
    }
  }
  return weights > 0 ? sum / weights : 1;
}

// One picture: every truth beside every detection, the latter by class.
class Picture {
 public:
  Picture(const CocoColumns& truths, const CocoColumns& detections)
      : truths_(truths), detections_(detections) {}

  void load(std::span<const std::uint32_t> truth_rows,
            std::span<const std::uint32_t> detection_rows) {
    truth_rows_ = truth_rows;
    order_.assign(detection_rows.begin(), detection_rows.end());
    std::stable_sort(order_.begin(), order_.end(), [&](std::uint32_t a, std::uint32_t b) {
      return detections_.category[a] < detections_.category[b];
    });
    iou_.resize(truth_rows.size() * order_.size());
    similarity_.resize(iou_.size());
    std::size_t at = 0;
    for (const auto t : truth_rows) {
      const auto box = corners(truths_.box[t]);
      for (const auto d : order_) {
        const auto other = corners(detections_.box[d]);
        iou_[at] = overlap(box, other);
        similarity_[at] = similarity_of(box, other, iou_[at]);
        ++at;
      }
    }
  }

  [[nodiscard]] double least_similarity() const {
    double least = 1;
    for (const double s : similarity_) {
      least = s != 0 ? std::min(least, s) : least;
    }
    return least;
  }

  void score(double least, ObjectLab& result) {
    scores_.clear();
    for (std::size_t j = 0; j < order_.size(); ++j) {
      scores_.push_back(result.overlooked[order_[j]] = overlooked(j, least));
    }
    const double first = pool(scores_);
    scores_.clear();
    for (std::size_t i = 0; i < truth_rows_.size(); ++i) {
      scores_.push_back(result.badly_located[truth_rows_[i]] = badly_located(i));
    }
    const double second = pool(scores_);
    scores_.clear();
    for (std::size_t i = 0; i < truth_rows_.size(); ++i) {
      scores_.push_back(result.swapped[truth_rows_[i]] = swapped(i, least));
    }
    const double third = pool(scores_);
    image_score_ = std::exp(std::log(kTiny + first) / 3 + std::log(kTiny + second) / 3 +
                            std::log(kTiny + third) / 3);
  }
  [[nodiscard]] double image_score() const { return image_score_; }

 private:
  [[nodiscard]] std::size_t at(std::size_t i, std::size_t j) const { return i * order_.size() + j; }
  [[nodiscard]] bool same_class(std::size_t i, std::size_t j) const {
    return truths_.category[truth_rows_[i]] == detections_.category[order_[j]];
  }
  [[nodiscard]] double probability(std::size_t j) const { return detections_.score[order_[j]]; }

  [[nodiscard]] double overlooked(std::size_t j, double least) const {
    bool touches = false;
    double best = -1;
    for (std::size_t i = 0; i < truth_rows_.size(); ++i) {
      touches = touches || iou_[at(i, j)] > 0;
      best = same_class(i, j) ? std::max(best, similarity_[at(i, j)]) : best;
    }
    if (probability(j) < kHighProbability || touches) {
      return std::numeric_limits<double>::quiet_NaN();
    }
    return best < 0 ? least * (1 - probability(j)) : best;
  }

  [[nodiscard]] double badly_located(std::size_t i) const {
    double best = -1;
    for (std::size_t j = 0; j < order_.size(); ++j) {
      if (same_class(i, j) && probability(j) > kLowProbability && iou_[at(i, j)] > 0) {
        best = std::max(best, similarity_[at(i, j)]);
      }
    }
    return best < 0 ? 1 : best;
  }

  [[nodiscard]] double swapped(std::size_t i, double least) const {
    const auto row = truth_rows_[i];
    for (const auto other : truth_rows_) {
      if (other != row && truths_.category[other] != truths_.category[row] &&
          overlap(corners(truths_.box[row]), corners(truths_.box[other])) >= kSameBox) {
        return least;
      }
    }
    double best = -1;
    for (std::size_t j = 0; j < order_.size(); ++j) {
      if (!same_class(i, j) && probability(j) > kHighProbability) {
        best = std::max(best, similarity_[at(i, j)]);
      }
    }
    return best < 0 ? 1 : std::max(least, 1 - best);
  }

  const CocoColumns& truths_;
  const CocoColumns& detections_;
  std::span<const std::uint32_t> truth_rows_;
  std::vector<std::uint32_t> order_;
  std::vector<double> iou_;
  std::vector<double> similarity_;
  std::vector<double> scores_;
  double image_score_ = 1;
};

// Whether each detection of one class, best score first, is right at ten overlaps, when every
// detection claims the truth that it overlaps most.
using Hits = std::array<std::vector<std::uint8_t>, kThresholds>;

Hits claim_truths(const CocoColumns& truths, const CocoColumns& detections,
                  std::span<const std::uint32_t> truth_rows, std::span<const std::uint32_t> order,
                  std::size_t images) {
  std::vector<std::int32_t> truth_image(truth_rows.size());
  std::transform(truth_rows.begin(), truth_rows.end(), truth_image.begin(),
                 [&](std::uint32_t t) { return truths.image[t]; });
  const RowsBy by_image(std::span<const std::int32_t>(truth_image), images);
  Hits taken;
  taken.fill(std::vector<std::uint8_t>(truth_rows.size(), 0));
  Hits hit;
  hit.fill(std::vector<std::uint8_t>(order.size(), 0));
  for (std::size_t rank = 0; rank < order.size(); ++rank) {
    const auto d = order[rank];
    const auto box = corners(detections.box[d]);
    double best = -1;
    std::size_t claimed = 0;
    for (const auto i : by_image.of(static_cast<std::size_t>(detections.image[d]))) {
      const double iou = overlap(box, corners(truths.box[truth_rows[i]]));
      claimed = iou > best ? i : claimed;
      best = std::max(best, iou);
    }
    for (std::size_t t = 0; t < kThresholds; ++t) {
      const double needed = 0.5 + static_cast<double>(t) * (0.95 - 0.5) / 9;
      if (best >= needed && taken[t][claimed] == 0) {
        taken[t][claimed] = hit[t][rank] = 1;
      }
    }
  }
  return hit;
}

// The area under the envelope of precision over recall, in the float32 of the reference.
float average_precision_of(const std::vector<std::uint8_t>& hit, std::size_t truths) {
  std::vector<float> envelope(hit.size());
  std::vector<double> recall(hit.size());
  float hits = 0;
  for (std::size_t i = 0; i < hit.size(); ++i) {
    hits += static_cast<float>(hit[i]);
    envelope[i] = hits / static_cast<float>(i + 1);
    recall[i] = static_cast<double>(hits) / std::max(static_cast<double>(truths), 1.1920929e-07);
  }
  for (std::size_t i = envelope.size(); i-- > 1;) {
    envelope[i - 1] = std::max(envelope[i - 1], envelope[i]);
  }
  std::vector<double> steps;
  for (std::size_t i = 0; i < recall.size(); ++i) {
    const double before = i == 0 ? 0 : recall[i - 1];
    if (recall[i] != before) {
      steps.push_back((recall[i] - before) * static_cast<double>(envelope[i]));
    }
  }
  return static_cast<float>(pairwise_sum<double>(steps));
}

// The mean average precision of one class over ten overlaps.
float class_precision(const CocoColumns& truths, const CocoColumns& detections,
                      std::span<const std::uint32_t> truth_rows,
                      std::span<const std::uint32_t> detection_rows, std::size_t images) {
  std::vector<std::uint32_t> order(detection_rows.begin(), detection_rows.end());
  std::stable_sort(order.begin(), order.end(), [&](std::uint32_t a, std::uint32_t b) {
    return detections.score[a] > detections.score[b];
  });
  const auto hit = claim_truths(truths, detections, truth_rows, order, images);
  std::array<float, kThresholds> precision{};
  for (std::size_t t = 0; t < kThresholds; ++t) {
    precision[t] = average_precision_of(hit[t], truth_rows.size());
  }
  return static_cast<float>(static_cast<double>(pairwise_sum<float>(precision)) / kThresholds);
}

void find_limits(const CocoColumns& truths, const CocoColumns& detections, CocoSize size,
                 ObjectLab& result) {
  const auto classes = static_cast<std::size_t>(size.categories);
  const RowsBy truth_rows(std::span<const std::int32_t>(truths.category), classes);
  const RowsBy detection_rows(std::span<const std::int32_t>(detections.category), classes);
  result.limits.resize(classes);
  parallel_for(classes, 1, [&](std::size_t begin, std::size_t end) {
    for (std::size_t k = begin; k < end; ++k) {
      result.limits[k] = class_precision(truths, detections, truth_rows.of(k), detection_rows.of(k),
                                         static_cast<std::size_t>(size.images)) *
                         kPrecisionFactor * kLimitFactor;
    }
  });
}

void flag_images(const CocoColumns& truths, const CocoColumns& detections, ObjectLab& result) {
  const auto flag = [&](const CocoColumns& rows, const std::vector<double>& scores) {
    for (std::size_t i = 0; i < scores.size(); ++i) {
      const double score = std::isnan(scores[i]) ? 1 : scores[i];
      if (score <= static_cast<double>(result.limits[static_cast<std::size_t>(rows.category[i])])) {
        result.image_issue[static_cast<std::size_t>(rows.image[i])] = 1;
      }
    }
  };
  flag(detections, result.overlooked);
  flag(truths, result.badly_located);
  flag(truths, result.swapped);
}

}  // namespace

ObjectLab objectlab(const CocoColumns& truths, const CocoColumns& detections, CocoSize size) {
  const auto images = static_cast<std::size_t>(size.images);
  ObjectLab result;
  result.image_scores.assign(images, 1);
  result.image_issue.assign(images, 0);
  result.overlooked.resize(detections.size());
  result.badly_located.resize(truths.size());
  result.swapped.resize(truths.size());
  const RowsBy truth_rows(std::span<const std::int32_t>(truths.image), images);
  const RowsBy detection_rows(std::span<const std::int32_t>(detections.image), images);
  double least = 1;
  std::mutex mutex;
  parallel_for(images, kImagesAChunk, [&](std::size_t begin, std::size_t end) {
    Picture picture(truths, detections);
    double mine = 1;
    for (std::size_t i = begin; i < end; ++i) {
      picture.load(truth_rows.of(i), detection_rows.of(i));
      mine = std::min(mine, picture.least_similarity());
    }
    const std::scoped_lock lock(mutex);
    least = std::min(least, mine);
  });
  parallel_for(images, kImagesAChunk, [&](std::size_t begin, std::size_t end) {
    Picture picture(truths, detections);
    for (std::size_t i = begin; i < end; ++i) {
      picture.load(truth_rows.of(i), detection_rows.of(i));
      picture.score(least, result);
      result.image_scores[i] = picture.image_score();
    }
  });
  find_limits(truths, detections, size, result);
  flag_images(truths, detections, result);
  return result;
}

}  // namespace spotter::kernels
