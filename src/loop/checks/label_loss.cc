// Predictions against labels: what the model gets wrong with confidence is a failure of the model
// or of the label. Matching as in COCO (greedy by score, one to one), then the reasons for what is
// left.
#include <algorithm>
#include <array>
#include <cmath>
#include <optional>

#include <fmt/format.h>

#include "loop/checks/box_columns.h"
#include "loop/checks/check.h"

namespace spotter::checks {
namespace {

constexpr double kMatchIou = 0.5;
constexpr double kTouchIou = 0.1;

struct Limits {
  double detected = 0;
  double confident = 0;
};

// One sample's labels and predictions, matched.
class Comparison {
 public:
  Comparison(const LabelSet& labels, const PredictionSet& predictions, const Limits& limits)
      : labels_(labels.labels),
        predictions_(predictions.predictions),
        limits_(limits),
        match_of_label_(labels_.size(), -1),
        matched_(predictions_.size(), false) {
    match();
  }

  void report(const std::string& sample, std::vector<Finding>& findings) const {
    for (std::size_t i = 0; i < labels_.size(); ++i) {
      if (!labels_[i].crowd && !labels_[i].ignore) {
        report_label(sample, i, findings);
      }
    }
    for (std::size_t j = 0; j < predictions_.size(); ++j) {
      report_prediction(sample, j, findings);
    }
  }

 private:
  void match() {
    for (std::size_t j = 0; j < predictions_.size(); ++j) {  // stored by falling score
      double best = kMatchIou;
      int chosen = -1;
      for (std::size_t i = 0; i < labels_.size(); ++i) {
        const double overlap = iou(labels_[i].box, predictions_[j].box);
        const bool open = match_of_label_[i] < 0 && !labels_[i].crowd;
        if (open && overlap >= best && labels_[i].class_name == predictions_[j].class_name) {
          best = overlap;
          chosen = static_cast<int>(i);
        }
      }
      if (chosen >= 0) {
        match_of_label_[static_cast<std::size_t>(chosen)] = static_cast<int>(j);
        matched_[j] = true;
      }
    }
  }

  // The best-scored unmatched prediction that satisfies `accept(prediction, iou)`.
  template <typename Accept>
  std::optional<std::size_t> find_prediction(const Box& box, const Accept& accept) const {
    for (std::size_t j = 0; j < predictions_.size(); ++j) {
      if (!matched_[j] && accept(predictions_[j], iou(box, predictions_[j].box))) {
        return j;
      }
    }
    return std::nullopt;
  }

  void report_label(const std::string& sample, std::size_t i,
                    std::vector<Finding>& findings) const {
    const Label& label = labels_[i];
    const auto match = match_of_label_[i];
    const double own = match >= 0 ? predictions_[static_cast<std::size_t>(match)].score : 0;
    if (own >= limits_.detected) {
      return;
    }
    const auto add = [&](const char* error, double score, const Json& evidence) {
      findings.push_back({.sample = sample,
                          .object = label.object,
                          .error = error,
                          .class_name = label.class_name,
                          .score = score,
                          .box = label.box,
                          .evidence = evidence.dump()});
    };
    const auto other = find_prediction(label.box, [&](const Prediction& p, double overlap) {
      return overlap >= kMatchIou && p.score >= limits_.confident &&
             p.class_name != label.class_name;
    });
    if (other) {
      const auto& p = predictions_[*other];
      add("wrong_class", p.score * (1 - own), {{"predicted", p.class_name}, {"score", p.score}});
      return;
    }
    const auto shifted = find_prediction(label.box, [&](const Prediction& p, double overlap) {
      return overlap >= kTouchIou && p.score >= limits_.confident &&
             p.class_name == label.class_name;
    });
    if (shifted) {
      const auto& p = predictions_[*shifted];
      const double overlap = iou(label.box, p.box);
      add("bad_box", p.score * (1 - overlap),
          {{"iou", overlap},
           {"score", p.score},
           {"predicted_box", {p.box.x1, p.box.y1, p.box.x2, p.box.y2}}});
      return;
    }
    const auto weak = find_prediction(label.box, [&](const Prediction& p, double overlap) {
      return overlap >= kTouchIou && p.class_name == label.class_name;
    });
    const double support = std::max(own, weak ? predictions_[*weak].score : 0.0);
    add("miss", 1 - std::min(1.0, support), {{"best_score", support}});
  }

