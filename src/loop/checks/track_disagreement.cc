// A detector judged by time: an object that is there before and after is there in between. The
// tracker is our own; the boxes of an external one, in a layer, are a second opinion.
#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <optional>
#include <string>

#include <fmt/format.h>

#include "base/json.h"
#include "domain/proposal.h"
#include "kernels/assignment.h"
#include "kernels/forward_camera.h"
#include "kernels/track_events.h"
#include "loop/checks/check.h"
#include "loop/checks/sensor_motion.h"

namespace spotter::checks {
namespace {

using kernels::ObjectTrack;
using kernels::TrackerFrame;
using kernels::TrackEvent;
using kernels::TrackEventKind;

constexpr double kGapDecay = 6;  // frames over which trust in an expected box falls to 1/e
constexpr double kCoveredDiscount = 0.7;
constexpr double kEndDiscount = 0.6;  // an object may appear and vanish for reasons of its own
constexpr double kSameBox = 0.5;      // IoU of a detection and an external track's box

// One sequence: which samples, in the order of their frames, and what the tracker is given.
struct Sequence {
  std::vector<std::size_t> samples;
  std::vector<TrackerFrame> frames;
};

// Classes as numbers, in the order of first sight.
class ClassNumbers {
 public:
  std::int32_t number(const std::string& name) {
    const auto [it, fresh] = numbers_.emplace(name, static_cast<std::int32_t>(names_.size()));
    if (fresh) {
      names_.push_back(name);
    }
    return it->second;
  }
  [[nodiscard]] const std::string& name(std::int32_t number) const {
    return names_.at(static_cast<std::size_t>(number));
  }

 private:
  std::map<std::string, std::int32_t> numbers_;
  std::vector<std::string> names_;
};

// What the camera's motion did to the picture since the frame before, where the sample says so:
// attributes camera_shift_x and camera_shift_y (pixels), or camera_homography (nine numbers).
std::optional<kernels::ImageMotion> said_motion(const Sample& sample) {
  kernels::ImageMotion motion = kernels::kStillCamera;
  if (sample.attributes.find("camera_") == std::string::npos) {
    return std::nullopt;
  }
  const Json facts = parse_json(sample.attributes, "sample attributes");
  const auto it = facts.find("camera_homography");
  if (it != facts.end() && it->is_array() && it->size() == motion.size() &&
      std::all_of(it->begin(), it->end(), [](const Json& v) { return v.is_number(); })) {
    return it->get<kernels::ImageMotion>();
  }
  motion[2] = json_get_or<double>(facts, "camera_shift_x", 0.0);
  motion[5] = json_get_or<double>(facts, "camera_shift_y", 0.0);
  return motion;
}

// Objects that nobody detected have no name but their place; whole pixels, so that two of one
// sample differ and a verdict holds for the place.
std::string place_name(const Box& box) {
  return fmt::format("at {:.0f},{:.0f}", (box.x1 + box.x2) / 2, (box.y1 + box.y2) / 2);
}

class Run {
 public:
  explicit Run(const CheckInput& input) : input_(input), detected_(input.number("detected")) {
    output_.examined.assign(input.samples.size(), 0);
  }

  CheckOutput find() {
    auto all = sequences();
    take_out_driving(all);
    for (const auto& [name, sequence] : all) {
      judge(sequence);
    }
    for (std::size_t s = 0; s < input_.samples.size(); ++s) {
      if (s < input_.sensor.size() && input_.sensor[s] != nullptr && input_.outputs[s] != nullptr) {
        compare(s);
      }
    }
    for (const auto& [place, count] : counts_) {
      output_.objects.push_back({place.first, place.second, count});
    }
    return std::move(output_);
  }

 private:
  // Samples of no sequence have no time around them.
  std::map<std::string, Sequence> sequences() {
    std::map<std::string, Sequence> all;
    for (std::size_t s = 0; s < input_.samples.size(); ++s) {
      if (!input_.samples[s].sequence.empty() && input_.outputs[s] != nullptr) {
        all[input_.samples[s].sequence].samples.push_back(s);
      }
    }
    for (auto& [name, sequence] : all) {
      auto& samples = sequence.samples;
      std::stable_sort(samples.begin(), samples.end(), [&](std::size_t a, std::size_t b) {
        return input_.samples[a].frame < input_.samples[b].frame;
      });
      // Two samples of one frame (two cameras under one name) cannot be told apart: the first
      // counts.
      samples.erase(std::unique(samples.begin(), samples.end(),
                                [&](std::size_t a, std::size_t b) {
                                  return input_.samples[a].frame == input_.samples[b].frame;
                                }),
                    samples.end());
      for (const auto s : samples) {
        sequence.frames.push_back(frame_of(s));
      }
    }
    return all;
  }

