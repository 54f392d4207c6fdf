// What is odd about the tracks of a sequence: frames in which an object that was there before and
// after was not detected, classes that flip, boxes that jump, objects that are found late.
#pragma once
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "kernels/tracker.h"

namespace spotter::kernels {

enum class TrackEventKind : std::uint8_t {
  kMissingBetween,  // detected before and after, not here
  kFlicker,         // the same, on a track that comes and goes: gaps of a frame or two, three times
  kClassFlip,       // another class than before, after and mostly
  kJump,            // a box that its neighbours in time contradict
  kLateFirst,       // not here, although large and clear a frame later
  kEarlyLast,       // not here, although large and clear a frame earlier
};
[[nodiscard]] std::string_view name(TrackEventKind kind);  // "missing_between", …

struct TrackEvent {
  TrackEventKind kind = TrackEventKind::kMissingBetween;
  std::size_t track = 0;        // position in the list of tracks
  std::size_t frame = 0;        // position in the list of frames
  std::int64_t detection = -1;  // the detection in doubt, or a weak one at the place; -1 = none
  Box box;                      // where the object should be
  double overlap = 0;           // IoU of `detection` with `box`
  double best_score = 0;        // of `detection`
  double covered = 0;           // share of `box` behind another detected object that stands lower
  int gap = 0;                  // frames of the gap, or frames away from the track's end
  int nearest = 0;  // frames away from the nearest frame in which the object was detected
};

struct TrackEventOptions {
  double score_detected = 0.3;  // detections below do not count as found
  int hits_min = 3;             // tracks with fewer detections say nothing
  int gap_max = 10;             // frames; in longer gaps nobody knows where the object was
  double class_share_min = 0.7;
  double jump_overlap = 0.5;  // IoU with what the frames around say, below which a box jumped
  int late_max = 2;           // frames before the first and after the last detection
  // Objects smaller than this share of all detections of their class may well be found late.
  double late_size_share = 0.25;
  double width = 0;  // of the pictures, pixels; 0 = unknown: late and early are not judged
  double height = 0;
};

// By frame, then track. Expected boxes lie between the boxes before and after, each carried to the
// frame by the camera's motion; before the first and after the last detection they go on as the
// track's first and last three boxes do.
// Time grows with the frames of all tracks times the detections of a frame.
[[nodiscard]] std::vector<TrackEvent> track_events(std::span<const TrackerFrame> frames,
                                                   std::span<const ObjectTrack> tracks,
                                                   const TrackEventOptions& options);

}  // namespace spotter::kernels
