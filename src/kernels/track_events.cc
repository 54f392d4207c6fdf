#include "kernels/track_events.h"

#include <algorithm>
#include <map>
#include <optional>
#include <tuple>

namespace spotter::kernels {
namespace {

constexpr double kBorder = 0.03;    // of a side: nearer to it an object may be entering
constexpr double kSamePlace = 0.5;  // IoU with a detection that makes an expected box found
constexpr double kNearPlace = 0.3;  // the same, before the first and after the last detection
constexpr double kAgreed = 0.7;  // IoU from which frames around a detection agree with each other
constexpr double kCoveredMax = 0.3;  // objects that appear from behind another are not late
constexpr int kFlickerGaps = 3;
constexpr int kFlickerFrames = 2;

Box blend(const Box& a, const Box& b, double share_of_b) {
  const double s = share_of_b;
  return {a.x1 + s * (b.x1 - a.x1), a.y1 + s * (b.y1 - a.y1), a.x2 + s * (b.x2 - a.x2),
          a.y2 + s * (b.y2 - a.y2)};
}

double covered_share(const Box& box, const Box& front) {
  const double w = std::min(box.x2, front.x2) - std::max(box.x1, front.x1);
  const double h = std::min(box.y2, front.y2) - std::max(box.y1, front.y1);
  return w > 0 && h > 0 && front.y2 > box.y2 ? w * h / box.area() : 0;
}

class Events {
 public:
  Events(std::span<const TrackerFrame> frames, std::span<const ObjectTrack> tracks,
         const TrackEventOptions& options)
      : frames_(frames), tracks_(tracks), options_(options) {
    for (const auto& track : tracks) {
      for (const auto& point : track.points) {
        if (detection(point).score >= options.score_detected) {
          heights_[track.class_index].push_back(detection(point).box.height());
        }
      }
    }
    for (auto& [index, heights] : heights_) {
      std::sort(heights.begin(), heights.end());
    }
  }

  std::vector<TrackEvent> find() {
    for (std::size_t t = 0; t < tracks_.size(); ++t) {
      seen_.clear();
      weak_.clear();
      for (const auto& point : tracks_[t].points) {
        (detection(point).score >= options_.score_detected ? seen_ : weak_).push_back(point);
      }
      if (static_cast<int>(seen_.size()) >= options_.hits_min) {
        gaps(t);
        flips(t);
        jumps(t);
        end(t, -1);
        end(t, +1);
      }
    }
    std::stable_sort(events_.begin(), events_.end(), [](const TrackEvent& a, const TrackEvent& b) {
      return std::tie(a.frame, a.track) < std::tie(b.frame, b.track);
    });
    return std::move(events_);
  }

 private:
  [[nodiscard]] const Detection& detection(const TrackPoint& point) const {
    return frames_[point.frame].detections[point.detection];
  }
  [[nodiscard]] const Box& box(const TrackPoint& point) const { return detection(point).box; }
  [[nodiscard]] double number(std::size_t frame) const {
    return static_cast<double>(frames_[frame].number);
  }

  // A box of frame `from` as the camera sees the same place in frame `to`.
  [[nodiscard]] Box carried(const Box& of, std::size_t from, std::size_t to) const {
    ImageMotion motion = kStillCamera;
    for (std::size_t f = std::min(from, to) + 1; f <= std::max(from, to); ++f) {
      if (frames_[f].motion != kStillCamera) {
        motion = then(motion, frames_[f].motion);
      }
    }
    if (from > to) {
      motion = inverse(motion).value_or(kStillCamera);
    }
    return motion == kStillCamera ? of : moved(of, motion);
  }

  // Where the object is in `frame` if it goes evenly from `a` to `b`; also outside of the two.
  [[nodiscard]] Box expected(const TrackPoint& a, const TrackPoint& b, std::size_t frame) const {
    const double share = (number(frame) - number(a.frame)) / (number(b.frame) - number(a.frame));
    return blend(carried(box(a), a.frame, frame), carried(box(b), b.frame, frame), share);
  }

  [[nodiscard]] const TrackPoint* weak_in(std::size_t frame) const {
    const auto it = std::find_if(weak_.begin(), weak_.end(),
                                 [&](const TrackPoint& point) { return point.frame == frame; });
    return it == weak_.end() ? nullptr : &*it;
  }

