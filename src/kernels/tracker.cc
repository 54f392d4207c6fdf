#include "kernels/tracker.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

#include "base/error.h"
#include "kernels/assignment.h"

namespace spotter::kernels {
namespace {

constexpr double kPlaceNoise = 0.05;     // standard deviation of a measured side, in box heights
constexpr double kRateNoise = 0.00625;   // change of velocity from frame to frame, in box heights
constexpr double kFirstRateNoise = 0.1;  // of the velocity of a new track, in box heights a frame

// One coordinate and its velocity a frame: a Kalman filter of two states.
struct Axis {
  double value = 0;
  double rate = 0;
  double p_value = 0;  // covariance
  double p_both = 0;
  double p_rate = 0;

  Axis(double measured, double scale)
      : value(measured),
        p_value(std::pow(2 * kPlaceNoise * scale, 2)),
        p_rate(std::pow(kFirstRateNoise * scale, 2)) {}

  void predict(double frames, double scale) {
    value += rate * frames;
    p_value += frames * (2 * p_both + frames * p_rate) + frames * std::pow(kPlaceNoise * scale, 2);
    p_both += frames * p_rate;
    p_rate += frames * std::pow(kRateNoise * scale, 2);
  }

  void correct(double measured, double scale) {
    const double innovation = measured - value;
    const double variance = p_value + std::pow(kPlaceNoise * scale, 2);
    const double gain = p_value / variance;
    const double rate_gain = p_both / variance;
    value += gain * innovation;
    rate += rate_gain * innovation;
    p_rate -= rate_gain * p_both;
    p_both *= 1 - gain;
    p_value *= 1 - gain;
  }

  void rescale(double new_value, double factor) {
    value = new_value;
    rate *= factor;
  }
};

double scale_of(const Box& box) {
  return std::max(box.height(), 1.0);
}

// A track that may still be continued.
struct Live {
  Axis x;
  Axis y;
  Axis width;
  Axis height;
  std::vector<TrackPoint> points;
  std::map<std::int32_t, double> votes;  // score by class
  std::int64_t last_seen = 0;            // frame number

  explicit Live(const Box& box)
      : x((box.x1 + box.x2) / 2, scale_of(box)),
        y((box.y1 + box.y2) / 2, scale_of(box)),
        width(box.width(), scale_of(box)),
        height(box.height(), scale_of(box)) {}

  [[nodiscard]] Box box() const {
    const double w = std::max(width.value, 1.0);
    const double h = std::max(height.value, 1.0);
    return {x.value - w / 2, y.value - h / 2, x.value + w / 2, y.value + h / 2};
  }

  // How sure the place is: one standard deviation of the centre, in pixels.
  [[nodiscard]] std::pair<double, double> slack() const {
    return {std::sqrt(x.p_value), std::sqrt(y.p_value)};
  }

  [[nodiscard]] std::int32_t class_index() const {
    return std::max_element(votes.begin(), votes.end(),
                            [](const auto& a, const auto& b) { return a.second < b.second; })
        ->first;
  }

  void predict(double frames, const ImageMotion& motion) {
    const double scale = scale_of(box());
    for (Axis* axis : {&x, &y, &width, &height}) {
      axis->predict(frames, scale);
    }
    if (motion != kStillCamera) {
      const Box before = box();
      const Box after = moved(before, motion);
      const double wider = after.width() / before.width();
      const double higher = after.height() / before.height();
      x.rescale((after.x1 + after.x2) / 2, wider);
      y.rescale((after.y1 + after.y2) / 2, higher);
      width.rescale(after.width(), wider);
      height.rescale(after.height(), higher);
    }
  }

  void correct(const Box& seen) {
    const double scale = scale_of(seen);
    x.correct((seen.x1 + seen.x2) / 2, scale);
    y.correct((seen.y1 + seen.y2) / 2, scale);
    width.correct(seen.width(), scale);
    height.correct(seen.height(), scale);
  }

  void take(const TrackPoint& point, const Detection& detection, std::int64_t number) {
    points.push_back(point);
    votes[detection.class_index] += std::max(detection.score, 1e-6);
    last_seen = number;
  }
};

Box grown(const Box& box, const std::pair<double, double>& by) {
  return {box.x1 - by.first, box.y1 - by.second, box.x2 + by.first, box.y2 + by.second};
}

ObjectTrack finished(Live live) {
  double sum = 0;
  for (const auto& [index, score] : live.votes) {
    sum += score;
  }
  const auto winner = live.class_index();
  return {.points = std::move(live.points),
          .class_index = winner,
          .class_share = live.votes[winner] / sum};
}

class Tracker {
 public:
  Tracker(std::span<const TrackerFrame> frames, const TrackerOptions& options)
      : frames_(frames), options_(options) {}

  std::vector<ObjectTrack> run() {
    for (std::size_t f = 0; f < frames_.size(); ++f) {
      step(f);
    }
    for (auto& live : live_) {
      done_.push_back(finished(std::move(live)));
    }
    std::sort(done_.begin(), done_.end(), [](const ObjectTrack& a, const ObjectTrack& b) {
      return std::pair(a.points[0].frame, a.points[0].detection) <
             std::pair(b.points[0].frame, b.points[0].detection);
    });
    return std::move(done_);
  }

