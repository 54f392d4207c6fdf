// Labels that are probably wrong or missing, object by object, each with the change that would mend
// it. Classes by confident learning, boxes by label quality; the loss of the sample is told beside.
#include <algorithm>
#include <array>
#include <optional>
#include <set>

#include <fmt/format.h>

#include "domain/proposal.h"
#include "kernels/confident_learning.h"
#include "kernels/label_quality.h"
#include "loop/checks/box_columns.h"
#include "loop/checks/check.h"

namespace spotter::checks {
namespace {

constexpr std::array<const char*, 4> kErrors = {"label_missing", "label_class", "label_box",
                                                "label_spurious"};  // as LabelIssueKind
constexpr std::array<const char*, 4> kActions = {"add", "set_class", "set_box", "remove"};

// The share of the examined samples whose loss is not greater; nothing where the loss is unknown.
class LossRank {
 public:
  explicit LossRank(const CheckInput& input) {
    for (const auto* output : input.outputs) {
      if (output != nullptr && output->loss >= 0) {
        sorted_.push_back(output->loss);
      }
    }
    std::sort(sorted_.begin(), sorted_.end());
  }
  void tell(const lake::ModelOutput& output, Json& evidence) const {
    if (output.loss >= 0) {
      const auto not_greater =
          std::upper_bound(sorted_.begin(), sorted_.end(), output.loss) - sorted_.begin();
      evidence["loss"] = output.loss;
      evidence["loss_rank"] =
          static_cast<double>(not_greater) / static_cast<double>(sorted_.size());
    }
  }