  void report_prediction(const std::string& sample, std::size_t j,
                         std::vector<Finding>& findings) const {
    const Prediction& p = predictions_[j];
    if (matched_[j] || p.score < limits_.confident) {
      return;
    }
    const bool explained = std::any_of(labels_.begin(), labels_.end(), [&](const Label& label) {
      if (label.crowd || label.ignore) {
        return coverage(p.box, label.box) >= kMatchIou;
      }
      return iou(p.box, label.box) >= kTouchIou;
    });
    if (!explained) {
      const Json evidence = {{"score", p.score}};
      findings.push_back({.sample = sample,
                          .object = fmt::format("p{}", j),
                          .error = "false_alarm",
                          .class_name = p.class_name,
                          .score = p.score,
                          .box = p.box,
                          .evidence = evidence.dump()});
    }
  }

  // The share of `box` that lies in `region`.
  static double coverage(const Box& box, const Box& region) {
    const double w = std::min(box.x2, region.x2) - std::max(box.x1, region.x1);
    const double h = std::min(box.y2, region.y2) - std::max(box.y1, region.y1);
    return w <= 0 || h <= 0 || box.area() <= 0 ? 0 : w * h / box.area();
  }

  const std::vector<Label>& labels_;
  const std::vector<Prediction>& predictions_;
  Limits limits_;
  std::vector<int> match_of_label_;
  std::vector<bool> matched_;
};

double quantile(const std::vector<double>& sorted, double q) {
  return sorted[static_cast<std::size_t>(q * static_cast<double>(sorted.size() - 1))];
}

// Samples whose loss stands out from the others by Tukey's fence.
void report_losses(const CheckInput& input, double fence, CheckOutput& output) {
  std::vector<double> losses;
  for (std::size_t s = 0; s < input.samples.size(); ++s) {
    if (output.examined[s] != 0 && input.outputs[s]->loss >= 0) {
      losses.push_back(input.outputs[s]->loss);
    }
  }
  if (losses.size() < 20) {
    return;  // too few to know what is usual
  }
  std::sort(losses.begin(), losses.end());
  const double upper = quantile(losses, 0.75);
  const double spread = std::max(upper - quantile(losses, 0.25), 1e-9);
  for (std::size_t s = 0; s < input.samples.size(); ++s) {
    const double loss = output.examined[s] != 0 ? input.outputs[s]->loss : -1;
    if (loss > upper + fence * spread) {
      const Json evidence = {{"loss", loss}, {"usual", quantile(losses, 0.5)}};
      const double excess = (loss - upper) / spread;
      output.findings.push_back({.sample = input.samples[s].key,
                                 .error = "high_loss",
                                 .score = excess / (excess + 1),
                                 .evidence = evidence.dump()});
    }
  }
}

CheckOutput run(const CheckInput& input) {
  // Where every sample has one answer, the answer stands, however unsure.
  const bool one_answer = input.task == "classification";
  const Limits limits{one_answer ? 0 : input.number("detected"),
                      one_answer ? 0 : input.number("confident")};
  CheckOutput output;
  output.examined.assign(input.samples.size(), 0);
  for (std::size_t s = 0; s < input.samples.size(); ++s) {
    if (input.labels[s] == nullptr || input.outputs[s] == nullptr) {
      continue;
    }
    output.examined[s] = 1;
    count_objects(*input.labels[s], s, output);
    Comparison(*input.labels[s], input.outputs[s]->set, limits)
        .report(input.samples[s].key, output.findings);
  }
  report_losses(input, input.number("fence"), output);
  return output;
}

constexpr std::array kParams = {
    Param{
        .name = "detected", .number = 0.3, .summary = "a label counts as found from this score on"},
    Param{.name = "confident",
          .number = 0.5,
          .summary = "predictions from this score on can accuse a label or be a false alarm"},
    Param{.name = "fence",
          .number = 1.5,
          .high = 100,
          .summary =
              "a sample's loss stands out beyond the upper quartile by so many quartile ranges"},
};

constexpr std::array<std::string_view, 2> kTasks = {"detection", "classification"};

}  // namespace

extern const Check label_loss;
const Check label_loss = {
    .name = "label_loss",
    .summary = "Labels and confident predictions that contradict each other",
    .method =
        "Predictions are matched to labels of their class, one to one, by falling score at IoU "
        "0.5. What "
        "is left is a `wrong_class` (another class is seen there with confidence), a `bad_box` "
        "(the class "
        "is seen there with confidence, but IoU is below 0.5), a `miss`, or a `false_alarm` (a "
        "confident "
        "prediction that touches no label). Whether the model or the label is wrong is for a "
        "person to "
        "say: `spotter verdict`. Samples whose whole loss stands out are `high_loss`.",
    .tasks = kTasks,
    .needs = kNeedsLabels | kNeedsPredictions,
    .population = Population::kLabelled,
    .params = kParams,
    .run = run,
};

}  // namespace spotter::checks