  // Metres driven since the frame before of each sequence and frame; 0 = unknown.
  [[nodiscard]] std::vector<std::vector<double>> metres_driven(
      const std::map<std::string, Sequence>& sequences) const {
    constexpr double kPause_s = 3;
    const auto motions = vehicle_motions(input_.samples);
    std::vector<std::vector<double>> metres;
    for (const auto& [name, sequence] : sequences) {
      auto& mine = metres.emplace_back(sequence.samples.size(), 0);
      for (std::size_t i = 1; i < sequence.samples.size(); ++i) {
        const auto& before = input_.samples[sequence.samples[i - 1]];
        const auto& here = input_.samples[sequence.samples[i]];
        const double dt = static_cast<double>(here.captured_at - before.captured_at) / 1000;
        const auto& motion = motions[sequence.samples[i]];
        mine[i] = motion && before.captured_at != 0 && dt > 0 && dt <= kPause_s
                      ? motion->speed_mps * dt
                      : 0;
      }
    }
    return metres;
  }

  // Where nobody says how the camera moved, but how fast the vehicle drove: what driving does to
  // the picture is learned from all sequences together.
  void take_out_driving(std::map<std::string, Sequence>& sequences) const {
    const auto metres = metres_driven(sequences);
    std::vector<std::vector<kernels::Detection>> found;  // those that count, by frame
    for (const auto& [name, sequence] : sequences) {
      for (const auto& frame : sequence.frames) {
        auto& mine = found.emplace_back(frame.detections);
        std::erase_if(mine, [&](const auto& d) { return d.score < detected_; });
      }
    }
    std::vector<kernels::Drive> drives;
    std::size_t at = 0;
    for (const auto& mine : metres) {
      for (std::size_t i = 0; i < mine.size(); ++i, ++at) {
        if (mine[i] > 0) {
          drives.push_back({found[at - 1], found[at], mine[i]});
        }
      }
    }
    const Sample& any = input_.samples.empty() ? Sample() : input_.samples[0];
    const auto camera = kernels::learn_forward_camera(drives, any.width, any.height);
    if (!camera) {
      return;
    }
    auto mine = metres.begin();
    for (auto& [name, sequence] : sequences) {
      for (std::size_t i = 0; i < sequence.frames.size(); ++i) {
        if ((*mine)[i] > 0 && !said_motion(input_.samples[sequence.samples[i]])) {
          sequence.frames[i].motion = kernels::motion_of(*camera, (*mine)[i]);
        }
      }
      ++mine;
    }
  }

  TrackerFrame frame_of(std::size_t s) {
    TrackerFrame frame = {.number = input_.samples[s].frame,
                          .motion = said_motion(input_.samples[s]).value_or(kernels::kStillCamera)};
    for (const auto& p : input_.outputs[s]->set.predictions) {
      frame.detections.push_back({p.box, classes_.number(p.class_name), p.score});
    }
    return frame;
  }

  void judge(const Sequence& sequence) {
    if (sequence.frames.size() < 3) {
      return;
    }
    const Sample& sample = input_.samples[sequence.samples[0]];
    const auto tracks = kernels::track_objects(
        sequence.frames, {.score_birth = detected_,
                          .iou_min = input_.number("overlap"),
                          .lost_max = static_cast<int>(input_.number("gap_max"))});
    const auto events =
        kernels::track_events(sequence.frames, tracks,
                              {.score_detected = detected_,
                               .hits_min = static_cast<int>(input_.number("hits_min")),
                               .gap_max = static_cast<int>(input_.number("gap_max")),
                               .class_share_min = input_.number("class_share"),
                               .jump_overlap = input_.number("jump_overlap"),
                               .late_max = static_cast<int>(input_.number("late_max")),
                               .width = static_cast<double>(sample.width),
                               .height = static_cast<double>(sample.height)});
    for (const auto s : sequence.samples) {
      output_.examined[s] = 1;
    }
    for (const auto& track : tracks) {
      for (const auto& point : track.points) {
        ++counts_[{sequence.samples[point.frame], classes_.name(track.class_index)}];
      }
    }
    for (const auto& event : events) {
      report(sequence, tracks[event.track], event);
    }
  }

