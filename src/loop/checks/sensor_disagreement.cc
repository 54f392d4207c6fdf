// What another sensor sees and the camera's detector does not. Most clusters of a lidar are not
// objects of the schema (drums, bushes, bins), so each is weighted by how often clusters of its
// size and shape were labelled objects in the training data.
#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <optional>
#include <string>

#include <fmt/format.h>

#include "loop/checks/check.h"
#include "loop/checks/sensor_matching.h"

namespace spotter::checks {
namespace {

// Size and shape in steps of half a factor of two: coarse levels first, each shrunk to the one
// before.
struct Shape {
  std::array<std::array<int, 3>, 3> bins;
};

int half_octaves(double value) {
  return value > 0 ? static_cast<int>(std::floor(2 * std::log2(value))) : -1000;
}

Shape shape_of(const Label& cluster, const Json& facts) {
  const int pixels = half_octaves(cluster.box.height());
  const int metres = half_octaves(json_get_or<double>(facts, "height_m", 0.0));
  const int aspect = half_octaves(cluster.box.width() / std::max(cluster.box.height(), 1e-9));
  return {{{{pixels, 0, 0}, {pixels, metres, 0}, {pixels, metres, aspect}}}};
}

Json facts_of(const Label& cluster) {
  return cluster.attributes.empty() ? Json::object()
                                    : parse_json(cluster.attributes, "sensor attributes");
}

struct Tally {
  double clusters = 0;
  std::map<std::string, double> classes;  // of those that were labelled objects
  [[nodiscard]] double objects() const {
    double sum = 0;
    for (const auto& [name, count] : classes) {
      sum += count;
    }
    return sum;
  }
};

struct Guess {
  double plausibility = 1;  // that a cluster of this shape is an object that should be detected
  std::string class_name;   // when most such objects are of one class
};

// Learned from clusters of samples that people have labelled.
class Plausibility {
 public:
  Plausibility(const CheckInput& input, double strength) : strength_(strength) {
    for (std::size_t i = 0; i < input.reference_sensor.size(); ++i) {
      if (input.reference_sensor[i] != nullptr && input.reference_labels[i] != nullptr) {
        learn(*input.reference_sensor[i], *input.reference_labels[i]);
      }
    }
  }

  [[nodiscard]] double clusters() const { return all_.clusters; }

  [[nodiscard]] Guess guess(const Shape& shape) const {
    if (all_.clusters < kClustersMin) {
      return {};
    }
    double p = (all_.objects() + 1) / (all_.clusters + 2);
    const Tally* finest = &all_;
    for (std::size_t level = 0; level < levels_.size(); ++level) {
      const auto it = levels_[level].find(shape.bins[level]);
      if (it == levels_[level].end()) {
        break;
      }
      p = (it->second.objects() + strength_ * p) / (it->second.clusters + strength_);
      if (it->second.objects() >= 3) {
        finest = &it->second;
      }
    }
    return {p, usual_class(*finest)};
  }

 private:
  static constexpr double kClustersMin = 50;

  void learn(const LabelSet& sensor, const LabelSet& labels) {
    for (const auto& cluster : sensor.labels) {
      const Label* best = nullptr;
      double overlap = 0.3;
      for (const auto& label : labels.labels) {
        if (iou(cluster.box, label.box) >= overlap) {
          overlap = iou(cluster.box, label.box);
          best = &label;
        }
      }
      if (best != nullptr && (best->ignore || best->crowd)) {
        continue;  // neither an object to find nor a distractor
      }
      const Shape shape = shape_of(cluster, facts_of(cluster));
      const std::string class_name = best == nullptr ? "" : best->class_name;
      count(all_, class_name);
      for (std::size_t level = 0; level < levels_.size(); ++level) {
        count(levels_[level][shape.bins[level]], class_name);
      }
    }
  }

  static void count(Tally& tally, const std::string& class_name) {
    tally.clusters += 1;
    if (!class_name.empty()) {
      tally.classes[class_name] += 1;
    }
  }

  static std::string usual_class(const Tally& tally) {
    for (const auto& [name, count] : tally.classes) {
      if (count >= 0.6 * tally.objects()) {
        return name;
      }
    }
    return "";
  }

