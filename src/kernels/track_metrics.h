// Scores of a multi-object tracker against ground truth: CLEAR MOT, identity (IDF1) and HOTA.
// Everything is counted a sequence at a time and the counts add up, so figures over many sequences
// come from the sum of their tallies and not from a mean of their figures.
#pragma once
#include <array>
#include <cstdint>
#include <vector>

#include "domain/geometry.h"

namespace spotter::kernels {

// The boxes of one side of one sequence, one row a box: by rising frame, each track at most once a
// frame. Boxes in pixels.
struct TrackRows {
  std::vector<std::int64_t> frame;
  std::vector<std::int64_t> track;
  std::vector<Box> box;
  [[nodiscard]] std::size_t size() const { return frame.size(); }
};

// The two programs that the field quotes count CLEAR MOT differently.
enum class ClearRules {
  // Bernardin and Stiefelhagen 2008 to the letter, as py-motmetrics: an object keeps its last track
  // however long ago it was, as long as the two still overlap; the rest is matched for the most
  // pairs, then the least distance. MOTP is a distance (1 − IoU); mostly tracked means ≥ 80 %.
  kMotmetrics,
  // As TrackEval: only a match of the frame before is preferred, the rest is matched for the
  // greatest overlap. MOTP is an overlap; mostly tracked means > 80 %; an object that leaves the
  // truth and comes back counts as a fragmentation.
  kTrackeval,
};

struct TrackOptions {
  ClearRules rules = ClearRules::kMotmetrics;
  double iou_min = 0.5;  // of a match, for CLEAR and identity
};

// The overlaps 0.05, 0.10 … 0.95 at which HOTA is computed and averaged.
inline constexpr std::size_t kHotaSteps = 19;
using HotaSums = std::array<double, kHotaSteps>;

// Counts of one or more sequences.
struct TrackTally {
  std::int64_t frames = 0;  // with a box on either side
  std::int64_t truths = 0;  // boxes
  std::int64_t outputs = 0;
  std::int64_t truth_tracks = 0;
  std::int64_t output_tracks = 0;
  // CLEAR
  std::int64_t matches = 0;
  std::int64_t switches = 0;
  std::int64_t fragmentations = 0;
  std::int64_t mostly_tracked = 0;
  std::int64_t partly_tracked = 0;
  std::int64_t mostly_lost = 0;
  double overlap = 0;  // sum of IoU over the matches
  // Identity: boxes on which the best one-to-one pairing of tracks agrees.
  std::int64_t identity_matches = 0;
  // HOTA, one entry a step: matches, sum of their IoU, sum of their association scores.
  HotaSums hota_matches{};
  HotaSums hota_overlap{};
  HotaSums hota_association{};

  void add(const TrackTally& other);
};

// Throws kInternal when rows are not by frame. Time grows with the boxes of a frame squared; memory
// with the overlapping pairs. Matching is exact (kernels/assignment.h). HOTA: Luiten et al., IJCV
// 2021; identity: Ristani et al., 2016.
[[nodiscard]] TrackTally tally_tracks(const TrackRows& truths, const TrackRows& outputs,
                                      const TrackOptions& options);

// The figures of a tally; NaN where a figure is 0/0. Shares in [0, 1], MOTA at most 1.
struct TrackMetrics {
  double mota = 0;
  double motp = 0;  // mean 1 − IoU of the matches (kMotmetrics) or mean IoU (kTrackeval)
  double recall = 0;
  double precision = 0;
  double idf1 = 0;
  double idp = 0;
  double idr = 0;
  double hota = 0;
  double det_a = 0;
  double ass_a = 0;
  double loc_a = 0;
  std::int64_t false_alarms = 0;
  std::int64_t misses = 0;
};
[[nodiscard]] TrackMetrics track_metrics(const TrackTally& tally, ClearRules rules);

}  // namespace spotter::kernels
