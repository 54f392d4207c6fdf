#include "kernels/track_metrics.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "kernels/assignment.h"
#include "kernels/track_overlaps.h"

namespace spotter::kernels {
namespace {

constexpr double kEpsilon = std::numeric_limits<double>::epsilon();
constexpr std::int32_t kNone = -1;

std::size_t at(std::int32_t index) {
  return static_cast<std::size_t>(index);
}

std::int32_t size_of(std::span<const std::int32_t> tracks) {
  return static_cast<std::int32_t>(tracks.size());
}

// ---- CLEAR

// Which output (position) was matched to each truth of the frame, or kNone.
using FrameMatches = std::vector<std::int32_t>;

class Clear {
 public:
  Clear(const TrackOverlaps& overlaps, const TrackOptions& options)
      : overlaps_(overlaps),
        options_(options),
        last_track_(overlaps.truth_lengths().size(), kNone),
        state_(last_track_.size(), State::kUnseen),
        frame_before_(last_track_.size(), kNone),
        matched_(last_track_.size(), 0) {}

  void count(TrackTally& tally) {
    for (std::size_t f = 0; f < overlaps_.frame_count(); ++f) {
      const TrackFrame frame = overlaps_.frame(f);
      // Frames that only one side has change nothing that is remembered, but for misses.
      const bool both = !frame.truths.empty() && !frame.outputs.empty();
      const auto matches = both ? match(frame) : FrameMatches(frame.truths.size(), kNone);
      record(frame, matches, both, tally);
    }
    for (std::size_t i = 0; i < matched_.size(); ++i) {
      const double share =
          static_cast<double>(matched_[i]) / static_cast<double>(overlaps_.truth_lengths()[i]);
      const bool mostly = strict() ? share > 0.8 : share >= 0.8;
      ++(mostly ? tally.mostly_tracked : share >= 0.2 ? tally.partly_tracked : tally.mostly_lost);
    }
  }

 private:
  enum class State : std::uint8_t { kUnseen, kTracked, kLost };

  [[nodiscard]] bool strict() const { return options_.rules == ClearRules::kTrackeval; }

  [[nodiscard]] bool close(double overlap) const {
    return strict() ? overlap >= options_.iou_min - kEpsilon : 1 - overlap <= 1 - options_.iou_min;
  }

  [[nodiscard]] FrameMatches match(const TrackFrame& frame) const {
    return strict() ? match_preferring(frame) : match_keeping(frame);
  }

  // TrackEval: one assignment in which pairs of the frame before weigh most.
  [[nodiscard]] FrameMatches match_preferring(const TrackFrame& frame) const {
    std::vector<WeightedEdge> edges;
    for (const auto& o : frame.overlaps) {
      if (close(o.iou)) {
        const bool same =
            frame_before_[at(frame.truths[at(o.truth)])] == frame.outputs[at(o.output)];
        edges.push_back({o.truth, o.output, o.iou + (same ? 1000 : 0)});
      }
    }
    return max_weight_matching(size_of(frame.truths), size_of(frame.outputs), edges);
  }

  // py-motmetrics: known pairs first, in the order of the truths; then as many of the rest as
  // possible.
  [[nodiscard]] FrameMatches match_keeping(const TrackFrame& frame) const {
    FrameMatches matches(frame.truths.size(), kNone);
    std::vector<bool> taken(frame.outputs.size(), false);
    for (const auto& o : frame.overlaps) {
      if (close(o.iou) && !taken[at(o.output)] &&
          last_track_[at(frame.truths[at(o.truth)])] == frame.outputs[at(o.output)]) {
        matches[at(o.truth)] = o.output;
        taken[at(o.output)] = true;
      }
    }
    std::vector<WeightedEdge> edges;
    const auto bonus = static_cast<double>(frame.truths.size() + 1);  // outweighs all distances
    for (const auto& o : frame.overlaps) {
      if (close(o.iou) && matches[at(o.truth)] == kNone && !taken[at(o.output)]) {
        edges.push_back({o.truth, o.output, bonus + o.iou});
      }
    }
    if (!edges.empty()) {
      const auto rest = max_weight_matching(size_of(frame.truths), size_of(frame.outputs), edges);
      for (std::size_t t = 0; t < matches.size(); ++t) {
        matches[t] = std::max(matches[t], rest[t]);
      }
    }
    return matches;
  }

