#include <array>
#include <memory>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "base/json.h"
#include "base/log.h"
#include "base/parallel.h"
#include "cli/command.h"
#include "cli/print.h"
#include "formats/mot_rows.h"
#include "kernels/track_metrics.h"

namespace spotter::cli {
namespace {

using kernels::ClearRules;

struct Words {
  std::string truth;
  std::string outputs;
  std::string rules = "motmetrics";
  double iou_min = 0.5;
};

struct Score {
  kernels::TrackTally tally;
  Rejects rejects;
};

Json figures_of(const kernels::TrackTally& tally, ClearRules rules) {
  const auto figures = kernels::track_metrics(tally, rules);
  return {{"MOTA", figures.mota},
          {"MOTP", figures.motp},
          {"IDF1", figures.idf1},
          {"IDP", figures.idp},
          {"IDR", figures.idr},
          {"HOTA", figures.hota},
          {"DetA", figures.det_a},
          {"AssA", figures.ass_a},
          {"LocA", figures.loc_a},
          {"recall", figures.recall},
          {"precision", figures.precision},
          {"FP", figures.false_alarms},
          {"FN", figures.misses},
          {"IDSW", tally.switches},
          {"Frag", tally.fragmentations},
          {"MT", tally.mostly_tracked},
          {"PT", tally.partly_tracked},
          {"ML", tally.mostly_lost},
          {"frames", tally.frames},
          {"truths", tally.truths},
          {"truth_tracks", tally.truth_tracks},
          {"outputs", tally.outputs},
          {"output_tracks", tally.output_tracks}};
}

void print_scores(const Json& document) {
  constexpr std::array kShares = {"MOTA", "MOTP", "IDF1", "HOTA", "DetA", "AssA", "LocA"};
  constexpr std::array kCounts = {"FP", "FN", "IDSW", "Frag", "MT", "PT", "ML"};
  std::vector<std::string> head = {"sequence"};
  head.insert(head.end(), kShares.begin(), kShares.end());
  head.insert(head.end(), kCounts.begin(), kCounts.end());
  std::vector<std::vector<std::string>> rows;
  const auto add = [&](const std::string& name, const Json& figures) {
    std::vector<std::string> row = {name};
    for (const char* share : kShares) {
      const double value = figures[share].get<double>();
      row.push_back(value == value ? fmt::format("{:.3f}", value) : "–");
    }
    for (const char* count : kCounts) {
      row.push_back(fmt::format("{}", figures[count].get<std::int64_t>()));
    }
    rows.push_back(std::move(row));
  };
  for (const auto& [name, figures] : document["sequences"].items()) {
    add(name, figures);
  }
  if (rows.size() != 1) {
    add("overall", document["overall"]);
  }
  print_table(head, rows);
}

std::vector<Score> score_all(const std::vector<formats::MotSequence>& sequences,
                             const kernels::TrackOptions& options) {
  std::vector<Score> scores(sequences.size());
  parallel_for(sequences.size(), 1, [&](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i) {
      auto pair = formats::read_mot_pair(sequences[i]);
      scores[i] = {kernels::tally_tracks(pair.truths, pair.outputs, options),
                   std::move(pair.rejects)};
    }
  });
  return scores;
}

std::function<int()> declare(CLI::App& app, Context& context) {
  auto words = std::make_shared<Words>();
  app.add_option("--gt", words->truth,
                 "Ground truth: a MOTChallenge text file, or a folder with SEQ/gt/gt.txt, "
                 "SEQ/gt.txt or SEQ.txt")
      ->required();
  app.add_option("--dt", words->outputs,
                 "Tracker output: a text file, or a folder with SEQ.txt, data/SEQ.txt or "
                 "SEQ/test.txt")
      ->required();
  app.add_option("--rules", words->rules,
                 "How CLEAR MOT is counted: motmetrics (MOTP is a distance) or trackeval (MOTP is "
                 "an overlap)")
      ->check(CLI::IsMember({"motmetrics", "trackeval"}));
  app.add_option("--iou-min", words->iou_min, "Overlap from which boxes match; not for HOTA")
      ->check(CLI::Range(0.0, 1.0));
  return [words, &context] {
    const kernels::TrackOptions options = {
        .rules = words->rules == "trackeval" ? ClearRules::kTrackeval : ClearRules::kMotmetrics,
        .iou_min = words->iou_min};
    const auto sequences = formats::find_mot_sequences(words->truth, words->outputs);
    const auto scores = score_all(sequences, options);
    kernels::TrackTally all;
    Json document = {{"overall", Json::object()},
                     {"sequences", Json::object()},
                     {"rules", words->rules},
                     {"rejects", Json::array()}};
    for (std::size_t i = 0; i < scores.size(); ++i) {
      all.add(scores[i].tally);
      document["sequences"][sequences[i].name] = figures_of(scores[i].tally, options.rules);
      for (const auto& r : scores[i].rejects.rows()) {
        log_warning(fmt::format("{}, {}: {}", r.file, r.where, r.reason));
        document["rejects"].push_back({{"file", r.file}, {"where", r.where}, {"reason", r.reason}});
      }
    }
    document["overall"] = figures_of(all, options.rules);
    context.answer(document, [&] { print_scores(document); });
    return 0;
  };
}

}  // namespace

extern const Command command_eval_mot;
const Command command_eval_mot = {
    .name = "eval mot",
    .summary = "Score a tracker: CLEAR MOT, IDF1 and HOTA; needs no project",
    .example = "spotter eval mot --gt gt/ --dt trackers/mine/data/ --json",
    .declare = declare,
};

}  // namespace spotter::cli
