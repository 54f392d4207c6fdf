// What kind of mistake each wrong detection and each missed object is, by TIDE (Bolya et al., ECCV
// 2020), and what that kind costs in average precision.
#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "domain/proposal.h"
#include "kernels/error_shares.h"
#include "kernels/match.h"
#include "loop/checks/box_columns.h"
#include "loop/checks/check.h"

namespace spotter::checks {
namespace {

using kernels::ErrorType;

constexpr double kMatchIou = 0.5;
constexpr double kTouchIou = 0.1;

struct Limits {
  double score = 0;      // detections below are not looked at
  double confident = 0;  // from here on the label may be the one that is wrong
};

// Numbers for class names, the project's first.
class ClassNumbers {
 public:
  explicit ClassNumbers(std::span<const std::string> classes) {
    for (const auto& name : classes) {
      (void)of(name);
    }
  }
  std::int32_t of(const std::string& name) {
    return numbers_.try_emplace(name, static_cast<std::int32_t>(numbers_.size())).first->second;
  }
  [[nodiscard]] std::int32_t count() const { return static_cast<std::int32_t>(numbers_.size()); }

 private:
  std::map<std::string, std::int32_t> numbers_;
};

// AP50 that the model would gain without the errors of each kind, over all examined samples.
kernels::ErrorShares shares_of(const CheckInput& input, const std::vector<std::uint8_t>& examined,
                               ClassNumbers& classes) {
  kernels::CocoColumns truths;
  kernels::CocoColumns detections;
  const auto add = [](kernels::CocoColumns& to, std::int32_t image, std::int32_t category,
                      const Box& b) {
    to.image.push_back(image);
    to.category.push_back(category);
    to.box.push_back({b.x1, b.y1, b.width(), b.height()});
    to.area.push_back(b.area());
  };
  std::int32_t image = 0;
  for (std::size_t s = 0; s < input.samples.size(); ++s) {
    if (examined[s] == 0) {
      continue;
    }
    for (const auto& label : input.labels[s]->labels) {
      add(truths, image, classes.of(label.class_name), label.box);
      truths.crowd.push_back(label.crowd || label.ignore ? 1 : 0);
    }
    for (const auto& p : input.outputs[s]->set.predictions) {
      add(detections, image, classes.of(p.class_name), p.box);
      detections.score.push_back(p.score);
    }
    ++image;
  }
  return kernels::error_shares(truths, detections, {image, classes.count()});
}

// One sample's labels and predictions, judged.
class Judge {
 public:
  Judge(const LabelSet& labels, const PredictionSet& predictions, const Limits& limits,
        const std::map<std::string, double>& gains, ClassNumbers& classes)
      : labels_(labels.labels), limits_(limits), gains_(gains), taken_(labels_.size()) {
    for (const auto& p : predictions.predictions) {  // by falling score: positions stay
      weak_.push_back(&p);
      if (p.score >= limits.score) {
        detections_.push_back({p.box, classes.of(p.class_name), p.score});
      }
    }
    for (const auto& label : labels_) {
      truths_.push_back({label.box, classes.of(label.class_name), label.ignore, label.crowd});
    }
  }

  void report(const std::string& sample, std::vector<Finding>& findings) {
    const auto matches = kernels::match_objects(truths_, detections_, kMatchIou);
    for (const auto& match : matches) {
      if (match.kind == kernels::MatchKind::kHit) {
        taken_[static_cast<std::size_t>(match.truth)] = true;
      }
    }
    // By falling score, so that the best detection of an object that nobody found speaks for it.
    for (const auto& match : matches) {
      if (match.kind == kernels::MatchKind::kFalseAlarm) {
        report_false_alarm(sample, match, findings);
      }
    }
    for (const auto& match : matches) {
      if (match.kind == kernels::MatchKind::kMiss &&
          !taken_[static_cast<std::size_t>(match.truth)]) {
        report_miss(sample, labels_[static_cast<std::size_t>(match.truth)], findings);
      }
    }
  }

 private:
  [[nodiscard]] Json evidence_of(ErrorType type) const {
    const std::string name(kernels::name(type));
    return {{"type", name}, {"gain", gains_.at(name)}};
  }

  // The label that a wrong class or place meant, of those that count.
  [[nodiscard]] int meant(const kernels::Detection& d, ErrorType type) const {
    int chosen = -1;
    double best = 0;
    for (std::size_t t = 0; t < truths_.size(); ++t) {
      const bool same = truths_[t].class_index == d.class_index;
      const double overlap = iou(truths_[t].box, d.box);
      if (!truths_[t].ignored && !truths_[t].crowd && same == (type == ErrorType::kLocation) &&
          overlap > best) {
        best = overlap;
        chosen = static_cast<int>(t);
      }
    }
    return chosen;
  }

