#include "kernels/error_shares.h"

#include <algorithm>
#include <numeric>

#include "base/parallel.h"
#include "kernels/average_precision.h"
#include "kernels/match.h"

namespace spotter::kernels {
namespace {

constexpr double kIouMin = 0.5;
constexpr std::size_t kDetectionsMax = 100;

// What the oracle mends: one of the kinds, or one of these.
constexpr int kNothing = -1;
constexpr int kAllFalseAlarms = 6;
constexpr int kAllMisses = 7;
constexpr int kMiss = 5;

constexpr int kind_of(ErrorType error) {
  switch (error) {
    case ErrorType::kClass:
      return 0;
    case ErrorType::kLocation:
      return 1;
    case ErrorType::kBoth:
      return 2;
    case ErrorType::kDuplicate:
      return 3;
    case ErrorType::kBackground:
      return 4;
    default:
      return kMiss;
  }
}

// A detection that is not ignored.
struct Told {
  double score = 0;
  std::int32_t class_index = 0;
  int kind = kNothing;  // of its error; kNothing = a hit
  std::int32_t repaired_class =
      -1;  // cls and loc: the class it would hit, −1 = it would only repeat a hit
};

struct Picture {
  std::vector<Told> told;
  std::vector<std::int32_t> missed;     // classes of objects that nothing meant
  std::vector<std::int32_t> not_found;  // classes of all objects without a hit
};

std::vector<std::vector<std::uint32_t>> by_picture(const CocoColumns& columns, CocoSize size) {
  std::vector<std::vector<std::uint32_t>> rows(static_cast<std::size_t>(size.images));
  for (std::size_t i = 0; i < columns.size(); ++i) {
    rows[static_cast<std::size_t>(columns.image[i])].push_back(static_cast<std::uint32_t>(i));
  }
  return rows;
}

Box box_of(const std::array<double, 4>& b) {
  return {b[0], b[1], b[0] + b[2], b[1] + b[3]};
}

// The object that a false alarm meant: of its class for a wrong place, of another for a wrong
// class.
std::int32_t meant(const std::vector<Truth>& truths, const Detection& d, ErrorType error) {
  std::int32_t chosen = -1;
  double best = 0;
  for (std::size_t t = 0; t < truths.size(); ++t) {
    const bool same = truths[t].class_index == d.class_index;
    const double overlap = iou(truths[t].box, d.box);
    if (!truths[t].ignored && same == (error == ErrorType::kLocation) && overlap > best) {
      best = overlap;
      chosen = static_cast<std::int32_t>(t);
    }
  }
  return chosen;
}

Picture judge(const std::vector<Truth>& truths, const std::vector<Detection>& detections) {
  Picture picture;
  std::vector<bool> hit(truths.size());
  const auto matches = match_objects(truths, detections, kIouMin);
  for (const auto& m : matches) {
    if (m.kind == MatchKind::kHit) {
      hit[static_cast<std::size_t>(m.truth)] = true;
    }
  }
  // By falling score, so that the first that means an object is the one to be mended.
  std::vector<bool> repaired(truths.size());
  for (std::size_t i = 0; i < detections.size(); ++i) {
    const auto& m = matches[i];
    if (m.kind == MatchKind::kIgnored) {
      continue;
    }
    Told told{.score = detections[i].score, .class_index = detections[i].class_index};
    if (m.kind == MatchKind::kFalseAlarm) {
      told.kind = kind_of(m.error);
      const bool mendable = m.error == ErrorType::kClass || m.error == ErrorType::kLocation;
      const auto t = mendable ? meant(truths, detections[i], m.error) : -1;
      if (t >= 0 && !hit[static_cast<std::size_t>(t)]) {
        const auto place = static_cast<std::size_t>(t);
        told.repaired_class = repaired[place] ? -1 : truths[place].class_index;
        repaired[place] = true;
      }
    }
    picture.told.push_back(told);
  }
  for (std::size_t t = 0; t < truths.size(); ++t) {
    if (!truths[t].ignored && !hit[t]) {
      picture.not_found.push_back(truths[t].class_index);
      if (!repaired[t]) {
        picture.missed.push_back(truths[t].class_index);
      }
    }
  }
  return picture;
}

std::vector<Picture> judge_all(const CocoColumns& truths, const CocoColumns& detections,
                               CocoSize size) {
  const auto truth_rows = by_picture(truths, size);
  auto rows = by_picture(detections, size);
  std::vector<Picture> pictures(rows.size());
  parallel_for(rows.size(), 64, [&](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i) {
      std::stable_sort(rows[i].begin(), rows[i].end(),
                       [&](auto a, auto b) { return detections.score[a] > detections.score[b]; });
      rows[i].resize(std::min(rows[i].size(), kDetectionsMax));
      std::vector<Truth> t;
      for (const auto row : truth_rows[i]) {
        const bool crowd = truths.crowd[row] != 0;
        t.push_back({box_of(truths.box[row]), truths.category[row], crowd, crowd});
      }
      std::vector<Detection> d;
      for (const auto row : rows[i]) {
        d.push_back({box_of(detections.box[row]), detections.category[row], detections.score[row]});
      }
      pictures[i] = judge(t, d);
    }
  });
  return pictures;
}

// AP50 when the oracle mends `mended` alone.
double average_precision_without(int mended, std::span<const Picture> pictures,
                                 std::span<const std::uint32_t> truth_counts) {
  std::vector<PrecisionInput> classes(truth_counts.size());
  for (std::size_t k = 0; k < classes.size(); ++k) {
    classes[k].truths = {truth_counts[k]};
  }
  for (const auto& picture : pictures) {
    for (const auto& d : picture.told) {
      const bool is_hit = d.kind == kNothing;
      const bool is_mended = !is_hit && (d.kind == mended || mended == kAllFalseAlarms);
      const bool becomes_hit = is_mended && mended != kAllFalseAlarms && d.repaired_class >= 0;
      if (is_mended && !becomes_hit) {
        continue;
      }
      const auto k = static_cast<std::size_t>(becomes_hit ? d.repaired_class : d.class_index);
      classes[k].detections.push_back({.score = d.score, .scene = 0, .hit = is_hit || becomes_hit});
    }
    if (mended == kMiss || mended == kAllMisses) {
      for (const auto k : mended == kMiss ? picture.missed : picture.not_found) {
        --classes[static_cast<std::size_t>(k)].truths[0];
      }
    }
  }
  double sum = 0;
  int defined = 0;
  for (std::size_t k = 0; k < classes.size(); ++k) {
    if (truth_counts[k] == 0) {
      continue;
    }
    sort_by_score(classes[k]);
    // A class of which the oracle took every object has nothing wrong left.
    const double value = average_precision(classes[k]);
    sum += value < 0 ? 1 : value;
    ++defined;
  }
  return defined == 0 ? -1 : sum / defined;
}

}  // namespace

