// An own multi-object tracker: which detections over the frames of a sequence are one physical
// object. For finding what a detector drops; offline, for it sees the whole sequence.
#pragma once
#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "domain/geometry.h"
#include "kernels/match.h"

namespace spotter::kernels {

// How the camera's motion moved the picture since the frame before: a homography, row by row, that
// takes pixels of that frame to pixels of this one.
using ImageMotion = std::array<double, 9>;
inline constexpr ImageMotion kStillCamera = {1, 0, 0, 0, 1, 0, 0, 0, 1};
// The box around the moved corners of a shift, zoom or turn in the picture. Of a motion with
// perspective, which tells of the ground: its foot goes as the ground there, and as what stands
// upright it grows as its width does. What comes to lie behind the camera is left as it is.
[[nodiscard]] Box moved(const Box& box, const ImageMotion& motion);
// First `first`, then `second`.
[[nodiscard]] ImageMotion then(const ImageMotion& first, const ImageMotion& second);
// Nothing when the motion can't be undone.
[[nodiscard]] std::optional<ImageMotion> inverse(const ImageMotion& motion);

struct TrackerFrame {
  std::int64_t number = 0;            // rising; gaps are time without pictures
  std::vector<Detection> detections;  // any order
  ImageMotion motion = kStillCamera;  // since the frame before in the list
};

struct TrackerOptions {
  double score_min = 0.1;    // detections below are not looked at
  double score_birth = 0.5;  // only such a detection starts a track and is matched first
  double iou_min = 0.3;  // between a track's expected box and a detection, both grown by what the
                         // track is unsure
  double iou_min_weak = 0.5;  // the same for detections below score_birth
  double other_class = 0.6;   // worth of an overlap with a detection of another class
  int lost_max = 15;          // frames without a detection after which a track ends
};

struct TrackPoint {
  std::size_t frame = 0;      // position in the list of frames
  std::size_t detection = 0;  // position in the frame
};

struct ObjectTrack {
  std::vector<TrackPoint> points;  // rising frames, those with a detection
  std::int32_t class_index = 0;    // by vote of the detections, weighted by score
  double class_share = 0;          // of the vote
};

// Kalman filters of constant velocity for centre and size of each box (noise in proportion to its
// height, as in Wojke, Bewley and Paulus 2017), exact assignment by overlap of the expected box
// with strong detections, then with weak ones (two stages as in ByteTrack, Zhang et al., ECCV
// 2022). Detections that belong to no track are in none. Tracks by first frame, then first
// detection; the same input gives the same tracks. Time grows with tracks × detections of a frame.
// Throws kInternal when frame numbers do not rise.
[[nodiscard]] std::vector<ObjectTrack> track_objects(std::span<const TrackerFrame> frames,
                                                     const TrackerOptions& options);

}  // namespace spotter::kernels