  // Whether something is detected at the place, and how much of it is behind something.
  [[nodiscard]] bool found(const Box& place, std::size_t frame, double iou_min) const {
    return std::any_of(frames_[frame].detections.begin(), frames_[frame].detections.end(),
                       [&](const Detection& d) {
                         return d.score >= options_.score_detected && iou(d.box, place) >= iou_min;
                       });
  }
  [[nodiscard]] double covered(const Box& place, std::size_t frame) const {
    double most = 0;
    for (const auto& d : frames_[frame].detections) {
      if (d.score >= options_.score_detected) {
        most = std::max(most, covered_share(place, d.box));
      }
    }
    return std::min(most, 1.0);
  }
  // More than half of it in the picture, as far as that is known.
  [[nodiscard]] bool in_picture(const Box& place) const {
    return options_.width <= 0 || options_.height <= 0 ||
           clip(place, options_.width, options_.height).area() > 0.5 * place.area();
  }

  void add_missing(TrackEvent event, const Box& place) {
    const TrackPoint* weak = weak_in(event.frame);
    event.box = weak == nullptr ? place : box(*weak);
    if (weak != nullptr) {
      event.detection = static_cast<std::int64_t>(weak->detection);
      event.best_score = detection(*weak).score;
      event.overlap = 1;
    }
    event.covered = covered(event.box, event.frame);
    events_.push_back(event);
  }

  void gaps(std::size_t t) {
    int short_gaps = 0;
    for (std::size_t i = 1; i < seen_.size(); ++i) {
      const auto missing = seen_[i].frame - seen_[i - 1].frame - 1;
      short_gaps += missing >= 1 && missing <= kFlickerFrames ? 1 : 0;
    }
    for (std::size_t i = 1; i < seen_.size(); ++i) {
      const auto& a = seen_[i - 1];
      const auto& b = seen_[i];
      const int gap = static_cast<int>(b.frame - a.frame) - 1;
      if (gap > options_.gap_max) {
        continue;
      }
      const bool flickers = short_gaps >= kFlickerGaps && gap <= kFlickerFrames;
      for (std::size_t f = a.frame + 1; f < b.frame; ++f) {
        const Box place = expected(a, b, f);
        if (!place.valid() || !in_picture(place) || found(place, f, kSamePlace)) {
          continue;
        }
        add_missing({.kind = flickers ? TrackEventKind::kFlicker : TrackEventKind::kMissingBetween,
                     .track = t,
                     .frame = f,
                     .gap = gap,
                     .nearest = static_cast<int>(std::min(f - a.frame, b.frame - f))},
                    place);
      }
    }
  }

  void flips(std::size_t t) {
    const auto winner = tracks_[t].class_index;
    if (tracks_[t].class_share < options_.class_share_min) {
      return;
    }
    for (std::size_t i = 0; i < seen_.size(); ++i) {
      const auto usual = [&](const TrackPoint& point) {
        return detection(point).class_index == winner;
      };
      const bool before =
          std::any_of(seen_.begin(), seen_.begin() + static_cast<std::ptrdiff_t>(i), usual);
      const bool after =
          std::any_of(seen_.begin() + static_cast<std::ptrdiff_t>(i), seen_.end(), usual);
      if (!usual(seen_[i]) && before && after) {
        events_.push_back({.kind = TrackEventKind::kClassFlip,
                           .track = t,
                           .frame = seen_[i].frame,
                           .detection = static_cast<std::int64_t>(seen_[i].detection),
                           .box = box(seen_[i]),
                           .overlap = 1,
                           .best_score = detection(seen_[i]).score});
      }
    }
  }

  // Whether detection `i` of the track lies where those before and after it say, by IoU.
  [[nodiscard]] double fit_between(std::size_t before, std::size_t i, std::size_t after) const {
    return iou(box(seen_[i]), expected(seen_[before], seen_[after], seen_[i].frame));
  }

  // Whether three detections around `i` agree with each other: else the object moves too
  // irregularly, or too much from frame to frame, for a place to be expected.
  [[nodiscard]] bool agreed_around(std::size_t i) const {
    const auto near = [&](std::size_t a, std::size_t b) {
      return seen_[b].frame - seen_[a].frame <= 2;
    };
    return near(i - 1, i) && near(i, i + 1) &&
           ((i >= 2 && near(i - 2, i - 1) && fit_between(i - 2, i - 1, i + 1) >= kAgreed) ||
            (i + 2 < seen_.size() && near(i + 1, i + 2) &&
             fit_between(i - 1, i + 1, i + 2) >= kAgreed));
  }