  double strength_;
  Tally all_;
  std::array<std::map<std::array<int, 3>, Tally>, 3> levels_;
};

// The score of the best prediction that is at the cluster's place, whatever its class.
double support_of(const Box& cluster, const PredictionSet& predictions) {
  const double x = (cluster.x1 + cluster.x2) / 2;
  const double y = (cluster.y1 + cluster.y2) / 2;
  double best = 0;
  for (const auto& p : predictions.predictions) {
    const bool holds_centre = p.box.x1 <= x && x <= p.box.x2 && p.box.y1 <= y && y <= p.box.y2;
    if (holds_centre || iou(cluster, p.box) >= 0.2) {
      best = std::max(best, p.score);
    }
  }
  return best;
}

// Confident predictions that the sensor should see too, and does not.
void report_false_alarms(const CheckInput& input, std::size_t s, const SensorMatching& matching,
                         CheckOutput& output) {
  const double detected = input.number("detected");
  const double range = input.number("range_m");
  const auto& predictions = input.outputs[s]->set.predictions;
  for (std::size_t j = 0; j < predictions.size(); ++j) {
    const auto& p = predictions[j];
    const double distance = matching.distance_of(p);
    const bool near = distance > 0 && distance <= range;
    if (p.score < detected || matching.of(s).partner[j] != 0 || !near ||
        !matching.in_view(input.samples[s], p.box)) {
      continue;
    }
    const double visibility = matching.visibility(distance);
    const Json evidence = {
        {"score", p.score}, {"distance_m", distance}, {"visibility", visibility}};
    output.findings.push_back({.sample = input.samples[s].key,
                               .object = fmt::format("p{}", j),
                               .error = "false_alarm",
                               .class_name = p.class_name,
                               .score = p.score * visibility,
                               .box = p.box,
                               .evidence = evidence.dump()});
  }
}

// Plausible sensor objects that no prediction stands at.
void report_misses(const CheckInput& input, std::size_t s, const Plausibility& plausibility,
                   const SensorMatching* matching, CheckOutput& output) {
  const double points_min = input.number("points_min");
  std::map<std::string, std::int64_t> counts;
  const auto& clusters = input.sensor[s]->labels;
  for (std::size_t i = 0; i < clusters.size(); ++i) {
    const auto& cluster = clusters[i];
    const Json facts = facts_of(cluster);
    const double support = matching != nullptr ? matching->of(s).support[i]
                                               : support_of(cluster.box, input.outputs[s]->set);
    Guess guess = plausibility.guess(shape_of(cluster, facts));
    if (guess.class_name.empty() && std::find(input.classes.begin(), input.classes.end(),
                                              cluster.class_name) != input.classes.end()) {
      guess.class_name = cluster.class_name;  // a detector's, not a mere cluster
    }
    const bool solid = json_get_or<double>(facts, "points", points_min) >= points_min;
    if (guess.plausibility < input.number("plausible") || !solid) {
      continue;
    }
    ++counts[guess.class_name];
    if (support >= input.number("detected")) {
      continue;
    }
    Json evidence = {{"plausibility", guess.plausibility}, {"best_score", support}};
    evidence.update(facts);
    output.findings.push_back({.sample = input.samples[s].key,
                               .object = cluster.object,
                               .error = "miss",
                               .class_name = guess.class_name,
                               .score = guess.plausibility * (1 - support),
                               .box = cluster.box,
                               .evidence = evidence.dump()});
  }
  for (const auto& [class_name, count] : counts) {
    output.objects.push_back({s, class_name, count});
  }
}

CheckOutput run(const CheckInput& input) {
  const Plausibility plausibility(input, input.number("prior_strength"));
  std::optional<SensorMatching> matching;
  if (input.number("gate") > 0) {
    matching.emplace(input, MatchingOptions{.gate = input.number("gate"),
                                            .detected = input.number("detected"),
                                            .time_offset_s = input.number("time_offset_s")});
  }
  CheckOutput output;
  output.examined.assign(input.samples.size(), 0);
  for (std::size_t s = 0; s < input.samples.size(); ++s) {
    if (input.sensor[s] == nullptr || input.outputs[s] == nullptr) {
      continue;
    }
    output.examined[s] = 1;
    report_misses(input, s, plausibility, matching ? &*matching : nullptr, output);
    if (matching) {
      report_false_alarms(input, s, *matching, output);
    }
  }
  return output;
}

constexpr std::array kParams = {
    Param{.name = "layer", .text = "lidar", .summary = "the layer with the sensor's clusters"},
    Param{.name = "detected", .number = 0.3, .summary = "a prediction counts from this score on"},
    Param{.name = "plausible",
          .number = 0.5,
          .summary = "clusters of a size and shape that are less often objects are not reported"},
    Param{.name = "points_min",
          .number = 4,
          .high = 1e6,
          .summary = "clusters of fewer points are taken for noise (attribute points, if there)"},
    Param{.name = "prior_strength",
          .number = 5,
          .high = 1000,
          .summary = "a size and shape seen so many times counts as much as the coarser one"},
    Param{.name = "gate",
          .number = 0,
          .high = 10,
          .summary = "0 = any prediction at the place will do; else each prediction explains one "
                     "cluster, at most so many of its heights away"},
    Param{.name = "range_m",
          .number = 30,
          .high = 1000,
          .summary = "with a gate: how far away the sensor should see what the camera sees; 0 = "
                     "report no false alarms"},
    Param{.name = "time_offset_s",
          .number = 0,
          .low = -10,
          .high = 10,
          .summary = "with a gate: the sensor's time minus the camera's"},
};

constexpr std::array<std::string_view, 1> kTasks = {"detection"};

}  // namespace

extern const Check sensor_disagreement;
const Check sensor_disagreement = {
    .name = "sensor_disagreement",
    .summary = "Objects that another sensor sees and the model does not, and the other way round",
    .method =
        "A cluster of the sensor layer without a prediction at its place (its centre inside the "
        "box, or IoU 0.2) is a `miss`. Its score is plausibility × (1 − best score there). "
        "Plausibility is the share of labelled objects among clusters of that size in pixels, size "
        "in metres and shape in labelled samples, shrunk to the coarser share where few were seen; "
        "without 50 labelled clusters it is 1. So usual distractors of a place (drums, bushes, "
        "bins) don't fill the list. With `gate`, predictions and clusters are matched one to one, "
        "as many and as near as possible; how far the sensors' pictures usually lie apart is "
        "learned from the matches, and boxes are moved by `time_offset_s` where the vehicle's "
        "motion is known (attributes speed_mps and yaw_rate_radps, or poses of the frames). Then "
        "a confident prediction without a cluster is a `false_alarm` if the sensor should see it: "
        "within `range_m` by its height in the picture, and in the sensor's field of view. Its "
        "score is the prediction's times the share of predictions at that distance that have a "
        "cluster.",
    .tasks = kTasks,
    .needs = kNeedsSensor | kNeedsPredictions | kNeedsReference,
    .population = Population::kUnseen,
    .params = kParams,
    .run = run,
};

}  // namespace spotter::checks
