#include "kernels/match.h"

#include <algorithm>
#include <array>
#include <numeric>

namespace spotter::kernels {
namespace {

constexpr double kBackgroundIou = 0.1;

double overlap(const Detection& d, const Truth& t) {
  if (!t.crowd) {
    return iou(d.box, t.box);
  }
  const double w = std::min(d.box.x2, t.box.x2) - std::max(d.box.x1, t.box.x1);
  const double h = std::min(d.box.y2, t.box.y2) - std::max(d.box.y1, t.box.y1);
  return w <= 0 || h <= 0 || d.box.area() <= 0 ? 0 : w * h / d.box.area();
}

struct Choice {
  std::int32_t truth = -1;
  double iou = 0;
};

Choice best_free(std::span<const Truth> truths, const Detection& d, const std::vector<bool>& taken,
                 double iou_min) {
  Choice choice;
  for (const bool ignored : {false, true}) {
    double best = iou_min;
    for (std::size_t t = 0; t < truths.size(); ++t) {
      const auto& truth = truths[t];
      const bool counts_so = (truth.ignored || truth.crowd) == ignored;
      if (truth.class_index != d.class_index || !counts_so || (taken[t] && !truth.crowd)) {
        continue;
      }
      const double v = overlap(d, truth);
      if (v >= best) {
        best = v;
        choice = {static_cast<std::int32_t>(t), v};
      }
    }
    if (choice.truth >= 0) {
      break;
    }
  }
  return choice;
}

ObjectMatch false_alarm(std::span<const Truth> truths, const Detection& d, std::int32_t place,
                        const std::vector<bool>& taken, double iou_min) {
  double same = 0;
  double other = 0;
  double used = 0;
  for (std::size_t t = 0; t < truths.size(); ++t) {
    const double v = overlap(d, truths[t]);
    if (truths[t].class_index != d.class_index) {
      other = std::max(other, v);
    } else {
      same = std::max(same, v);
      used = taken[t] ? std::max(used, v) : used;
    }
  }
  ObjectMatch match{
      .kind = MatchKind::kFalseAlarm, .detection = place, .iou = std::max(same, other)};
  match.error = same >= kBackgroundIou && same < iou_min  ? ErrorType::kLocation
                : other >= iou_min                        ? ErrorType::kClass
                : used >= iou_min                         ? ErrorType::kDuplicate
                : std::max(same, other) <= kBackgroundIou ? ErrorType::kBackground
                                                          : ErrorType::kBoth;
  return match;
}

}  // namespace

std::vector<ObjectMatch> match_objects(std::span<const Truth> truths,
                                       std::span<const Detection> detections, double iou_min) {
  std::vector<std::int32_t> order(detections.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](auto a, auto b) {
    return detections[static_cast<std::size_t>(a)].score >
           detections[static_cast<std::size_t>(b)].score;
  });
  std::vector<bool> taken(truths.size());
  std::vector<ObjectMatch> matches(detections.size());
  std::vector<std::int32_t> unmatched;
  for (const auto place : order) {
    const auto& d = detections[static_cast<std::size_t>(place)];
    const auto choice = best_free(truths, d, taken, iou_min);
    if (choice.truth < 0) {
      unmatched.push_back(place);
      continue;
    }
    const auto& truth = truths[static_cast<std::size_t>(choice.truth)];
    taken[static_cast<std::size_t>(choice.truth)] = true;
    matches[static_cast<std::size_t>(place)] = {
        .kind = truth.ignored || truth.crowd ? MatchKind::kIgnored : MatchKind::kHit,
        .truth = choice.truth,
        .detection = place,
        .iou = choice.iou};
  }
  for (const auto place : unmatched) {
    matches[static_cast<std::size_t>(place)] =
        false_alarm(truths, detections[static_cast<std::size_t>(place)], place, taken, iou_min);
  }
  for (std::size_t t = 0; t < truths.size(); ++t) {
    if (!taken[t]) {
      const bool counts = !truths[t].ignored && !truths[t].crowd;
      matches.push_back({.kind = counts ? MatchKind::kMiss : MatchKind::kIgnored,
                         .error = counts ? ErrorType::kMiss : ErrorType::kNone,
                         .truth = static_cast<std::int32_t>(t)});
    }
  }
  return matches;
}

std::string_view name(MatchKind kind) {
  constexpr std::array<std::string_view, 4> kNames = {"tp", "fp", "fn", "ignored"};
  return kNames[static_cast<std::size_t>(kind)];
}

std::string_view name(ErrorType error) {
  constexpr std::array<std::string_view, 7> kNames = {"",     "cls", "loc", "both",
                                                      "dupe", "bkg", "miss"};
  return kNames[static_cast<std::size_t>(error)];
}

}  // namespace spotter::kernels
