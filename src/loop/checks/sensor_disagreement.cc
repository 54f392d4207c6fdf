// What another sensor sees and the camera's detector does not, and the other way round.
#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <optional>
#include <string>

#include <fmt/format.h>

#include "loop/checks/check.h"
#include "loop/checks/plausible_objects.h"
#include "loop/checks/sensor_matching.h"

namespace spotter::checks {
namespace {

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
void report_misses(const CheckInput& input, std::size_t s, const PlausibleObjects& plausible,
                   const SensorMatching* matching, CheckOutput& output) {
  const double points_min = input.number("points_min");
  std::map<std::string, std::int64_t> counts;
  const auto& clusters = input.sensor[s]->labels;
  auto looks = looks_of(input.samples[s], *input.sensor[s], &input.outputs[s]->set);
  for (std::size_t i = 0; matching != nullptr && i < looks.size(); ++i) {
    looks[i].values.back() = static_cast<float>(matching->of(s).support[i]);
  }
  const auto guesses = plausible.guess(looks);
  for (std::size_t i = 0; i < clusters.size(); ++i) {
    const auto& cluster = clusters[i];
    const Json facts = cluster.attributes.empty()
                           ? Json::object()
                           : parse_json(cluster.attributes, "sensor attributes");
    const auto support = static_cast<double>(looks[i].values.back());
    auto class_name = guesses[i].class_name;
    if (class_name.empty() && std::find(input.classes.begin(), input.classes.end(),
                                        cluster.class_name) != input.classes.end()) {
      class_name = cluster.class_name;  // a detector's, not a mere cluster
    }
    const bool solid = json_get_or<double>(facts, "points", points_min) >= points_min;
    const bool detected = support >= input.number("detected");
    const double plausibility = guesses[i].plausibility;
    if (!solid || (!detected && plausibility < input.number("plausible"))) {
      continue;
    }
    ++counts[class_name];
    if (detected) {
      continue;
    }
    Json evidence = {
        {"plausibility", plausibility}, {"hidden", looks[i].values[3]}, {"best_score", support}};
    evidence.update(facts);
    output.findings.push_back({.sample = input.samples[s].key,
                               .object = cluster.object,
                               .error = "miss",
                               .class_name = class_name,
                               .score = plausibility,
                               .box = cluster.box,
                               .evidence = evidence.dump()});
  }
  for (const auto& [class_name, count] : counts) {
    output.objects.push_back({s, class_name, count});
  }
}

CheckOutput run(const CheckInput& input) {
  const PlausibleObjects plausible(input, {.detected = input.number("detected"),
                                           .neighbours = input.number("neighbours"),
                                           .strength = input.number("prior_strength")});
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
    report_misses(input, s, plausible, matching ? &*matching : nullptr, output);
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
          .summary = "clusters of a look that is less often an object are not reported"},
    Param{.name = "points_min",
          .number = 4,
          .high = 1e6,
          .summary = "clusters of fewer points are taken for noise (attribute points, if there)"},
    Param{.name = "neighbours",
          .number = 40,
          .low = 1,
          .high = 1000,
          .summary = "so many labelled clusters that look alike tell how plausible one is"},
    Param{.name = "prior_strength",
          .number = 5,
          .high = 1000,
          .summary = "the share of objects among all clusters counts as so many more of them"},
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
        "box, IoU 0.2, or, of narrow things, one of about its size at most 3/4 of a width beside "
        "it) "
        "is a `miss`. Its "
        "score is its plausibility: of the clusters of the "
        "training samples that the model does not detect either, the `neighbours` that look most "
        "alike (size in pixels and in metres, shape, share hidden behind nearer clusters, cut off "
        "by the picture's edge or not, points for its size and distance, score of the best "
        "prediction there), the share that people labelled and did not mark to be ignored, shrunk "
        "to the share of all. So neither usual distractors of a place (drums, bushes, bins) nor "
        "objects that are "
        "too small or hidden to be labelled fill the list. Without 50 such clusters it is 1 − the "
        "best score there. With `gate`, predictions and clusters are matched one to one, "
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
