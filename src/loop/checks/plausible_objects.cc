#include "loop/checks/plausible_objects.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "kernels/knn.h"

namespace spotter::checks {
namespace {

constexpr std::size_t kLearnedMin = 50;
constexpr double kSameObject = 0.3;   // IoU of a cluster with a label
constexpr double kNearer_m = 0.5;     // from which a cluster can hide another
constexpr int kGrid = 12;             // points a side, at which a box is looked at
constexpr double kMostOf = 0.6;       // share that makes a class the usual one
constexpr double kSmallest_m = 0.05;  // side of a cluster of one column or row of points

Json facts_of(const Label& cluster) {
  return cluster.attributes.empty() ? Json::object()
                                    : parse_json(cluster.attributes, "sensor attributes");
}

bool holds(const Box& box, double x, double y) {
  return box.x1 <= x && x <= box.x2 && box.y1 <= y && y <= box.y2;
}

double hidden_share(const Box& box, std::span<const Box> nearer) {
  if (nearer.empty()) {
    return 0;
  }
  int hidden = 0;
  for (int i = 0; i < kGrid * kGrid; ++i) {
    const double x = box.x1 + box.width() * (i % kGrid + 0.5) / kGrid;
    const double y = box.y1 + box.height() * (i / kGrid + 0.5) / kGrid;
    hidden += std::any_of(nearer.begin(), nearer.end(),
                          [&](const Box& other) { return holds(other, x, y); });
  }
  return static_cast<double>(hidden) / (kGrid * kGrid);
}

float log2_of(double value) {
  return static_cast<float>(std::log2(std::max(value, 0.01)));
}

// log2 of the points on an m² at a distance of 1 m; 0 when the sensor does not say.
float density_of(const Json& facts) {
  if (!facts.contains("points") || !facts.contains("width_m") || !facts.contains("height_m") ||
      !facts.contains("distance_m")) {
    return 0;
  }
  const double distance = std::max(json_get_or<double>(facts, "distance_m", 0.0), kSmallest_m);
  const double area = std::max(json_get_or<double>(facts, "width_m", 0.0), kSmallest_m) *
                      std::max(json_get_or<double>(facts, "height_m", 0.0), kSmallest_m);
  const double points = std::max(json_get_or<double>(facts, "points", 0.0), 0.5);
  return static_cast<float>(std::log2(points * distance * distance / area));
}

bool is_cut_off(const Sample& sample, const Box& box) {
  const bool known = sample.width > 0 && sample.height > 0;
  return known && (box.x1 < 1 || box.y1 < 1 || box.x2 > static_cast<double>(sample.width) - 1 ||
                   box.y2 > static_cast<double>(sample.height) - 1);
}

// Whether a narrow thing's cluster and a prediction of about its size overlap beside each other, as
// boxes of two sensors do that are calibrated to a few pixels.
bool is_beside(const Box& a, const Box& b) {
  const double width = std::max(a.width(), b.width());
  const double height = std::max(a.height(), b.height());
  const double dx = std::abs(a.x1 + a.x2 - b.x1 - b.x2) / 2;
  const double dy = std::abs(a.y1 + a.y2 - b.y1 - b.y2) / 2;
  const bool alike = std::min(a.height(), b.height()) >= height / 1.5 &&
                     std::min(a.width(), b.width()) >= width / 2;
  return width <= height && alike && dx <= 0.75 * width && dx < (a.width() + b.width()) / 2 &&
         dy <= height / 2;
}

const Label* labelled_at(const Box& cluster, const LabelSet& labels) {
  const Label* best = nullptr;
  double overlap = kSameObject;
  for (const auto& label : labels.labels) {
    if (iou(cluster, label.box) >= overlap) {
      overlap = iou(cluster, label.box);
      best = &label;
    }
  }
  return best;
}

}  // namespace

double support_of(const Box& cluster, const PredictionSet* predictions) {
  const double x = (cluster.x1 + cluster.x2) / 2;
  const double y = (cluster.y1 + cluster.y2) / 2;
  double best = 0;
  for (std::size_t i = 0; predictions != nullptr && i < predictions->predictions.size(); ++i) {
    const auto& p = predictions->predictions[i];
    if (holds(p.box, x, y) || iou(cluster, p.box) >= 0.2 || is_beside(cluster, p.box)) {
      best = std::max(best, p.score);
    }
  }
  return best;
}

std::vector<ClusterLook> looks_of(const Sample& sample, const LabelSet& clusters,
                                  const PredictionSet* predictions) {
  std::vector<double> distance;
  std::vector<ClusterLook> looks;
  for (const auto& cluster : clusters.labels) {
    const Json facts = facts_of(cluster);
    distance.push_back(json_get_or<double>(facts, "distance_m", -1.0));
    const double height = std::max(cluster.box.height(), 1e-9);
    looks.push_back(
        {{log2_of(height), log2_of(json_get_or<double>(facts, "height_m", 0.0)),
          log2_of(cluster.box.width() / height), 0, is_cut_off(sample, cluster.box) ? 1.0F : 0.0F,
          density_of(facts), static_cast<float>(support_of(cluster.box, predictions))}});
  }
  for (std::size_t i = 0; i < looks.size(); ++i) {
    std::vector<Box> nearer;
    for (std::size_t j = 0; j < looks.size(); ++j) {
      if (distance[j] >= 0 && distance[j] < distance[i] - kNearer_m) {
        nearer.push_back(clusters.labels[j].box);
      }
    }
    looks[i].values[3] = static_cast<float>(hidden_share(clusters.labels[i].box, nearer));
  }
  return looks;
}

PlausibleObjects::PlausibleObjects(const CheckInput& input, const PlausibleOptions& options)
    : options_(options) {
  for (std::size_t i = 0; i < input.reference_sensor.size(); ++i) {
    if (input.reference_sensor[i] != nullptr && input.reference_labels[i] != nullptr) {
      const auto* output =
          i < input.reference_outputs.size() ? input.reference_outputs[i] : nullptr;
      learn(input.reference_samples[i], *input.reference_sensor[i], *input.reference_labels[i],
            output == nullptr ? nullptr : &output->set, options.detected);
    }
  }
  scale();
}

void PlausibleObjects::learn(const Sample& sample, const LabelSet& clusters, const LabelSet& labels,
                             const PredictionSet* predictions, double detected) {
  const auto looks = looks_of(sample, clusters, predictions);
  for (std::size_t i = 0; i < looks.size(); ++i) {
    const Label* label = labelled_at(clusters.labels[i].box, labels);
    if (static_cast<double>(looks[i].values.back()) >= detected ||
        (label != nullptr && label->crowd)) {
      continue;  // detected, or of a crowd, whose members look like what is to be found
    }
    looks_.insert(looks_.end(), looks[i].values.begin(), looks[i].values.end());
    const bool wanted = label != nullptr && !label->ignore;
    classes_.push_back(wanted ? label->class_name : "");
  }
}

// Each value in units of its standard deviation, so that none outweighs the others.
void PlausibleObjects::scale() {
  constexpr std::size_t d = ClusterLook::kCount;
  const auto count = static_cast<double>(std::max<std::size_t>(classes_.size(), 1));
  for (std::size_t k = 0; k < d; ++k) {
    double sum = 0;
    double squares = 0;
    for (std::size_t i = k; i < looks_.size(); i += d) {
      const double value = looks_[i];
      sum += value / count;
      squares += value * value / count;
    }
    const double spread = std::sqrt(std::max(squares - sum * sum, 0.0));
    scale_[k] = spread > 1e-3 ? static_cast<float>(1 / spread) : 0;
    for (std::size_t i = k; i < looks_.size(); i += d) {
      looks_[i] *= scale_[k];
    }
  }
  const auto objects = std::count_if(classes_.begin(), classes_.end(),
                                     [](const std::string& name) { return !name.empty(); });
  usual_ = (static_cast<double>(objects) + 1) / (count + 2);
}

std::vector<PlausibleObjects::Guess> PlausibleObjects::guess(
    std::span<const ClusterLook> looks) const {
  std::vector<Guess> guesses(looks.size());
  if (classes_.size() < kLearnedMin) {
    for (std::size_t i = 0; i < looks.size(); ++i) {
      guesses[i].plausibility = 1 - static_cast<double>(looks[i].values.back());
    }
    return guesses;
  }
  std::vector<float> queries;
  for (const auto& look : looks) {
    for (std::size_t k = 0; k < ClusterLook::kCount; ++k) {
      queries.push_back(look.values[k] * scale_[k]);
    }
  }
  const auto k = std::min(classes_.size(), static_cast<std::size_t>(options_.neighbours));
  const auto found =
      kernels::nearest_neighbours({queries, ClusterLook::kCount}, {looks_, ClusterLook::kCount}, k);
  for (std::size_t i = 0; i < looks.size(); ++i) {
    guesses[i] = among(std::span(found.rows).subspan(i * k, k));
  }
  return guesses;
}

PlausibleObjects::Guess PlausibleObjects::among(std::span<const std::uint32_t> alike) const {
  std::map<std::string_view, double> of_class;
  double objects = 0;
  for (const auto row : alike) {
    if (!classes_[row].empty()) {
      of_class[classes_[row]] += 1;
      objects += 1;
    }
  }
  Guess guess;
  guess.plausibility = (objects + options_.strength * usual_) /
                       (static_cast<double>(alike.size()) + options_.strength);
  for (const auto& [name, count] : of_class) {
    if (count >= kMostOf * objects) {
      guess.class_name = name;
    }
  }
  return guess;
}

}  // namespace spotter::checks