  void report_false_alarm(const std::string& sample, const kernels::ObjectMatch& match,
                          std::vector<Finding>& findings) {
    const auto place = static_cast<std::size_t>(match.detection);
    const Prediction& p = *weak_[place];
    const ErrorType type = match.error;
    Json evidence = evidence_of(type);
    evidence["score"] = p.score;
    evidence["iou"] = match.iou;
    Finding finding{.sample = sample,
                    .object = fmt::format("p{}", place),
                    .error = "false_alarm",
                    .class_name = p.class_name,
                    .score = p.score,
                    .box = p.box};
    const bool mends = type == ErrorType::kClass || type == ErrorType::kLocation;
    const int target = mends ? meant(detections_[place], type) : -1;
    // How far the label is to be doubted: a sure detection that fits well.
    double doubt = 0;
    Proposal proposal;
    if (target >= 0) {
      const auto t = static_cast<std::size_t>(target);
      finding.error = type == ErrorType::kClass ? "wrong_class" : "bad_box";
      evidence["label"] = labels_[t].object;
      evidence["other_class"] = p.class_name;
      finding.class_name = labels_[t].class_name;  // what was confused, as evaluations count it
      evidence["prediction"] = place;
      if (!taken_[t]) {
        taken_[t] = true;
        finding.object = labels_[t].object;
        doubt = p.score * iou(p.box, labels_[t].box);
        proposal = type == ErrorType::kClass
                       ? Proposal{.action = "set_class",
                                  .object = labels_[t].object,
                                  .class_name = p.class_name}
                       : Proposal{.action = "set_box", .object = labels_[t].object, .box = p.box};
      }
    } else if (type == ErrorType::kDuplicate) {
      finding.error = "duplicate";
    } else if (type == ErrorType::kBackground) {
      doubt = p.score;
      proposal = {.action = "add", .class_name = p.class_name, .box = p.box};
    }
    if (doubt > 0 && p.score >= limits_.confident) {
      evidence["proposal"] = to_json(proposal);
    }
    evidence["model_error"] = 1 - doubt / 2;  // half of what a sure detection doubts is right
    finding.evidence = evidence.dump();
    findings.push_back(std::move(finding));
  }

  void report_miss(const std::string& sample, const Label& label,
                   std::vector<Finding>& findings) const {
    double support = 0;
    for (const auto* p : weak_) {
      if (p->class_name == label.class_name && iou(p->box, label.box) >= kTouchIou) {
        support = std::max(support, p->score);
      }
    }
    Json evidence = evidence_of(ErrorType::kMiss);
    evidence["best_score"] = support;
    evidence["model_error"] = 0.9;
    findings.push_back({.sample = sample,
                        .object = label.object,
                        .error = "miss",
                        .class_name = label.class_name,
                        .score = 1 - std::min(1.0, support),
                        .box = label.box,
                        .evidence = evidence.dump()});
  }

  const std::vector<Label>& labels_;
  Limits limits_;
  const std::map<std::string, double>& gains_;
  std::vector<const Prediction*> weak_;  // all, also those too weak to be judged
  std::vector<kernels::Truth> truths_;
  std::vector<kernels::Detection> detections_;
  std::vector<bool> taken_;  // labels that were found, or that a finding speaks of
};

CheckOutput run(const CheckInput& input) {
  CheckOutput output;
  output.examined.assign(input.samples.size(), 0);
  for (std::size_t s = 0; s < input.samples.size(); ++s) {
    output.examined[s] = input.labels[s] != nullptr && input.outputs[s] != nullptr ? 1 : 0;
  }
  ClassNumbers classes(input.classes);
  const auto shares = shares_of(input, output.examined, classes);
  std::map<std::string, double> gains;
  for (std::size_t i = 0; i < kernels::kErrorKinds.size(); ++i) {
    gains[std::string(kernels::kErrorKinds[i])] = shares.gain[i];
  }
  // Where every sample has one answer, the answer stands, however unsure.
  const Limits limits{input.task == "classification" ? 0 : input.number("score"),
                      input.number("confident")};
  for (std::size_t s = 0; s < input.samples.size(); ++s) {
    if (output.examined[s] == 0) {
      continue;
    }
    count_objects(*input.labels[s], s, output);
    Judge(*input.labels[s], input.outputs[s]->set, limits, gains, classes)
        .report(input.samples[s].key, output.findings);
  }
  return output;
}

constexpr std::array<std::string_view, 2> kTasks = {"detection", "classification"};
constexpr std::array kParams = {
    Param{.name = "score",
          .number = 0.3,
          .summary = "detections from this score on are judged; of a classifier every answer is"},
    Param{.name = "confident",
          .number = 0.7,
          .summary = "detections from this score on propose a change to the label"},
};

}  // namespace

extern const Check error_types;
const Check error_types = {
    .name = "error_types",
    .summary = "The kind of each mistake by TIDE, and what that kind costs",
    .method =
        "Detections are matched to labels as in COCO, at IoU 0.5. Each wrong one is a "
        "`wrong_class` (another class at IoU 0.5), a `bad_box` (its class at IoU 0.1 to 0.5), a "
        "`duplicate` of an object that is found, or a `false_alarm` (nothing there, or wrong in "
        "class and place); a label that none of them meant is a `miss` (TIDE, Bolya et al. 2020). "
        "The evidence holds the `type`, the `iou` and the `gain`: the AP50 that the model would "
        "gain on the examined samples without any error of this type. A confident detection "
        "proposes what the label would have to be.",
    .tasks = kTasks,
    .needs = kNeedsLabels | kNeedsPredictions,
    .population = Population::kLabelled,
    .params = kParams,
    .run = run,
};

}  // namespace spotter::checks