ErrorShares error_shares(const CocoColumns& truths, const CocoColumns& detections, CocoSize size) {
  const auto pictures = judge_all(truths, detections, size);
  std::vector<std::uint32_t> counts(static_cast<std::size_t>(size.categories));
  for (std::size_t i = 0; i < truths.size(); ++i) {
    counts[static_cast<std::size_t>(truths.category[i])] += truths.crowd[i] != 0 ? 0 : 1;
  }
  ErrorShares shares{.ap50 = average_precision_without(kNothing, pictures, counts)};
  for (const auto& picture : pictures) {
    for (const auto& d : picture.told) {
      if (d.kind != kNothing) {
        ++shares.count[static_cast<std::size_t>(d.kind)];
      }
    }
    shares.count[kMiss] += static_cast<std::int64_t>(picture.missed.size());
  }
  if (shares.ap50 < 0) {
    return shares;
  }
  const auto gain = [&](int mended) {
    return std::max(0.0, average_precision_without(mended, pictures, counts) - shares.ap50);
  };
  for (int kind = 0; kind <= kMiss; ++kind) {
    shares.gain[static_cast<std::size_t>(kind)] = gain(kind);
  }
  shares.false_alarm_gain = gain(kAllFalseAlarms);
  shares.miss_gain = gain(kAllMisses);
  return shares;
}

}  // namespace spotter::kernels