  // How much the track is worth believing: its detections' mean score, less where there are few.
  [[nodiscard]] static double trust(const Sequence& sequence, const ObjectTrack& track) {
    double sum = 0;
    for (const auto& point : track.points) {
      sum += sequence.frames[point.frame].detections[point.detection].score;
    }
    const auto hits = static_cast<double>(track.points.size());
    return std::min(1.0, sum / (hits + 2));
  }

  void report(const Sequence& sequence, const ObjectTrack& track, const TrackEvent& event) {
    const auto sample = sequence.samples[event.frame];
    const std::string& class_name = classes_.name(track.class_index);
    const bool missing =
        event.kind != TrackEventKind::kClassFlip && event.kind != TrackEventKind::kJump;
    double score = trust(sequence, track);
    Finding finding = {.sample = input_.samples[sample].key,
                       .error = "miss",
                       .class_name = class_name,
                       .box = event.box};
    if (missing) {
      finding.object = place_name(event.box);
      const bool between =
          event.kind == TrackEventKind::kMissingBetween || event.kind == TrackEventKind::kFlicker;
      score *= between ? 1 : kEndDiscount;
      score *= std::exp(-(event.nearest - 1) / kGapDecay) * (1 - kCoveredDiscount * event.covered);
      if (event.detection < 0) {
        ++counts_[{sample, class_name}];
      }
    } else {
      finding.object = "p" + std::to_string(event.detection);
      finding.error = event.kind == TrackEventKind::kClassFlip ? "wrong_class" : "bad_box";
      score *= event.kind == TrackEventKind::kClassFlip ? track.class_share : 1 - event.overlap;
    }
    finding.score = score;
    Json evidence = {{"event", name(event.kind)},
                     {"track_detections", track.points.size()},
                     {"class_share", track.class_share}};
    if (missing) {
      evidence["gap_frames"] = event.gap;
      evidence["frames_to_detection"] = event.nearest;
      evidence["covered"] = event.covered;
      evidence["best_score"] = event.best_score;
    } else {
      evidence["overlap"] = event.overlap;
      evidence["detection_score"] = event.best_score;
    }
    evidence["proposal"] =
        to_json(Proposal{.action = "add", .class_name = class_name, .box = event.box});
    finding.evidence = evidence.dump();
    output_.findings.push_back(std::move(finding));
  }

  // The detector frame by frame against an external tracker: what either has alone, and classes
  // that differ.
  void compare(std::size_t s) {
    output_.examined[s] = 1;
    const auto& external = input_.sensor[s]->labels;
    const auto& predictions = input_.outputs[s]->set.predictions;
    std::vector<kernels::WeightedEdge> edges;
    for (std::size_t e = 0; e < external.size(); ++e) {
      for (std::size_t p = 0; p < predictions.size(); ++p) {
        const double overlap = iou(external[e].box, predictions[p].box);
        if (overlap >= kSameBox && predictions[p].score >= detected_) {
          const bool same = external[e].class_name == predictions[p].class_name;
          edges.push_back({static_cast<std::int32_t>(e), static_cast<std::int32_t>(p),
                           overlap + (same ? 1 : 0)});
        }
      }
    }
    const auto partner =
        kernels::max_weight_matching(static_cast<std::int32_t>(external.size()),
                                     static_cast<std::int32_t>(predictions.size()), edges);
    std::vector<bool> known(predictions.size(), false);
    for (std::size_t e = 0; e < external.size(); ++e) {
      if (external[e].ignore || external[e].crowd) {
        continue;
      }
      ++counts_[{s, external[e].class_name}];
      if (partner[e] < 0) {
        report_external(s, external[e], "miss", external[e].object, 1 - best_near(s, external[e]));
        continue;
      }
      const auto p = static_cast<std::size_t>(partner[e]);
      known[p] = true;
      if (predictions[p].class_name != external[e].class_name) {
        report_external(s, external[e], "wrong_class", "p" + std::to_string(p),
                        predictions[p].score);
      }
    }
    for (std::size_t p = 0; p < predictions.size(); ++p) {
      const bool explained = known[p] || predictions[p].score < detected_ ||
                             std::any_of(
                                 external.begin(), external.end(),
                                 [&](const Label& label) {
                                   return iou(label.box, predictions[p].box) >= kSameBox / 2;
                                 });
      if (!explained) {
        Label alone = {.class_name = predictions[p].class_name, .box = predictions[p].box};
        // A tracker that drops objects is no less usual than a detector that invents them.
        report_external(s, alone, "false_alarm", "p" + std::to_string(p),
                        0.5 * (1 - predictions[p].score) + 0.25);
      }
    }
  }