  void record(const TrackFrame& frame, const FrameMatches& matches, bool both, TrackTally& tally) {
    if (strict() && both) {
      mark_absent(frame, matches);
    }
    for (const auto& o : frame.overlaps) {
      tally.overlap += matches[at(o.truth)] == o.output ? o.iou : 0;
    }
    for (std::size_t t = 0; t < matches.size(); ++t) {
      const auto truth = at(frame.truths[t]);
      if (matches[t] == kNone) {
        if (!strict() && state_[truth] == State::kTracked) {
          state_[truth] = State::kLost;
        }
        continue;
      }
      const std::int32_t track = frame.outputs[at(matches[t])];
      ++tally.matches;
      ++matched_[truth];
      tally.switches += last_track_[truth] != kNone && last_track_[truth] != track ? 1 : 0;
      tally.fragmentations += state_[truth] == State::kLost ? 1 : 0;
      state_[truth] = State::kTracked;
      last_track_[truth] = track;
    }
  }

  // TrackEval remembers the frame before only: of truths that are not in this frame, nothing.
  void mark_absent(const TrackFrame& frame, const FrameMatches& matches) {
    for (const auto truth : tracked_before_) {
      frame_before_[at(truth)] = kNone;
    }
    std::vector<std::int32_t> now;
    for (std::size_t t = 0; t < matches.size(); ++t) {
      if (matches[t] != kNone) {
        frame_before_[at(frame.truths[t])] = frame.outputs[at(matches[t])];
        now.push_back(frame.truths[t]);
      }
    }
    for (const auto truth : tracked_before_) {
      if (frame_before_[at(truth)] == kNone) {
        state_[at(truth)] = State::kLost;
      }
    }
    tracked_before_ = std::move(now);
  }

