#include "loop/triage/object_rows.h"

#include <algorithm>
#include <set>
#include <utility>

#include <fmt/format.h>

namespace spotter::triage {
namespace {

constexpr double kIouMin = 0.5;
constexpr double kTouchIou = 0.1;

PredictionSet from_score(const PredictionSet& set, double score_min) {
  PredictionSet kept{.sample = set.sample};
  for (const auto& p : set.predictions) {  // by falling score: positions stay
    if (p.score < score_min) {
      break;
    }
    kept.predictions.push_back(p);
  }
  return kept;
}

// Why nobody found the label: the best of the wrong predictions says.
std::string why_missed(const Label& label, const PredictionSet& set,
                       const std::set<std::int64_t>& wrong) {
  std::string why = "miss";
  for (const auto p : wrong) {
    const auto& prediction = set.predictions[static_cast<std::size_t>(p)];
    const double overlap = iou(prediction.box, label.box);
    if (prediction.class_name != label.class_name && overlap >= kIouMin) {
      return "wrong_class";
    }
    if (prediction.class_name == label.class_name && overlap >= kTouchIou) {
      why = "bad_box";
    }
  }
  return why;
}

}  // namespace

ObjectRows label_rows(const SplitData& data, const std::vector<PredictionSet>& predictions,
                      double score_min) {
  ObjectRows table{.kind = "label"};
  for (std::size_t i = 0; i < data.samples.size(); ++i) {
    const auto set = from_score(predictions[i], score_min);
    std::set<std::string> missed;
    std::set<std::int64_t> wrong;
    for (const auto& match : sample_matches(data, i, set)) {
      if (match.kind == "fn") {
        missed.insert(match.object);
      } else if (match.kind == "fp") {
        wrong.insert(match.prediction);
      }
    }
    for (const auto& label : data.labels[i].labels) {
      if (label.ignore || label.crowd) {
        continue;
      }
      table.rows.push_back({.sample = static_cast<std::uint32_t>(i),
                            .class_name = label.class_name,
                            .box = label.box,
                            .attributes = label.attributes});
      table.object.push_back(label.object);
      table.error.push_back(missed.contains(label.object) ? why_missed(label, set, wrong) : "");
    }
  }
  return table;
}

ObjectRows prediction_rows(const SplitData& data, const std::vector<PredictionSet>& predictions,
                           double score_min) {
  ObjectRows table{.kind = "prediction"};
  for (std::size_t i = 0; i < data.samples.size(); ++i) {
    const auto set = from_score(predictions[i], score_min);
    for (const auto& match : sample_matches(data, i, set)) {
      if (match.prediction < 0 || (match.kind != "tp" && match.kind != "fp")) {
        continue;
      }
      const auto& p = set.predictions[static_cast<std::size_t>(match.prediction)];
      const bool invented = match.error == "bkg" || match.error == "both";
      table.rows.push_back({.sample = static_cast<std::uint32_t>(i),
                            .class_name = p.class_name,
                            .box = p.box,
                            .attributes = p.attributes});
      table.object.push_back(fmt::format("p{}", match.prediction));
      table.error.push_back(invented ? "false_alarm" : match.error == "dupe" ? "duplicate" : "");
    }
  }
  return table;
}

}  // namespace spotter::triage