  // The best score of any prediction at the place, also one too weak to count.
  [[nodiscard]] double best_near(std::size_t s, const Label& label) const {
    double best = 0;
    for (const auto& p : input_.outputs[s]->set.predictions) {
      if (iou(p.box, label.box) >= kSameBox) {
        best = std::max(best, p.score);
      }
    }
    return best;
  }

  void report_external(std::size_t s, const Label& object, const char* error, std::string name,
                       double score) {
    Json evidence = {{"event", "external_track"}, {"track", object.track}};
    if (std::string_view(error) != "false_alarm") {
      evidence["proposal"] =
          to_json(Proposal{.action = "add", .class_name = object.class_name, .box = object.box});
    }
    output_.findings.push_back({.sample = input_.samples[s].key,
                                .object = std::move(name),
                                .error = error,
                                .class_name = object.class_name,
                                .score = std::clamp(score, 0.0, 1.0),
                                .box = object.box,
                                .evidence = evidence.dump()});
  }

  const CheckInput& input_;
  double detected_;
  ClassNumbers classes_;
  std::map<std::pair<std::size_t, std::string>, std::int64_t> counts_;  // by sample and class
  CheckOutput output_;
};

CheckOutput run(const CheckInput& input) {
  return Run(input).find();
}

constexpr std::array<std::string_view, 1> kTasks = {"detection"};
constexpr std::array kParams = {
    Param{.name = "layer",
          .text = "tracks",
          .summary = "the layer with an external tracker's boxes; not needed"},
    Param{.name = "detected", .number = 0.3, .summary = "a prediction counts from this score on"},
    Param{.name = "overlap",
          .number = 0.3,
          .summary = "IoU of a track's expected box with the detection that continues it"},
    Param{.name = "hits_min",
          .number = 3,
          .low = 3,
          .high = 1000,
          .summary = "tracks of fewer detections say nothing"},
    Param{.name = "gap_max",
          .number = 15,
          .low = 1,
          .high = 1000,
          .summary = "frames without a detection after which a track ends"},
    Param{.name = "class_share",
          .number = 0.7,
          .summary = "share of the vote from which a track's class is sure"},
    Param{.name = "jump_overlap",
          .number = 0.5,
          .summary = "a box jumped if its IoU with what the frames around say is below"},
    Param{.name = "late_max",
          .number = 2,
          .high = 100,
          .summary = "frames before a track's first and after its last detection that are judged"},
};

}  // namespace

extern const Check track_disagreement;
const Check track_disagreement = {
    .name = "track_disagreement",
    .summary = "Objects that come and go, flip their class or jump from frame to frame",
    .method =
        "Predictions of a sequence are tracked through its frames (Kalman filters of constant "
        "velocity, exact assignment by overlap, strong detections before weak ones). On tracks of "
        "at least `hits_min` detections: a frame without a detection between two with one is a "
        "`miss` (event missing_between, or flicker where short gaps repeat), with the box "
        "interpolated; so is the frame before the first or after the last detection of an object "
        "that is large, inside the picture and not behind another (late_first, early_last; only "
        "where the size of the pictures is known). A class that is neither the track's before nor "
        "after is `wrong_class`, a box that the frames around contradict, which agree with each "
        "other, is `bad_box`. The score "
        "is the track's mean score, less for few detections, long gaps, covered places and the "
        "ends "
        "of tracks. Where "
        "the layer `layer` holds the boxes of an external tracker, they are compared frame by "
        "frame: boxes that only the tracker has are `miss`, only the detector `false_alarm`, with "
        "different classes `wrong_class`. A moving camera is taken out where samples have the "
        "attributes camera_shift_x and camera_shift_y (pixels since the frame before) or "
        "camera_homography (nine numbers, row by row); else, where they say how fast the vehicle "
        "drove (speed_mps, or poses, and captured_at), by a horizon and a growth per metre that "
        "are learned from how detections follow each other.",
    .tasks = kTasks,
    .needs = kNeedsPredictions | kUsesSensor,
    .population = Population::kUnseen,
    .params = kParams,
    .run = run,
};

}  // namespace spotter::checks
