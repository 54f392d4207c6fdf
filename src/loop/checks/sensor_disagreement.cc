// What another sensor sees and the camera's detector does not. Most clusters of a lidar are not
// objects of the schema (drums, bushes, bins), so each is weighted by how often clusters of its
// size and shape were labelled objects in the training data.
#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <string>

#include <fmt/format.h>

#include "loop/checks/check.h"

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

CheckOutput run(const CheckInput& input) {
  const Plausibility plausibility(input, input.number("prior_strength"));
  const double detected = input.number("detected");
  const double plausible = input.number("plausible");
  const double points_min = input.number("points_min");
  CheckOutput output;
  output.examined.assign(input.samples.size(), 0);
  for (std::size_t s = 0; s < input.samples.size(); ++s) {
    if (input.sensor[s] == nullptr || input.outputs[s] == nullptr) {
      continue;
    }
    output.examined[s] = 1;
    std::map<std::string, std::int64_t> counts;
    for (const auto& cluster : input.sensor[s]->labels) {
      const Json facts = facts_of(cluster);
      const double support = support_of(cluster.box, input.outputs[s]->set);
      const Guess guess = plausibility.guess(shape_of(cluster, facts));
      const bool solid = json_get_or<double>(facts, "points", points_min) >= points_min;
      if (guess.plausibility < plausible || !solid) {
        continue;
      }
      ++counts[guess.class_name];
      if (support >= detected) {
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
};

constexpr std::array<std::string_view, 1> kTasks = {"detection"};

}  // namespace

extern const Check sensor_disagreement;
const Check sensor_disagreement = {
    .name = "sensor_disagreement",
    .summary = "Objects that another sensor sees and the model does not",
    .method =
        "A cluster of the sensor layer without a prediction at its place (its centre inside the "
        "box, or IoU 0.2) is a `miss`. Its score is plausibility × (1 − best score there). "
        "Plausibility is the share of labelled objects among clusters of that size in pixels, size "
        "in metres and shape in labelled samples, shrunk to the coarser share where few were seen; "
        "without 50 labelled clusters it is 1. So usual distractors of a place (drums, bushes, "
        "bins) don't fill the list.",
    .tasks = kTasks,
    .needs = kNeedsSensor | kNeedsPredictions | kNeedsReference,
    .population = Population::kUnseen,
    .params = kParams,
    .run = run,
};

}  // namespace spotter::checks