 private:
  void step(std::size_t f) {
    const TrackerFrame& frame = frames_[f];
    if (f > 0) {
      require(frames_[f - 1].number < frame.number, "frame numbers rise");
      const auto passed = static_cast<double>(frame.number - frames_[f - 1].number);
      retire(frame.number);
      for (auto& live : live_) {
        live.predict(passed, frame.motion);
      }
    }
    std::vector<std::size_t> strong;
    std::vector<std::size_t> weak;
    for (std::size_t d = 0; d < frame.detections.size(); ++d) {
      const auto& detection = frame.detections[d];
      if (detection.score >= options_.score_min && detection.box.valid()) {
        (detection.score >= options_.score_birth ? strong : weak).push_back(d);
      }
    }
    std::vector<bool> continued(live_.size(), false);
    const auto fresh = continue_tracks(f, strong, options_.iou_min, continued);
    (void)continue_tracks(f, weak, options_.iou_min_weak, continued);
    for (const auto d : fresh) {
      live_.emplace_back(frame.detections[d].box);
      live_.back().take({f, d}, frame.detections[d], frame.number);
    }
  }

  // Gives the detections that continue no track.
  std::vector<std::size_t> continue_tracks(std::size_t f,
                                           const std::vector<std::size_t>& candidates,
                                           double iou_min, std::vector<bool>& continued) {
    const TrackerFrame& frame = frames_[f];
    std::vector<WeightedEdge> edges;
    for (std::size_t t = 0; t < continued.size(); ++t) {
      if (continued[t]) {
        continue;
      }
      const auto slack = live_[t].slack();
      const Box expected = grown(live_[t].box(), slack);
      const auto class_index = live_[t].class_index();
      for (std::size_t c = 0; c < candidates.size(); ++c) {
        const auto& detection = frame.detections[candidates[c]];
        const double worth = iou(expected, grown(detection.box, slack)) *
                             (detection.class_index == class_index ? 1 : options_.other_class);
        if (worth >= iou_min) {
          edges.push_back({static_cast<std::int32_t>(t), static_cast<std::int32_t>(c), worth});
        }
      }
    }
    const auto chosen = max_weight_matching(static_cast<std::int32_t>(continued.size()),
                                            static_cast<std::int32_t>(candidates.size()), edges);
    std::vector<bool> used(candidates.size(), false);
    for (std::size_t t = 0; t < chosen.size(); ++t) {
      if (chosen[t] < 0) {
        continue;
      }
      const auto c = static_cast<std::size_t>(chosen[t]);
      const auto& detection = frame.detections[candidates[c]];
      used[c] = true;
      continued[t] = true;
      live_[t].correct(detection.box);
      live_[t].take({f, candidates[c]}, detection, frame.number);
    }
    std::vector<std::size_t> rest;
    for (std::size_t c = 0; c < candidates.size(); ++c) {
      if (!used[c]) {
        rest.push_back(candidates[c]);
      }
    }
    return rest;
  }

  void retire(std::int64_t number) {
    std::vector<Live> kept;
    for (auto& live : live_) {
      if (number - live.last_seen > options_.lost_max) {
        done_.push_back(finished(std::move(live)));
      } else {
        kept.push_back(std::move(live));
      }
    }
    live_ = std::move(kept);
  }

  std::span<const TrackerFrame> frames_;
  const TrackerOptions& options_;
  std::vector<Live> live_;
  std::vector<ObjectTrack> done_;
};

}  // namespace

Box moved(const Box& box, const ImageMotion& m) {
  const double x = (box.x1 + box.x2) / 2;
  const double w = m[6] * x + m[7] * box.y2 + m[8];
  if (w <= 0) {
    return box;
  }
  const double foot_u = (m[0] * x + m[1] * box.y2 + m[2]) / w;
  const double foot_v = (m[3] * x + m[4] * box.y2 + m[5]) / w;
  if (m[6] != 0 || m[7] != 0) {
    const double wider = std::abs(m[0] - foot_u * m[6]) / w;
    const double half = wider * box.width() / 2;
    const Box result = {foot_u - half, foot_v - wider * box.height(), foot_u + half, foot_v};
    return result.valid() ? result : box;
  }
  const double half_u = (std::abs(m[0]) * box.width() + std::abs(m[1]) * box.height()) / w / 2;
  const double half_v = (std::abs(m[3]) * box.width() + std::abs(m[4]) * box.height()) / w / 2;
  const double u = foot_u - m[1] * box.height() / w / 2;
  const double v = foot_v - m[4] * box.height() / w / 2;
  const Box result = {u - half_u, v - half_v, u + half_u, v + half_v};
  return result.valid() ? result : box;
}

ImageMotion then(const ImageMotion& first, const ImageMotion& second) {
  ImageMotion product{};
  for (std::size_t r = 0; r < 3; ++r) {
    for (std::size_t c = 0; c < 3; ++c) {
      for (std::size_t k = 0; k < 3; ++k) {
        product[3 * r + c] += second[3 * r + k] * first[3 * k + c];
      }
    }
  }
  return product;
}

std::optional<ImageMotion> inverse(const ImageMotion& m) {
  const ImageMotion adjugate = {
      m[4] * m[8] - m[5] * m[7], m[2] * m[7] - m[1] * m[8], m[1] * m[5] - m[2] * m[4],
      m[5] * m[6] - m[3] * m[8], m[0] * m[8] - m[2] * m[6], m[2] * m[3] - m[0] * m[5],
      m[3] * m[7] - m[4] * m[6], m[1] * m[6] - m[0] * m[7], m[0] * m[4] - m[1] * m[3]};
  const double determinant = m[0] * adjugate[0] + m[1] * adjugate[3] + m[2] * adjugate[6];
  if (!std::isfinite(determinant) || determinant == 0) {
    return std::nullopt;
  }
  ImageMotion result = adjugate;
  for (double& value : result) {
    value /= determinant;
  }
  return result;
}

std::vector<ObjectTrack> track_objects(std::span<const TrackerFrame> frames,
                                       const TrackerOptions& options) {
  return Tracker(frames, options).run();
}

}  // namespace spotter::kernels
