#include <algorithm>
#include <memory>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "base/error.h"
#include "base/json.h"
#include "base/log.h"
#include "base/npy.h"
#include "cli/command.h"
#include "cli/print.h"
#include "domain/proposal.h"
#include "formats/coco_columns.h"
#include "kernels/confident_learning.h"
#include "kernels/label_quality.h"
#include "kernels/objectlab.h"

namespace spotter::cli {
namespace {

constexpr std::size_t kShown = 20;  // lines of text; --json has them all

struct Words {
  std::string labels;
  std::string probabilities;
  std::string filter{kernels::kLabelFilters[0]};
  bool normalise = false;
  std::string truth;
  std::string results;
  std::string method = "calibrated";
  double score_min = 0.5;
};

kernels::LabelFilter filter_of(const std::string& name) {
  const auto at = std::find(kernels::kLabelFilters.begin(), kernels::kLabelFilters.end(), name);
  return static_cast<kernels::LabelFilter>(at - kernels::kLabelFilters.begin());
}

template <typename Real>
void answer(const Context& context, std::span<const std::int64_t> labels, std::size_t classes,
            const kernels::LabelErrors<Real>& found) {
  Json joint = Json::array();
  for (std::size_t k = 0; k < classes; ++k) {
    joint.push_back(std::span(found.joint).subspan(k * classes, classes));
  }
  const Json document = {{"count", found.rows.size()},
                         {"indices", found.rows},
                         {"scores", found.scores},
                         {"confident_joint", std::move(joint)}};
  context.answer(document, [&] {
    fmt::print("{} of {} labels are probably wrong\n", found.rows.size(), labels.size());
    std::vector<std::vector<std::string>> rows;
    for (const auto i : std::span(found.rows).first(std::min(kShown, found.rows.size()))) {
      rows.push_back({fmt::format("{}", i), fmt::format("{}", labels[i]),
                      fmt::format("{:.4g}", found.scores[i])});
    }
    if (!rows.empty()) {
      fmt::print("\n");
      print_table({"row", "label", "its probability"}, rows);
    }
    if (found.rows.size() > kShown) {
      fmt::print("… {} more with --json\n", found.rows.size() - kShown);
    }
  });
}

template <typename Real>
void search(const Context& context, const Words& words, std::span<const std::int64_t> labels,
            const Npy& file) {
  std::vector<Real> room;
  auto values = file.values<Real>(room);
  if (words.normalise) {
    room.assign(values.begin(), values.end());
    kernels::normalise_probabilities<Real>(room, file.columns());
    values = room;
  }
  const auto found =
      kernels::find_label_errors<Real>(labels, {values, file.columns()}, filter_of(words.filter));
  answer(context, labels, file.columns(), found);
}

void search_classes(const Context& context, const Words& words) {
  const Npy label_file(words.labels);
  const Npy file(words.probabilities);
  if (label_file.shape().size() != 1) {
    fail(ErrorCode::kInvalid,
         fmt::format("labels have one dimension, one class number a row: {}", words.labels));
  }
  if (file.shape().size() != 2) {
    fail(
        ErrorCode::kInvalid,
        fmt::format("probabilities have two dimensions, one row a label and one column a class: {}",
                    words.probabilities));
  }
  std::vector<std::int64_t> room;
  const auto labels = label_file.values<std::int64_t>(room);
  try {
    if (file.type() == NpyType::kFloat32) {
      search<float>(context, words, labels, file);
    } else {
      search<double>(context, words, labels, file);
    }
  } catch (const Error& e) {
    const std::string_view hint =
        std::string_view(e.what()).find("outside of") == std::string_view::npos
            ? ""
            : "; --normalise clips probabilities and makes rows add up to 1";
    fail(e.code, fmt::format("{}{}: {}, {}", e.what(), hint, words.labels, words.probabilities));
  }
}

Box corners(const std::array<double, 4>& b) {
  return {b[0], b[1], b[0] + b[2], b[1] + b[3]};
}

Proposal proposal_for(const formats::CocoPair& pair, const kernels::LabelIssue& issue) {
  using Kind = kernels::LabelIssueKind;
  constexpr std::array<std::string_view, 4> kActions = {"add", "set_class", "set_box", "remove"};
  Proposal proposal{.action = std::string(kActions[static_cast<std::size_t>(issue.kind)])};
  if (issue.truth >= 0) {
    proposal.object = fmt::format("{}", pair.truth_ids[static_cast<std::size_t>(issue.truth)]);
  }
  const auto d = static_cast<std::size_t>(issue.detection);
  if (issue.kind == Kind::kOverlooked || issue.kind == Kind::kSwapped) {
    const auto category = static_cast<std::size_t>(pair.detections.category[d]);
    proposal.class_name = pair.class_names[category];
  }
  if (issue.kind == Kind::kOverlooked || issue.kind == Kind::kBadlyLocated) {
    proposal.box = corners(pair.detections.box[d]);
  }
  return proposal;
}

Json issue_of(const formats::CocoPair& pair, const kernels::LabelIssue& issue) {
  const auto& rows = issue.truth >= 0 ? pair.truths : pair.detections;
  const auto row = static_cast<std::size_t>(issue.truth >= 0 ? issue.truth : issue.detection);
  const Box box = corners(rows.box[row]);
  Json json = {{"kind", kernels::kLabelIssueKinds[static_cast<std::size_t>(issue.kind)]},
               {"score", issue.score},
               {"image_id", pair.image_ids[static_cast<std::size_t>(issue.image)]}};
  if (issue.truth >= 0) {
    json["annotation_id"] = pair.truth_ids[row];
  }
  json["class"] = pair.class_names[static_cast<std::size_t>(rows.category[row])];
  json["box"] = {box.x1, box.y1, box.x2, box.y2};
  json["proposal"] = to_json(proposal_for(pair, issue));
  return json;
}

void answer_boxes(const Context& context, const formats::CocoPair& pair, double score_min) {
  const auto issues =
      kernels::find_label_issues(pair.truths, pair.detections, pair.size, score_min);
  Json document = {{"method", "calibrated"}, {"count", issues.size()}, {"issues", Json::array()}};
  for (const auto& issue : issues) {
    document["issues"].push_back(issue_of(pair, issue));
  }
  context.answer(document, [&] {
    fmt::print("{} in {} labels\n", counted(issues.size(), "issue"), pair.truths.size());
    std::vector<std::vector<std::string>> rows;
    for (const auto& issue : std::span(issues).first(std::min(kShown, issues.size()))) {
      const auto fix = proposal_for(pair, issue);
      const Json shown = issue_of(pair, issue);
      rows.push_back({shown["kind"].get<std::string>(), fmt::format("{:.2f}", issue.score),
                      shown["image_id"].dump(), fix.object, shown["class"].get<std::string>(),
                      fmt::format("{} {}", fix.action, fix.class_name)});
    }
    if (!rows.empty()) {
      fmt::print("\n");
      print_table({"kind", "score", "image", "annotation", "class", "proposal"}, rows);
    }
    if (issues.size() > kShown) {
      fmt::print("… {} more with --json\n", issues.size() - kShown);
    }
  });
}

void answer_objectlab(const Context& context, const formats::CocoPair& pair) {
  const auto lab = kernels::objectlab(pair.truths, pair.detections, pair.size);
  const auto count = std::count(lab.image_issue.begin(), lab.image_issue.end(), 1);
  double sum = 0;
  Json images = Json::array();
  for (std::size_t i = 0; i < lab.image_scores.size(); ++i) {
    sum += lab.image_scores[i];
    images.push_back({{"image_id", pair.image_ids[i]},
                      {"score", lab.image_scores[i]},
                      {"issue", lab.image_issue[i] != 0}});
  }
  const double mean = images.empty() ? 1 : sum / static_cast<double>(images.size());
  const Json document = {
      {"method", "objectlab"}, {"count", count}, {"mean_score", mean}, {"images", images}};
  context.answer(document, [&] {
    fmt::print("{} of {} images have a doubtful label; mean score {:.4f}\n", count, images.size(),
               mean);
  });
}

void search_boxes(const Context& context, const Words& words) {
  const auto pair = formats::read_coco_pair(words.truth, words.results, formats::Overlap::kBox);
  for (const auto& r : pair.rejects.rows()) {
    log_warning(fmt::format("{}, {}: {}", r.file, r.where, r.reason));
  }
  if (words.method == "objectlab") {
    answer_objectlab(context, pair);
  } else {
    answer_boxes(context, pair, words.score_min);
  }
}

std::function<int()> declare(CLI::App& app, Context& context) {
  auto words = std::make_shared<Words>();
  auto* labels =
      app.add_option("--labels", words->labels, "Given labels: .npy with one class number a row");
  auto* probabilities =
      app.add_option("--probs", words->probabilities,
                     "Out-of-sample probabilities: .npy, one row a label and one column a class");
  auto* filter =
      app.add_option("--filter", words->filter, "How candidates become errors, with --labels")
          ->check(CLI::IsMember(std::vector<std::string>(kernels::kLabelFilters.begin(),
                                                         kernels::kLabelFilters.end())))
          ->capture_default_str();
  auto* normalise = app.add_flag("--normalise", words->normalise,
                                 "Clip probabilities to 0 … 1 and make each row add up to 1");
  auto* truth = app.add_option("--gt", words->truth, "Labelled boxes: COCO instances JSON");
  auto* results = app.add_option("--dt", words->results,
                                 "Detections of a model that did not train on these labels: COCO "
                                 "results JSON");
  auto* method =
      app.add_option("--method", words->method,
                     "With --gt: calibrated, or the plain formula of ObjectLab to compare with")
          ->check(CLI::IsMember({"calibrated", "objectlab"}))
          ->capture_default_str();
  auto* score_min =
      app.add_option("--min-score", words->score_min, "With --gt: report from this score on")
          ->check(CLI::Range(0.0, 1.0))
          ->capture_default_str();
  labels->needs(probabilities)->excludes(truth)->excludes(results);
  probabilities->needs(labels);
  truth->needs(results);
  results->needs(truth);
  filter->needs(labels);
  normalise->needs(labels);
  method->needs(truth);
  score_min->needs(truth);
  return [words, &context] {
    if (words->labels.empty() && words->truth.empty()) {
      fail(ErrorCode::kInvalid,
           "name labels to look at: --labels and --probs for classes, --gt and --dt for boxes");
    }
    if (words->truth.empty()) {
      search_classes(context, *words);
    } else {
      search_boxes(context, *words);
    }
    return 0;
  };
}

}  // namespace

extern const Command command_label_errors;
const Command command_label_errors = {
    .name = "label-errors",
    .summary = "Find labels of classes or of boxes that are probably wrong; needs no project",
    .example = "spotter label-errors --labels labels.npy --probs probs.npy --json",
    .declare = declare,
};

}  // namespace spotter::cli
