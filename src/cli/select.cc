#include <algorithm>
#include <cmath>
#include <memory>
#include <numeric>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "base/error.h"
#include "base/json.h"
#include "cli/command.h"
#include "cli/limits.h"
#include "cli/print.h"
#include "cli/vectors_file.h"
#include "kernels/k_centre.h"

namespace spotter::cli {
namespace {

struct Words {
  std::string vectors;
  std::size_t count = 0;
  std::string strategy = "k_centre";
  std::string metric = "euclidean";
  std::uint32_t first = 0;
  float distance_min = 0;
  std::size_t neighbours = 20;
  std::string weights;
  std::uint64_t seed = 1;
  std::string out;
};

// The chosen rows, and of each the figure that chose it: its distance, typicality or weight.
struct Choice {
  std::vector<std::uint32_t> rows;
  std::string_view figure;
  std::vector<double> figures;
};

Choice by_k_centre(const Words& words) {
  const VectorsFile file(words.vectors, metric_of(words.metric));
  if (words.first >= file.vectors().count()) {
    fail(ErrorCode::kInvalid, fmt::format("--first {} is not one of the {} rows: {}", words.first,
                                          file.vectors().count(), words.vectors));
  }
  auto chosen = kernels::k_centre(file.vectors(), words.count, words.first, {}, words.distance_min);
  return {std::move(chosen.rows), "distances", {chosen.distances.begin(), chosen.distances.end()}};
}

Choice by_typicality(const Words& words) {
  const VectorsFile file(words.vectors, metric_of(words.metric));
  const auto scores = kernels::typicality(file.vectors(), words.neighbours);
  Choice choice{.rows = std::vector<std::uint32_t>(scores.size()), .figure = "typicality"};
  std::iota(choice.rows.begin(), choice.rows.end(), 0U);
  std::stable_sort(choice.rows.begin(), choice.rows.end(),
                   [&](std::uint32_t a, std::uint32_t b) { return scores[a] > scores[b]; });
  choice.rows.resize(std::min(choice.rows.size(), words.count));
  for (const auto row : choice.rows) {
    choice.figures.push_back(static_cast<double>(scores[row]));
  }
  return choice;
}

Choice by_weight(const Words& words) {
  const std::string& path = words.weights.empty() ? words.vectors : words.weights;
  const Npy file(path);
  std::vector<double> room;
  const auto weights = file.values(room);
  if (file.columns() != 1) {
    fail(ErrorCode::kInvalid,
         fmt::format("--strategy weighted needs a weight a row, a .npy list: {}", path));
  }
  if (!words.weights.empty()) {
    const Npy vectors(words.vectors);
    if (vectors.rows() != file.rows()) {
      fail(ErrorCode::kInvalid,
           fmt::format("{} weights for {} rows: {}", file.rows(), vectors.rows(), path));
    }
  }
  Choice choice{.rows = kernels::weighted_sample(weights, words.count, words.seed),
                .figure = "weights"};
  for (const auto row : choice.rows) {
    choice.figures.push_back(weights[row]);
  }
  return choice;
}

Choice choose(const Words& words) {
  if (words.strategy == "typical") {
    return by_typicality(words);
  }
  return words.strategy == "weighted" ? by_weight(words) : by_k_centre(words);
}

int run(const Words& words, const Context& context) {
  refuse_overwriting(words.out, {words.vectors, words.weights});
  const auto choice = choose(words);
  Json document = {{"strategy", words.strategy}, {"count", choice.rows.size()}};
  document["indices"] = choice.rows;
  Json figures = Json::array();
  for (const double figure : choice.figures) {
    figures.push_back(std::isfinite(figure) ? Json(figure) : Json());
  }
  document[std::string(choice.figure)] = std::move(figures);
  if (!words.out.empty()) {
    const std::vector<std::int64_t> rows(choice.rows.begin(), choice.rows.end());
    write_npy<std::int64_t>(words.out, 0, rows);
    document["file"] = words.out;
  }
  context.answer(document, [&] {
    if (words.out.empty()) {
      fmt::print("{}\n", fmt::join(choice.rows, "\n"));
    } else {
      fmt::print("{} written to {}\n", counted(choice.rows.size(), "row number"), words.out);
    }
  });
  return 0;
}

// An option and the strategies that look at it.
struct Use {
  const CLI::Option* option;
  std::vector<std::string_view> strategies;
};

// An option that the strategy would ignore is a misunderstanding.
void refuse_unused(const std::string& strategy, const std::vector<Use>& uses) {
  for (const auto& [option, strategies] : uses) {
    if (option->count() > 0 &&
        std::find(strategies.begin(), strategies.end(), strategy) == strategies.end()) {
      fail(ErrorCode::kInvalid,
           fmt::format("{} is for --strategy {}, and this one is {}", option->get_name(),
                       fmt::join(strategies, " or "), strategy));
    }
  }
}

std::function<int()> declare(CLI::App& app, Context& context) {
  auto words = std::make_shared<Words>();
  app.add_option("vectors", words->vectors, "One vector a row: .npy")->required();
  app.add_option("--count", words->count, "Rows to choose")->required()->check(at_least(1));
  app.add_option("--strategy", words->strategy,
                 "k_centre: as different as can be; typical: where rows are dense; weighted: drawn "
                 "by weight")
      ->check(CLI::IsMember({"k_centre", "typical", "weighted"}));
  auto* metric = app.add_option("--metric", words->metric, "euclidean or cosine")
                     ->check(CLI::IsMember({"euclidean", "cosine"}));
  auto* first = app.add_option("--first", words->first, "k_centre: row to start with");
  auto* distance_min =
      app.add_option("--distance-min", words->distance_min,
                     "k_centre: stop when every row is nearer than this to a chosen one")
          ->check(at_least(0));
  auto* neighbours =
      app.add_option("--neighbours", words->neighbours, "typical: neighbours that count")
          ->check(CLI::Range(1, 10000));
  auto* weights =
      app.add_option("--weights", words->weights, "weighted: a weight a row, a .npy list");
  auto* seed = app.add_option("--seed", words->seed, "weighted: of the draw");
  app.add_option("--out", words->out, "Write the row numbers here (.npy, int64)");
  return [=, &context] {
    refuse_unused(words->strategy, {{metric, {"k_centre", "typical"}},
                                    {first, {"k_centre"}},
                                    {distance_min, {"k_centre"}},
                                    {neighbours, {"typical"}},
                                    {weights, {"weighted"}},
                                    {seed, {"weighted"}}});
    return run(*words, context);
  };
}

}  // namespace

extern const Command command_select;
const Command command_select = {
    .name = "select",
    .summary = "Choose a few vectors that stand for many; needs no project",
    .example = "spotter select embeddings.npy --count 1000 --strategy k_centre --out chosen.npy",
    .declare = declare,
};

}  // namespace spotter::cli
