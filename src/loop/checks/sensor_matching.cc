#include "loop/checks/sensor_matching.h"

#include <algorithm>
#include <cmath>

#include "kernels/assignment.h"
#include "loop/checks/sensor_motion.h"

namespace spotter::checks {
namespace {

constexpr std::size_t kMatchesMin = 30;  // to learn from
constexpr double kBinM = 5;

double median(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

struct Residual {
  double x = 0, y = 0;  // from the prediction to the sensor's object, in heights of the prediction
  [[nodiscard]] double length() const { return std::hypot(x, y); }
};

Residual residual(const Box& object, const Box& prediction) {
  const double height = std::max(prediction.height(), 1.0);
  return {(object.x1 + object.x2 - prediction.x1 - prediction.x2) / 2 / height,
          (object.y1 + object.y2 - prediction.y1 - prediction.y2) / 2 / height};
}

// Objects of other sensors may have classes of their own, which say nothing.
bool may_be(const std::string& sensor_class, const std::string& predicted,
            std::span<const std::string> classes) {
  return sensor_class == predicted ||
         std::find(classes.begin(), classes.end(), sensor_class) == classes.end();
}

double attribute(const Label& object, const char* key) {
  const Json facts =
      object.attributes.empty() ? Json::object() : parse_json(object.attributes, "attributes");
  const auto it = facts.find(key);
  return it != facts.end() && it->is_number() ? it->get<double>() : 0;
}

}  // namespace

SensorMatching::SensorMatching(const CheckInput& input, const MatchingOptions& options)
    : options_(options),
      gate_(options.gate),
      boxes_(boxes_at_camera_time(input, options.time_offset_s)) {
  match_all(input);
  learn_residuals(input);
  match_all(input);
  learn_distances(input);
}

void SensorMatching::match_all(const CheckInput& input) {
  matches_.assign(input.samples.size(), {});
  chosen_.assign(input.samples.size(), {});
  for (std::size_t s = 0; s < input.samples.size(); ++s) {
    if (input.sensor[s] == nullptr || input.outputs[s] == nullptr) {
      continue;
    }
    const auto& objects = input.sensor[s]->labels;
    const auto& predictions = input.outputs[s]->set.predictions;
    auto& matches = matches_[s];
    matches.support.assign(objects.size(), 0);
    matches.partner.assign(predictions.size(), 0);
    std::vector<kernels::WeightedEdge> edges;
    for (std::size_t i = 0; i < objects.size(); ++i) {
      for (std::size_t j = 0; j < predictions.size(); ++j) {
        const auto& p = predictions[j];
        Residual r = residual(boxes_[s][i], p.box);
        r.x -= shift_x_;
        r.y -= shift_y_;
        if (r.length() >= gate_ || !may_be(objects[i].class_name, p.class_name, input.classes)) {
          continue;
        }
        if (p.score >= options_.detected) {
          // As many pairs as possible first, then the nearest.
          edges.push_back({static_cast<std::int32_t>(i), static_cast<std::int32_t>(j),
                           1000 + 1 - r.length() / gate_});
        } else {
          matches.support[i] = std::max(matches.support[i], p.score);
        }
      }
    }
    chosen_[s] = kernels::max_weight_matching(static_cast<std::int32_t>(objects.size()),
                                              static_cast<std::int32_t>(predictions.size()), edges);
    for (std::size_t i = 0; i < objects.size(); ++i) {
      if (chosen_[s][i] >= 0) {
        const auto j = static_cast<std::size_t>(chosen_[s][i]);
        matches.support[i] = predictions[j].score;
        matches.partner[j] = 1;
      }
    }
  }
}

void SensorMatching::learn_residuals(const CheckInput& input) {
  std::vector<double> xs;
  std::vector<double> ys;
  for (std::size_t s = 0; s < chosen_.size(); ++s) {
    for (std::size_t i = 0; i < chosen_[s].size(); ++i) {
      if (chosen_[s][i] >= 0) {
        const auto j = static_cast<std::size_t>(chosen_[s][i]);
        const Residual r = residual(boxes_[s][i], input.outputs[s]->set.predictions[j].box);
        xs.push_back(r.x);
        ys.push_back(r.y);
      }
    }
  }
  if (xs.size() < kMatchesMin) {
    return;
  }
  shift_x_ = median(xs);
  shift_y_ = median(ys);
  std::vector<double> lengths;
  for (std::size_t k = 0; k < xs.size(); ++k) {
    lengths.push_back(std::hypot(xs[k] - shift_x_, ys[k] - shift_y_));
  }
  gate_ = std::min(options_.gate, std::max(6 * median(std::move(lengths)), 0.25));
}

void SensorMatching::learn_distances(const CheckInput& input) {
  std::map<std::string, std::vector<double>> products;
  std::vector<double> places;
  for (std::size_t s = 0; s < chosen_.size(); ++s) {
    for (std::size_t i = 0; i < chosen_[s].size(); ++i) {
      const auto& object = input.sensor[s]->labels[i];
      if (input.samples[s].width > 0) {
        places.push_back((object.box.x1 + object.box.x2) / 2 / input.samples[s].width);
      }
      const double distance = chosen_[s][i] >= 0 ? attribute(object, "distance_m") : 0;
      if (distance > 0) {
        const auto& p = input.outputs[s]->set.predictions[static_cast<std::size_t>(chosen_[s][i])];
        products[p.class_name].push_back(p.box.height() * distance);
        products[""].push_back(p.box.height() * distance);
      }
    }
  }
  for (auto& [class_name, values] : products) {
    if (values.size() >= kMatchesMin) {
      height_times_distance_[class_name] = median(std::move(values));
    }
  }
  if (places.size() >= kMatchesMin) {
    const auto [low, high] = std::minmax_element(places.begin(), places.end());
    view_low_ = *low;
    view_high_ = *high;
  }
  for (std::size_t s = 0; s < chosen_.size(); ++s) {
    for (std::size_t j = 0; j < matches_[s].partner.size(); ++j) {
      const auto& p = input.outputs[s]->set.predictions[j];
      const double distance = distance_of(p);
      if (p.score >= options_.detected && distance > 0) {
        auto& tally = seen_[static_cast<int>(distance / kBinM)];
        tally.with += matches_[s].partner[j];
        tally.all += 1;
      }
    }
  }
}

double SensorMatching::distance_of(const Prediction& prediction) const {
  auto it = height_times_distance_.find(prediction.class_name);
  if (it == height_times_distance_.end()) {
    it = height_times_distance_.find("");
  }
  return it == height_times_distance_.end() || prediction.box.height() <= 0
             ? 0
             : it->second / prediction.box.height();
}

double SensorMatching::visibility(double distance_m) const {
  const auto it = seen_.find(static_cast<int>(distance_m / kBinM));
  return it == seen_.end() ? 0 : (it->second.with + 1) / (it->second.all + 2);
}

bool SensorMatching::in_view(const Sample& sample, const Box& box) const {
  const double x = sample.width > 0 ? (box.x1 + box.x2) / 2 / sample.width : 0.5;
  return view_low_ <= x && x <= view_high_;
}

}  // namespace spotter::checks