 private:
  std::vector<double> sorted_;
};

Finding box_finding(const CheckInput& input, const BoxColumns& rows,
                    const kernels::LabelIssue& issue, const LossRank& losses) {
  const auto kind = static_cast<std::size_t>(issue.kind);
  const auto sample = static_cast<std::size_t>(issue.image);
  Proposal proposal{.action = kActions[kind]};
  Finding finding{
      .sample = input.samples[sample].key, .error = kErrors[kind], .score = issue.score};
  Json evidence = {{"model_error", 1 - issue.score}};
  const Label* label = nullptr;
  if (issue.truth >= 0) {
    const auto& origin = rows.truth_origin[static_cast<std::size_t>(issue.truth)];
    label = &input.labels[sample]->labels[origin.place];
    finding.object = proposal.object = label->object;
    finding.class_name = label->class_name;
    finding.box = label->box;
  }
  if (issue.detection >= 0) {
    const auto& origin = rows.detection_origin[static_cast<std::size_t>(issue.detection)];
    const Prediction& p = input.outputs[sample]->set.predictions[origin.place];
    evidence["predicted"] = p.class_name;
    evidence["score"] = p.score;
    evidence["prediction"] = fmt::format("p{}", origin.place);
    if (label == nullptr) {
      finding.object = fmt::format("p{}", origin.place);
      finding.class_name = p.class_name;
      finding.box = p.box;
    } else {
      evidence["iou"] = iou(label->box, p.box);
    }
    if (issue.kind != kernels::LabelIssueKind::kBadlyLocated) {
      proposal.class_name = p.class_name;
    }
    if (issue.kind != kernels::LabelIssueKind::kSwapped) {
      proposal.box = p.box;
    }
  }
  losses.tell(*input.outputs[sample], evidence);
  evidence["proposal"] = to_json(proposal);
  finding.evidence = evidence.dump();
  return finding;
}

void look_at_boxes(const CheckInput& input, CheckOutput& output) {
  const auto rows = box_columns(input);
  const LossRank losses(input);
  for (const auto& issue : kernels::find_label_issues(rows.truths, rows.detections, rows.size,
                                                      input.number("score_min"))) {
    output.findings.push_back(box_finding(input, rows, issue, losses));
  }
}

// One row a sample: its label and the probabilities of every class.
struct ClassRows {
  std::vector<std::size_t> sample;
  std::vector<std::int64_t> given;
  std::vector<double> probabilities;
};

ClassRows class_rows(const CheckInput& input, CheckOutput& output) {
  ClassRows rows;
  const auto number = [&](const std::string& name) {
    return std::find(input.classes.begin(), input.classes.end(), name) - input.classes.begin();
  };
  for (std::size_t s = 0; s < input.samples.size(); ++s) {
    if (output.examined[s] == 0) {
      continue;
    }
    const auto& labels = input.labels[s]->labels;
    const auto& predictions = input.outputs[s]->set.predictions;
    const bool whole =
        labels.size() == 1 && predictions.size() == 1 &&
        predictions[0].probabilities.size() == input.classes.size() &&
        number(labels[0].class_name) < static_cast<std::ptrdiff_t>(input.classes.size());
    output.examined[s] = whole ? 1 : 0;
    if (whole) {
      rows.sample.push_back(s);
      rows.given.push_back(number(labels[0].class_name));
      rows.probabilities.insert(rows.probabilities.end(), predictions[0].probabilities.begin(),
                                predictions[0].probabilities.end());
    }
  }
  return rows;
}

void look_at_classes(const CheckInput& input, CheckOutput& output) {
  auto rows = class_rows(input, output);
  const std::set<std::int64_t> seen(rows.given.begin(), rows.given.end());
  if (seen.size() < 2) {
    return;  // nothing to confuse
  }
  kernels::normalise_probabilities<double>(rows.probabilities, input.classes.size());
  const kernels::Probabilities<double> probabilities{rows.probabilities, input.classes.size()};
  const auto found = kernels::find_label_errors<double>(rows.given, probabilities,
                                                        kernels::LabelFilter::kPruneByNoiseRate);
  const LossRank losses(input);
  for (const auto i : found.rows) {
    const auto row = probabilities.row(i);
    const auto guess = std::max_element(row.begin(), row.end()) - row.begin();
    const auto s = rows.sample[i];
    const Label& label = input.labels[s]->labels[0];
    const auto& predicted = input.classes[static_cast<std::size_t>(guess)];
    Json evidence = {{"model_error", found.scores[i]},
                     {"predicted", predicted},
                     {"score", row[static_cast<std::size_t>(guess)]},
                     {"self_confidence", found.scores[i]}};
    losses.tell(*input.outputs[s], evidence);
    evidence["proposal"] =
        to_json(Proposal{.action = "set_class", .object = label.object, .class_name = predicted});
    output.findings.push_back({.sample = input.samples[s].key,
                               .object = label.object,
                               .error = "label_class",
                               .class_name = label.class_name,
                               .score = 1 - found.scores[i],
                               .box = label.box,
                               .evidence = evidence.dump()});
  }
}

CheckOutput run(const CheckInput& input) {
  CheckOutput output;
  output.examined.assign(input.samples.size(), 0);
  for (std::size_t s = 0; s < input.samples.size(); ++s) {
    if (input.labels[s] != nullptr && input.outputs[s] != nullptr) {
      output.examined[s] = 1;
      count_objects(*input.labels[s], s, output);
    }
  }
  if (input.task == "classification") {
    look_at_classes(input, output);
  } else {
    look_at_boxes(input, output);
  }
  return output;
}

constexpr std::array<std::string_view, 2> kTasks = {"detection", "classification"};
constexpr std::array kParams = {
    Param{.name = "score_min",
          .number = 0.5,
          .summary = "doubts of boxes from this score on are reported"},
};

}  // namespace

extern const Check label_errors;
const Check label_errors = {
    .name = "label_errors",
    .summary = "Labels that are probably wrong or missing, each with a proposed fix",
    .method =
        "Boxes, as `spotter label-errors --gt --dt`: an object that the model sees and nobody "
        "labelled is `label_missing`, a label in whose place another class is seen `label_class`, "
        "one that the model's box of its class fits badly `label_box`, one with nothing seen where "
        "such objects are hardly ever missed `label_spurious`. What a score or an overlap is worth "
        "is measured in the examined samples, class by class. Classes of whole samples, as "
        "`spotter label-errors --labels --probs`: confident learning, pruned by noise rate "
        "(Northcutt et al. 2021), `label_class`. The evidence holds the proposed change, the loss "
        "of "
        "the sample and the share of samples that have no greater loss. A model that trained on "
        "the "
        "labels has learned some of their errors: look at samples that it has not seen where you "
        "can.",
    .tasks = kTasks,
    .needs = kNeedsLabels | kNeedsPredictions,
    .population = Population::kLabelled,
    .params = kParams,
    .run = run,
};

}  // namespace spotter::checks
