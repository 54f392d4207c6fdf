#include <array>
#include <memory>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "base/json.h"
#include "base/log.h"
#include "cli/command.h"
#include "cli/print.h"
#include "formats/scalabel_tags.h"
#include "kernels/tagging.h"

namespace spotter::cli {
namespace {

constexpr std::array kFigures = {"precision", "recall", "F1", "accuracy", "AP"};

struct Words {
  std::string truth;
  std::string predictions;
  std::vector<std::string> tags;
};

Json figures_of(const formats::TagColumn& column) {
  const auto score = kernels::score_tag(column.truth, column.predicted, column.values.size());
  Json values = Json::object();
  for (std::size_t v = 0; v < column.values.size(); ++v) {
    const auto& value = score.values[v];
    values[column.values[v]] = {{"truths", value.truths},
                                {"predicted", value.predicted},
                                {"precision", value.precision()},
                                {"recall", value.recall()},
                                {"F1", value.f1()}};
  }
  // Tags come without scores: the one point of the precision-recall curve is the precision.
  return {{"precision", score.precision},
          {"recall", score.recall},
          {"F1", score.f1},
          {"accuracy", score.accuracy},
          {"AP", score.precision},
          {"pictures", score.pictures},
          {"values", values}};
}

void print_scores(const Json& document) {
  std::vector<std::string> head = {"tag"};
  head.insert(head.end(), kFigures.begin(), kFigures.end());
  std::vector<std::vector<std::string>> rows;
  const auto add = [&](const std::string& name, const Json& figures) {
    std::vector<std::string> row = {name};
    for (const char* figure : kFigures) {
      row.push_back(fmt::format("{:.5f}", 100 * figures[figure].get<double>()));
    }
    rows.push_back(std::move(row));
  };
  for (const auto& [name, figures] : document["tags"].items()) {
    add(name, figures);
  }
  add("mean", document["overall"]);
  print_table(head, rows);
}

std::function<int()> declare(CLI::App& app, Context& context) {
  auto words = std::make_shared<Words>();
  app.add_option("--gt", words->truth, "Ground truth: Scalabel frames with attributes")->required();
  app.add_option("--dt", words->predictions, "Predicted attributes, the same way")->required();
  app.add_option("--tags", words->tags, "Attributes to score; default all of the ground truth")
      ->delimiter(',');
  return [words, &context] {
    Rejects rejects;
    const auto columns =
        formats::read_scalabel_tags(words->truth, words->predictions, words->tags, rejects);
    Json document = {
        {"overall", Json::object()}, {"tags", Json::object()}, {"rejects", Json::array()}};
    for (const auto& column : columns) {
      document["tags"][column.name] = figures_of(column);
    }
    for (const char* figure : kFigures) {
      double sum = 0;
      for (const auto& [name, figures] : document["tags"].items()) {
        sum += figures[figure].get<double>();
      }
      document["overall"][figure] = sum / static_cast<double>(columns.size());
    }
    for (const auto& r : rejects.rows()) {
      log_warning(fmt::format("{}, {}: {}", r.file, r.where, r.reason));
      document["rejects"].push_back({{"file", r.file}, {"where", r.where}, {"reason", r.reason}});
    }
    context.answer(document, [&] { print_scores(document); });
    return 0;
  };
}

}  // namespace

extern const Command command_eval_tags;
const Command command_eval_tags = {
    .name = "eval tags",
    .summary = "Score tags of whole pictures, such as weather and scene; needs no project",
    .example = "spotter eval tags --gt truth.json --dt predicted.json --tags weather,scene",
    .declare = declare,
};

}  // namespace spotter::cli
