#include <cmath>
#include <memory>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "base/error.h"
#include "base/json.h"
#include "base/log.h"
#include "cli/command.h"
#include "cli/print.h"
#include "formats/trajectory_predictions.h"
#include "formats/trajectory_rows.h"
#include "kernels/trajectory_windows.h"
#include "loop/evaluate/trajectory_score.h"

namespace spotter::cli {
namespace {

using evaluate::TrajectoryScore;
using kernels::DisplacementSums;
using kernels::WindowShape;

struct Words {
  std::vector<std::string> files;
  std::string format;
  std::string predictions;
  std::size_t observed = 0;  // 0 = the format's custom
  std::size_t predicted = 0;
  std::size_t k = 6;
};

Json mean_of(const DisplacementSums& sums) {
  const auto n = static_cast<double>(sums.windows);
  return {{"ADE", sums.ade / n}, {"FDE", sums.fde / n}};
}

Json figures_of(const TrajectoryScore& score, std::size_t k) {
  Json figures = {{"windows", score.constant_velocity.windows},
                  {"constant_velocity", mean_of(score.constant_velocity)},
                  {"rows", score.rows},
                  {"agents", score.agents},
                  {"uneven_windows", score.uneven}};
  if (score.focal.windows > 0) {
    figures["focal"] = {{"windows", score.focal.windows},
                        {"constant_velocity", mean_of(score.focal)}};
  }
  if (score.best.windows > 0) {
    const auto n = static_cast<double>(score.best.windows);
    figures["predictions"] = {{"windows", score.best.windows},
                              {"k", k},
                              {"ADE", score.most_probable.ade / n},
                              {"FDE", score.most_probable.fde / n},
                              {"minADE_k", score.best.ade / n},
                              {"minFDE_k", score.best.fde / n},
                              {"miss_rate", static_cast<double>(score.best.misses) / n}};
  }
  return figures;
}

std::string metres(const Json& value) {
  return value.is_number() && std::isfinite(value.get<double>())
             ? fmt::format("{:.4f}", value.get<double>())
             : "–";
}

void print_scores(const Json& document) {
  std::vector<std::string> head = {"file", "agents", "windows", "ADE", "FDE"};
  const bool predicted = document["overall"].contains("predictions");
  if (predicted) {
    head.insert(head.end(), {"predicted", "minADE_k", "minFDE_k", "miss rate"});
  }
  std::vector<std::vector<std::string>> rows;
  const auto add = [&](const std::string& name, const Json& figures) {
    const auto& guess = figures["constant_velocity"];
    std::vector<std::string> row = {name, figures["agents"].dump(), figures["windows"].dump(),
                                    metres(guess["ADE"]), metres(guess["FDE"])};
    if (predicted) {
      const Json given = figures.value("predictions", Json::object());
      row.push_back(given.value("windows", Json(0)).dump());
      for (const char* name_of : {"minADE_k", "minFDE_k", "miss_rate"}) {
        row.push_back(metres(given.value(name_of, Json())));
      }
    }
    rows.push_back(std::move(row));
  };
  for (const auto& [name, figures] : document["files"].items()) {
    add(name, figures);
  }
  if (rows.size() != 1) {
    add("overall", document["overall"]);
  }
  print_table(head, rows);
}

std::function<int()> declare(CLI::App& app, Context& context) {
  auto words = std::make_shared<Words>();
  app.add_option("files", words->files, "Files with the paths of agents, in metres")->required();
  app.add_option("--format", words->format, "ucy (frame, agent, x, y) or argoverse (scenario CSV)")
      ->required()
      ->check(CLI::IsMember({"ucy", "argoverse"}));
  app.add_option("--observed", words->observed, "Rows seen; default 8 (ucy) or 50 (argoverse)")
      ->check(CLI::Range(1, 100000));
  app.add_option("--predicted", words->predicted,
                 "Rows to predict; default 12 (ucy) or 60 (argoverse)")
      ->check(CLI::Range(1, 100000));
  app.add_option("--predictions", words->predictions,
                 "JSON Lines: {\"file\", \"agent\", \"frame\" of the last row seen, \"modes\": "
                 "[{\"probability\", \"path\": [[x, y], …]}]}; file is not needed for one");
  app.add_option("--k", words->k, "Most probable paths that are looked at")
      ->check(CLI::Range(1, 100000));
  return [words, &context] {
    const bool ucy = words->format == "ucy";
    const WindowShape shape = {.observed = words->observed > 0 ? words->observed
                                           : ucy               ? 8U
                                                               : 50U,
                               .predicted = words->predicted > 0 ? words->predicted
                                            : ucy                ? 12U
                                                                 : 60U};
    Rejects rejects;
    const auto predictions =
        words->predictions.empty()
            ? formats::TrajectoryPredictions()
            : formats::TrajectoryPredictions(words->predictions, words->files, rejects);
    TrajectoryScore all;
    Json document = {{"overall", Json::object()},
                     {"files", Json::object()},
                     {"observed", shape.observed},
                     {"predicted", shape.predicted},
                     {"rejects", Json::array()}};
    for (const auto& file : words->files) {
      const auto tracks = ucy ? formats::read_ucy_tracks(file, rejects)
                              : formats::read_argoverse_tracks(file, rejects);
      const auto score = evaluate::score_trajectories(
          tracks, shape, words->k, [&](const std::string& agent, std::int64_t frame) {
            return predictions.find(file, agent, frame);
          });
      if (document["files"].contains(file)) {
        fail(ErrorCode::kInvalid, fmt::format("the file is named twice: {}", file));
      }
      document["files"][file] = figures_of(score, words->k);
      all.add(score);
    }
    document["overall"] = figures_of(all, words->k);
    for (const auto& r : rejects.rows()) {
      log_warning(fmt::format("{}, {}: {}", r.file, r.where, r.reason));
      document["rejects"].push_back({{"file", r.file}, {"where", r.where}, {"reason", r.reason}});
    }
    if (!words->predictions.empty() && all.best.windows < all.constant_velocity.windows) {
      log_warning(fmt::format("{} of {} windows have no prediction and are not in its figures: {}",
                              all.constant_velocity.windows - all.best.windows,
                              all.constant_velocity.windows, words->predictions));
    }
    context.answer(document, [&] { print_scores(document); });
    return 0;
  };
}

}  // namespace

extern const Command command_eval_trajectories;
const Command command_eval_trajectories = {
    .name = "eval trajectories",
    .summary = "Displacement errors of predicted paths and of constant velocity; needs no project",
    .example = "spotter eval trajectories --format ucy crowds_zara01.txt students001.txt --json",
    .declare = declare,
};

}  // namespace spotter::cli
