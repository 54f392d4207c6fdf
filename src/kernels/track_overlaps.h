// The two sides of a sequence laid side by side, frame by frame, with every overlapping pair of
// boxes: what all tracking metrics are counted on.
#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "kernels/track_metrics.h"

namespace spotter::kernels {

// A truth and an output of one frame that overlap at all.
struct Overlap {
  std::int32_t truth = 0;   // position in the frame
  std::int32_t output = 0;  // position in the frame
  std::int32_t pair = 0;    // of their tracks: index into TrackOverlaps::pairs
  double iou = 0;
};

// A truth track and an output track that overlap in at least one frame.
struct TrackPair {
  std::int32_t truth = 0;  // tracks are numbered from 0
  std::int32_t output = 0;
};

struct TrackFrame {
  std::span<const std::int32_t> truths;   // the track of each truth
  std::span<const std::int32_t> outputs;  // the track of each output
  std::span<const Overlap> overlaps;      // by truth, then output
};

class TrackOverlaps {
 public:
  TrackOverlaps(const TrackRows& truths, const TrackRows& outputs);

  // Frames with a box on either side, by rising number.
  [[nodiscard]] std::size_t frame_count() const { return frames_.size(); }
  [[nodiscard]] TrackFrame frame(std::size_t index) const;
  [[nodiscard]] const std::vector<TrackPair>& pairs() const { return pairs_; }
  // Boxes of each track.
  [[nodiscard]] const std::vector<std::int64_t>& truth_lengths() const { return truth_lengths_; }
  [[nodiscard]] const std::vector<std::int64_t>& output_lengths() const { return output_lengths_; }

 private:
  struct Ends {
    std::size_t truths = 0;
    std::size_t outputs = 0;
    std::size_t overlaps = 0;
  };
  void number_pairs();

  std::vector<std::int64_t>
      truth_lengths_;  // before the rows' tracks, which are numbered with them
  std::vector<std::int64_t> output_lengths_;
  std::vector<std::int32_t> truth_track_;   // of each row
  std::vector<std::int32_t> output_track_;  // of each row
  std::vector<Ends> frames_;                // where each frame ends
  std::vector<Overlap> overlaps_;
  std::vector<TrackPair> pairs_;
};

}  // namespace spotter::kernels