  const TrackOverlaps& overlaps_;
  const TrackOptions& options_;
  std::vector<std::int32_t> last_track_;  // of each truth track, however long ago
  std::vector<State> state_;
  std::vector<std::int32_t> frame_before_;    // track matched in the frame before (TrackEval)
  std::vector<std::int32_t> tracked_before_;  // truths with such a track
  std::vector<std::int64_t> matched_;
};

// ---- Identity

// The one-to-one pairing of whole tracks that agrees on most boxes.
std::int64_t identity_matches(const TrackOverlaps& overlaps, double iou_min) {
  std::vector<double> agreed(overlaps.pairs().size(), 0);
  for (std::size_t f = 0; f < overlaps.frame_count(); ++f) {
    for (const auto& o : overlaps.frame(f).overlaps) {
      agreed[at(o.pair)] += o.iou >= iou_min ? 1 : 0;
    }
  }
  std::vector<WeightedEdge> edges;
  edges.reserve(agreed.size());
  for (std::size_t p = 0; p < agreed.size(); ++p) {
    edges.push_back({overlaps.pairs()[p].truth, overlaps.pairs()[p].output, agreed[p]});
  }
  const auto output_of =
      max_weight_matching(static_cast<std::int32_t>(overlaps.truth_lengths().size()),
                          static_cast<std::int32_t>(overlaps.output_lengths().size()), edges);
  double sum = 0;
  for (const auto& edge : edges) {
    sum += output_of[at(edge.row)] == edge.column ? edge.weight : 0;
  }
  return static_cast<std::int64_t>(sum);
}

// ---- HOTA

double hota_threshold(std::size_t step) {
  return 0.05 * static_cast<double>(step + 1);
}

// How well each pair of tracks fits over the whole sequence: soft Jaccard index of their boxes.
std::vector<double> alignments(const TrackOverlaps& overlaps) {
  std::vector<double> shared(overlaps.pairs().size(), 0);
  std::vector<double> of_truth;
  std::vector<double> of_output;
  for (std::size_t f = 0; f < overlaps.frame_count(); ++f) {
    const TrackFrame frame = overlaps.frame(f);
    of_truth.assign(frame.truths.size(), 0);
    of_output.assign(frame.outputs.size(), 0);
    for (const auto& o : frame.overlaps) {
      of_truth[at(o.truth)] += o.iou;
      of_output[at(o.output)] += o.iou;
    }
    for (const auto& o : frame.overlaps) {
      const double either = of_truth[at(o.truth)] + of_output[at(o.output)] - o.iou;
      shared[at(o.pair)] += either > kEpsilon ? o.iou / either : 0;
    }
  }
  for (std::size_t p = 0; p < shared.size(); ++p) {
    const auto [truth, output] = overlaps.pairs()[p];
    const auto boxes = static_cast<double>(overlaps.truth_lengths()[at(truth)] +
                                           overlaps.output_lengths()[at(output)]);
    shared[p] /= boxes - shared[p];
  }
  return shared;
}

void count_hota(const TrackOverlaps& overlaps, TrackTally& tally) {
  const auto alignment = alignments(overlaps);
  std::vector<std::array<std::int32_t, kHotaSteps>> matches(alignment.size());
  std::vector<WeightedEdge> edges;
  for (std::size_t f = 0; f < overlaps.frame_count(); ++f) {
    const TrackFrame frame = overlaps.frame(f);
    if (frame.overlaps.empty()) {
      continue;
    }
    edges.clear();
    for (const auto& o : frame.overlaps) {
      edges.push_back({o.truth, o.output, alignment[at(o.pair)] * o.iou});
    }
    const auto output_of =
        max_weight_matching(size_of(frame.truths), size_of(frame.outputs), edges);
    for (const auto& o : frame.overlaps) {
      if (output_of[at(o.truth)] != o.output) {
        continue;
      }
      for (std::size_t step = 0; step < kHotaSteps && o.iou >= hota_threshold(step) - kEpsilon;
           ++step) {
        ++matches[at(o.pair)][step];
        tally.hota_overlap[step] += o.iou;
      }
    }
  }
  for (std::size_t p = 0; p < matches.size(); ++p) {
    const auto [truth, output] = overlaps.pairs()[p];
    const auto boxes = static_cast<double>(overlaps.truth_lengths()[at(truth)] +
                                           overlaps.output_lengths()[at(output)]);
    for (std::size_t step = 0; step < kHotaSteps && matches[p][step] > 0; ++step) {
      const auto n = static_cast<double>(matches[p][step]);
      tally.hota_matches[step] += n;
      tally.hota_association[step] += n * n / (boxes - n);
    }
  }
}

double share(double part, double whole) {
  return whole > 0 ? part / whole : std::numeric_limits<double>::quiet_NaN();
}

}  // namespace

void TrackTally::add(const TrackTally& other) {
  for (const auto field :
       {&TrackTally::frames, &TrackTally::truths, &TrackTally::outputs, &TrackTally::truth_tracks,
        &TrackTally::output_tracks, &TrackTally::matches, &TrackTally::switches,
        &TrackTally::fragmentations, &TrackTally::mostly_tracked, &TrackTally::partly_tracked,
        &TrackTally::mostly_lost, &TrackTally::identity_matches}) {
    this->*field += other.*field;
  }
  overlap += other.overlap;
  for (const auto sums :
       {&TrackTally::hota_matches, &TrackTally::hota_overlap, &TrackTally::hota_association}) {
    for (std::size_t step = 0; step < kHotaSteps; ++step) {
      (this->*sums)[step] += (other.*sums)[step];
    }
  }
}

TrackTally tally_tracks(const TrackRows& truths, const TrackRows& outputs,
                        const TrackOptions& options) {
  const TrackOverlaps overlaps(truths, outputs);
  TrackTally tally;
  tally.frames = static_cast<std::int64_t>(overlaps.frame_count());
  tally.truths = static_cast<std::int64_t>(truths.size());
  tally.outputs = static_cast<std::int64_t>(outputs.size());
  tally.truth_tracks = static_cast<std::int64_t>(overlaps.truth_lengths().size());
  tally.output_tracks = static_cast<std::int64_t>(overlaps.output_lengths().size());
  Clear(overlaps, options).count(tally);
  tally.identity_matches = identity_matches(overlaps, options.iou_min);
  count_hota(overlaps, tally);
  return tally;
}

TrackMetrics track_metrics(const TrackTally& tally, ClearRules rules) {
  const auto truths = static_cast<double>(tally.truths);
  const auto outputs = static_cast<double>(tally.outputs);
  const auto matches = static_cast<double>(tally.matches);
  TrackMetrics figures;
  figures.false_alarms = tally.outputs - tally.matches;
  figures.misses = tally.truths - tally.matches;
  figures.mota =
      1 -
      share(static_cast<double>(figures.false_alarms + figures.misses + tally.switches), truths);
  const double overlap = share(tally.overlap, matches);
  figures.motp = rules == ClearRules::kMotmetrics ? 1 - overlap : overlap;
  figures.recall = share(matches, truths);
  figures.precision = share(matches, outputs);
  const auto same = static_cast<double>(tally.identity_matches);
  figures.idf1 = share(2 * same, truths + outputs);
  figures.idp = share(same, outputs);
  figures.idr = share(same, truths);
  for (std::size_t step = 0; step < kHotaSteps; ++step) {
    const double hits = tally.hota_matches[step];
    const double det_a = hits / std::max(1.0, truths + outputs - hits);
    const double ass_a = tally.hota_association[step] / std::max(1.0, hits);
    figures.det_a += det_a / kHotaSteps;
    figures.ass_a += ass_a / kHotaSteps;
    figures.hota += std::sqrt(det_a * ass_a) / kHotaSteps;
    // The reference counts a step without a match as 1.
    figures.loc_a += (hits > 0 ? tally.hota_overlap[step] / hits : 1) / kHotaSteps;
  }
  return figures;
}

}  // namespace spotter::kernels
