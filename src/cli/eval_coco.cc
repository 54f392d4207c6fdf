#include <algorithm>
#include <memory>
#include <optional>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "base/error.h"
#include "base/json.h"
#include "base/log.h"
#include "cli/command.h"
#include "cli/print.h"
#include "formats/coco_columns.h"
#include "kernels/coco_eval.h"
#include "kernels/error_shares.h"

namespace spotter::cli {
namespace {

struct Words {
  std::string truth;
  std::string results;
  std::string iou = "bbox";
  bool tide = false;
};

Json document_of(const formats::CocoPair& pair, const kernels::CocoResult& result,
                 const std::string& kind) {
  Json document = {{"iou", kind}};
  for (std::size_t i = 0; i < kernels::kCocoMetrics.size(); ++i) {
    document[std::string(kernels::kCocoMetrics[i])] = result.metrics[i];
  }
  document["images"] = pair.size.images;
  document["truths"] = pair.truths.size();
  document["detections"] = pair.detections.size();
  Json classes = Json::object();
  for (std::size_t k = 0; k < result.classes.size(); ++k) {
    Json row = {{"truths", result.classes[k].truths}};
    for (std::size_t i = 0; i < kernels::kCocoMetrics.size(); ++i) {
      row[std::string(kernels::kCocoMetrics[i])] = result.classes[k].metrics[i];
    }
    classes[pair.class_names[k]] = std::move(row);
  }
  document["classes"] = classes;
  document["rejects"] = Json::array();
  for (const auto& r : pair.rejects.rows()) {
    document["rejects"].push_back({{"file", r.file}, {"where", r.where}, {"reason", r.reason}});
  }
  return document;
}

std::string figure(double value) {
  return value < 0 ? "–" : fmt::format("{:.3f}", value);
}

void print_result(const formats::CocoPair& pair, const kernels::CocoResult& result) {
  std::vector<std::vector<std::string>> rows;
  for (std::size_t i = 0; i < kernels::kCocoMetrics.size(); ++i) {
    rows.push_back({std::string(kernels::kCocoMetrics[i]), figure(result.metrics[i])});
  }
  print_table({"metric", "value"}, rows);
  rows.clear();
  for (std::size_t k = 0; k < result.classes.size(); ++k) {
    const auto& c = result.classes[k];
    if (c.truths > 0) {
      rows.push_back({pair.class_names[k], fmt::format("{}", c.truths), figure(c.metrics[0]),
                      figure(c.metrics[1]), figure(c.metrics[2]), figure(c.metrics[8])});
    }
  }
  if (!rows.empty()) {
    fmt::print("\n");
    print_table({"class", "truths", "AP", "AP50", "AP75", "AR100"}, rows);
  }
}

Json errors_of(const kernels::ErrorShares& shares) {
  Json errors = {{"AP50", shares.ap50}};
  for (std::size_t i = 0; i < kernels::kErrorKinds.size(); ++i) {
    errors[std::string(kernels::kErrorKinds[i])] = {{"count", shares.count[i]},
                                                    {"gain", shares.gain[i]}};
  }
  errors["all_false_alarms"] = {{"gain", shares.false_alarm_gain}};
  errors["all_misses"] = {{"gain", shares.miss_gain}};
  return errors;
}

void print_errors(const kernels::ErrorShares& shares) {
  std::vector<std::vector<std::string>> rows;
  for (std::size_t i = 0; i < kernels::kErrorKinds.size(); ++i) {
    rows.push_back({std::string(kernels::kErrorKinds[i]), fmt::format("{}", shares.count[i]),
                    fmt::format("{:+.3f}", shares.gain[i])});
  }
  fmt::print("\n");
  print_table({"error", "count", "AP50 without it"}, rows);
}

std::function<int()> declare(CLI::App& app, Context& context) {
  auto words = std::make_shared<Words>();
  app.add_option("--gt", words->truth, "Ground truth: COCO instances JSON")->required();
  app.add_option("--dt", words->results, "Detections: COCO results JSON")->required();
  app.add_flag("--tide", words->tide, "Also say what each kind of error costs; boxes only");
  app.add_option("--iou", words->iou, "bbox or segm")->check(CLI::IsMember({"bbox", "segm"}));
  return [words, &context] {
    if (words->tide && words->iou == "segm") {
      fail(ErrorCode::kInvalid, "--tide looks at boxes: leave --iou segm out");
    }
    const auto pair = formats::read_coco_pair(
        words->truth, words->results,
        words->iou == "segm" ? formats::Overlap::kMask : formats::Overlap::kBox);
    const auto result = kernels::coco_evaluate(pair.truths, pair.detections, pair.size);
    for (const auto& r : pair.rejects.rows()) {
      log_warning(fmt::format("{}, {}: {}", r.file, r.where, r.reason));
    }
    if (std::find(pair.truths.zero_id.begin(), pair.truths.zero_id.end(), 1) !=
        pair.truths.zero_id.end()) {
      log_warning(fmt::format(
          "an annotation has the id 0: as the COCO reference does, a detection that finds it is "
          "counted as a false alarm; number annotations from 1: {}",
          words->truth));
    }
    Json document = document_of(pair, result, words->iou);
    std::optional<kernels::ErrorShares> shares;
    if (words->tide) {
      shares = kernels::error_shares(pair.truths, pair.detections, pair.size);
      document["errors"] = errors_of(*shares);
    }
    context.answer(document, [&] {
      print_result(pair, result);
      if (shares) {
        print_errors(*shares);
      }
    });
    return 0;
  };
}

}  // namespace

extern const Command command_eval_coco;
const Command command_eval_coco = {
    .name = "eval coco",
    .summary = "Score detections exactly as the COCO reference does; needs no project",
    .example = "spotter eval coco --gt instances.json --dt results.json --json",
    .declare = declare,
};

}  // namespace spotter::cli