  // A box is judged by the one before and the one after; of boxes that contradict each other only
  // the one that fits worst is to blame.
  void jumps(std::size_t t) {
    std::vector<double> fit(seen_.size(), 1);
    for (std::size_t i = 1; i + 1 < seen_.size(); ++i) {
      if (agreed_around(i)) {
        fit[i] = fit_between(i - 1, i, i + 1);
      }
    }
    for (std::size_t i = 1; i + 1 < seen_.size(); ++i) {
      if (fit[i] < options_.jump_overlap && fit[i] < fit[i - 1] && fit[i] <= fit[i + 1]) {
        events_.push_back({.kind = TrackEventKind::kJump,
                           .track = t,
                           .frame = seen_[i].frame,
                           .detection = static_cast<std::int64_t>(seen_[i].detection),
                           .box = expected(seen_[i - 1], seen_[i + 1], seen_[i].frame),
                           .overlap = fit[i],
                           .best_score = detection(seen_[i]).score});
      }
    }
  }

  [[nodiscard]] bool large(std::size_t t, const Box& first) const {
    const auto& heights = heights_.at(tracks_[t].class_index);
    const auto smaller =
        std::upper_bound(heights.begin(), heights.end(), first.height()) - heights.begin();
    return static_cast<double>(smaller) >=
           options_.late_size_share * static_cast<double>(heights.size());
  }

  [[nodiscard]] bool inside(const Box& place) const {
    const double dx = kBorder * options_.width;
    const double dy = kBorder * options_.height;
    return place.x1 >= dx && place.y1 >= dy && place.x2 <= options_.width - dx &&
           place.y2 <= options_.height - dy;
  }

  // The frames before the first (direction -1) or after the last detection (+1).
  void end(std::size_t t, int direction) {
    const TrackPoint& tip = direction < 0 ? seen_.front() : seen_.back();
    const TrackPoint& inner = direction < 0 ? seen_[2] : seen_[seen_.size() - 3];
    if (options_.width <= 0 || options_.height <= 0 || !large(t, box(tip)) || !inside(box(tip))) {
      return;
    }
    for (int step = 1; step <= options_.late_max; ++step) {
      const auto f = static_cast<std::ptrdiff_t>(tip.frame) + std::ptrdiff_t{direction} * step;
      if (f < 0 || f >= static_cast<std::ptrdiff_t>(frames_.size())) {
        return;
      }
      const auto frame = static_cast<std::size_t>(f);
      const Box place = expected(tip, inner, frame);
      if (!place.valid() || !inside(place) || found(place, frame, kNearPlace) ||
          covered(place, frame) > kCoveredMax) {
        return;
      }
      add_missing({.kind = direction < 0 ? TrackEventKind::kLateFirst : TrackEventKind::kEarlyLast,
                   .track = t,
                   .frame = frame,
                   .gap = step,
                   .nearest = step},
                  place);
    }
  }

  std::span<const TrackerFrame> frames_;
  std::span<const ObjectTrack> tracks_;
  const TrackEventOptions& options_;
  std::map<std::int32_t, std::vector<double>> heights_;  // sorted, by class
  std::vector<TrackPoint> seen_;                         // of the track that is looked at
  std::vector<TrackPoint> weak_;
  std::vector<TrackEvent> events_;
};

}  // namespace

std::string_view name(TrackEventKind kind) {
  switch (kind) {
    case TrackEventKind::kMissingBetween:
      return "missing_between";
    case TrackEventKind::kFlicker:
      return "flicker";
    case TrackEventKind::kClassFlip:
      return "class_flip";
    case TrackEventKind::kJump:
      return "impossible_motion";
    case TrackEventKind::kLateFirst:
      return "late_first";
    case TrackEventKind::kEarlyLast:
      return "early_last";
  }
  return "";
}

std::vector<TrackEvent> track_events(std::span<const TrackerFrame> frames,
                                     std::span<const ObjectTrack> tracks,
                                     const TrackEventOptions& options) {
  return Events(frames, tracks, options).find();
}

}  // namespace spotter::kernels
