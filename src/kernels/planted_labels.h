// A world of boxes with planted label errors, for tests of label_quality and objectlab: pictures of
// two resolutions, objects that hide behind others, and a detector that is over- or underconfident
// class by class, misses, confuses, repeats and invents. Only tests include this.
#pragma once
#include <array>
#include <cmath>
#include <set>
#include <utility>
#include <vector>

#include "base/random.h"
#include "kernels/coco_eval.h"
#include "kernels/label_quality.h"

namespace spotter::kernels {

struct PlantedLabels {
  CocoColumns truths;
  CocoColumns detections;
  CocoSize size;
  std::set<std::int32_t> overlooked_detections;        // that see an object whose label was removed
  std::int64_t overlooked = 0;                         // removed labels that are seen at all
  std::array<std::set<std::int32_t>, 4> wrong_truths;  // by kind; that of overlooked stays empty
};

class LabelPlanter {
 public:
  explicit LabelPlanter(std::uint64_t seed) : rng_(seed) {}

  PlantedLabels make(std::int32_t images) {
    world_ = {};
    world_.size = {.images = images, .categories = kClasses};
    for (std::int32_t image = 0; image < images; ++image) {
      const double scale = image % 2 == 0 ? 1 : 4;  // half of the pictures are four times as large
      const auto objects = 3 + rng_.index(8);
      std::array<double, 4> before{};
      for (std::uint64_t o = 0; o < objects; ++o) {
        auto box = any_box(scale);
        if (o > 0 && rng_.chance(0.2)) {  // partly behind the one before
          box = shifted(before, 0.55);
        }
        before = box;
        add_object(image, static_cast<std::int32_t>(rng_.index(kClasses)), box);
      }
      for (auto n = rng_.index(6); n > 0; --n) {  // inventions, mostly with low scores
        add_detection(image, static_cast<std::int32_t>(rng_.index(kClasses)), any_box(scale), 0.15,
                      0.12);
      }
    }
    return world_;
  }

 private:
  static constexpr std::int32_t kClasses = 5;
  static constexpr double kWrongShare = 0.02;  // of each kind

  std::array<double, 4> any_box(double scale) {
    const double w = std::exp(rng_.uniform(std::log(12), std::log(120))) * scale;
    const double h = w * std::exp(0.4 * rng_.normal());
    return {rng_.uniform(0, 640 * scale), rng_.uniform(0, 480 * scale), w, h};
  }
  std::array<double, 4> shifted(const std::array<double, 4>& b, double share) {
    const double angle = rng_.uniform(0, 2 * std::numbers::pi);
    return {b[0] + share * b[2] * std::cos(angle), b[1] + share * b[3] * std::sin(angle), b[2],
            b[3]};
  }
  std::array<double, 4> jittered(const std::array<double, 4>& b, double share) {
    return {b[0] + share * b[2] * rng_.normal(), b[1] + share * b[3] * rng_.normal(),
            b[2] * std::exp(share * rng_.normal()), b[3] * std::exp(share * rng_.normal())};
  }

  std::int32_t add_truth(std::int32_t image, std::int32_t category,
                         const std::array<double, 4>& box) {
    world_.truths.image.push_back(image);
    world_.truths.category.push_back(category);
    world_.truths.box.push_back(box);
    world_.truths.area.push_back(box[2] * box[3]);
    world_.truths.crowd.push_back(0);
    return static_cast<std::int32_t>(world_.truths.size()) - 1;
  }
  // `certainty` is what the detector should say; each class distorts it in its own way.
  std::int32_t add_detection(std::int32_t image, std::int32_t category,
                             const std::array<double, 4>& box, double certainty, double spread) {
    const double p = std::clamp(certainty + spread * rng_.normal(), 0.02, 0.98);
    static constexpr std::array<double, kClasses> kSharpness = {3, 1, 0.4, 1, 0.6};
    const double logit = std::log(p / (1 - p)) * kSharpness[static_cast<std::size_t>(category)];
    world_.detections.image.push_back(image);
    world_.detections.category.push_back(category);
    world_.detections.box.push_back(box);
    world_.detections.area.push_back(box[2] * box[3]);
    world_.detections.score.push_back(1 / (1 + std::exp(-logit)));
    return static_cast<std::int32_t>(world_.detections.size()) - 1;
  }

  void add_object(std::int32_t image, std::int32_t category, const std::array<double, 4>& box) {
    const double kind = rng_.uniform() / kWrongShare;  // 0 … 4: an error of that kind
    std::int32_t label = -1;
    const auto wrong = [&](LabelIssueKind k) -> std::set<std::int32_t>& {
      return world_.wrong_truths[static_cast<std::size_t>(k)];
    };
    if (kind < 1) {
      label = -1;
    } else if (kind < 2) {
      const auto other = static_cast<std::int32_t>(rng_.index(kClasses - 1));
      label = add_truth(image, other >= category ? other + 1 : other, box);
      wrong(LabelIssueKind::kSwapped).insert(label);
    } else if (kind < 3) {
      label = add_truth(image, category, shifted(box, rng_.uniform(0.3, 0.6)));
      wrong(LabelIssueKind::kBadlyLocated).insert(label);
    } else {
      label = add_truth(image, category, box);
      if (kind < 4) {
        const auto invented = shifted(box, rng_.uniform(1.5, 4));
        wrong(LabelIssueKind::kSpurious).insert(add_truth(image, category, invented));
      }
    }
    const bool large = box[2] > 40 * (image % 2 == 0 ? 1 : 4);
    if (rng_.chance(large ? 0.03 : 0.15)) {
      return;  // missed
    }
    const bool confused = rng_.chance(0.05);
    const auto seen = confused ? static_cast<std::int32_t>(rng_.index(kClasses)) : category;
    const auto d = add_detection(image, seen, jittered(box, 0.05), confused ? 0.5 : 0.8, 0.15);
    if (label < 0) {
      ++world_.overlooked;
      world_.overlooked_detections.insert(d);
    }
    for (auto n = rng_.index(3); n > 0; --n) {  // repeats
      add_detection(image, category, jittered(box, 0.15), 0.2, 0.1);
    }
  }

  Rng rng_;
  PlantedLabels world_;
};

}  // namespace spotter::kernels
