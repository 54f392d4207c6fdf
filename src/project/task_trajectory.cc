#include <algorithm>
#include <array>
#include <limits>

#include "domain/track.h"
#include "kernels/trajectories.h"
#include "project/scoring.h"

namespace spotter {
namespace {

constexpr std::size_t kModes = 3;  // proposals of minADE_3 and minFDE_3

// What is scored of one sample: where the agent went, and where the model said that it would.
struct Outcome {
  const Label* label = nullptr;  // null = its future is not known, or is to be ignored
  PointPath future;
  std::vector<PointPath> proposals;  // most probable first; standing still if the model said none

  [[nodiscard]] double ade() const { return kernels::average_displacement(proposals[0], future); }
  [[nodiscard]] double fde() const { return kernels::final_displacement(proposals[0], future); }
};

Outcome truth_of(const SplitData& data, std::size_t i) {
  const auto& labels = data.labels[i].labels;
  if (labels.empty() || labels[0].ignore) {
    return {};
  }
  Outcome outcome{.future = future_of(labels[0])};
  outcome.label = outcome.future.empty() ? nullptr : labels.data();
  return outcome;
}

Outcome outcome_of(const SplitData& data, std::size_t i, const PredictionSet& said) {
  auto outcome = truth_of(data, i);
  if (outcome.label == nullptr) {
    return outcome;
  }
  if (!said.predictions.empty()) {
    for (auto& mode : modes_of(said.predictions[0])) {
      outcome.proposals.push_back(std::move(mode.path));
    }
  }
  if (outcome.proposals.empty() || outcome.proposals[0].empty()) {
    outcome.proposals = {PointPath(outcome.future.size(), data.tracks[i].observed.back())};
  }
  return outcome;
}

PointPath straight_on(const SplitData& data, std::size_t i, const Outcome& outcome) {
  return kernels::constant_velocity(data.tracks[i].observed, outcome.future.size());
}

void prepare(Project& project, SplitData& data) {
  for (const auto& sample : data.samples) {
    data.tracks.push_back(parse_track(project.blobs->get(sample.media), sample.key));
  }
}

bool counts(const SplitData& data, const SliceView& view, std::size_t v, const Outcome& outcome) {
  if (outcome.label == nullptr || view.counts[v][0] == 0) {
    return false;
  }
  const auto index = data.class_index(outcome.label->class_name);
  return std::find(view.classes.begin(), view.classes.end(), index) != view.classes.end();
}

kernels::SceneMetric measure(const SplitData& data, const SliceView& view,
                             const PredictionSets& predictions) {
  std::vector<double> sums(data.scene_count);
  std::vector<std::uint32_t> truths(data.scene_count);
  std::int64_t found = 0;
  for (std::size_t v = 0; v < view.samples.size(); ++v) {
    const auto i = view.samples[v];
    const auto outcome = outcome_of(data, i, predictions[i]);
    if (counts(data, view, v, outcome)) {
      ++truths[data.scenes[i]];
      sums[data.scenes[i]] += outcome.ade();
      found += outcome.fde() <= kernels::kMissMetres ? 1 : 0;
    }
  }
  auto metric = kernels::mean_metric(std::move(sums), std::move(truths));
  metric.lower_is_better = true;
  metric.most = std::numeric_limits<double>::infinity();
  metric.found = found;
  return metric;
}

double baseline(const SplitData& data, const SliceView& view) {
  double sum = 0;
  double count = 0;
  for (std::size_t v = 0; v < view.samples.size(); ++v) {
    const auto i = view.samples[v];
    const auto truth = truth_of(data, i);
    if (counts(data, view, v, truth)) {
      sum += kernels::average_displacement(straight_on(data, i, truth), truth.future);
      ++count;
    }
  }
  return count == 0 ? -1 : sum / count;
}

// Means over truths of the figures by name.
struct Means {
  std::int64_t truths = 0;
  std::array<double, 7> sums{};

  static constexpr std::array<std::string_view, 7> kNames = {"ADE",
                                                             "FDE",
                                                             "minADE_3",
                                                             "minFDE_3",
                                                             "miss_rate",
                                                             "constant_velocity_ADE",
                                                             "constant_velocity_FDE"};

  void add(const Outcome& outcome, const PointPath& straight) {
    const auto best = kernels::best_of(outcome.proposals, outcome.future, kModes);
    const std::array<double, 7> values = {outcome.ade(),
                                          outcome.fde(),
                                          best.ade,
                                          best.fde,
                                          best.fde > kernels::kMissMetres ? 1.0 : 0.0,
                                          kernels::average_displacement(straight, outcome.future),
                                          kernels::final_displacement(straight, outcome.future)};
    for (std::size_t i = 0; i < values.size(); ++i) {
      sums[i] += values[i];
    }
    ++truths;
  }
  [[nodiscard]] Json json() const {
    Json figures = {{"truths", truths}};
    for (std::size_t i = 0; i < sums.size(); ++i) {
      figures[std::string(kNames[i])] = truths == 0 ? -1 : sums[i] / static_cast<double>(truths);
    }
    return figures;
  }
};

Json figures(const SplitData& data, const PredictionSets& predictions) {
  Means overall;
  std::vector<Means> classes(data.classes.size());
  for (std::size_t i = 0; i < data.samples.size(); ++i) {
    const auto outcome = outcome_of(data, i, predictions[i]);
    if (outcome.label == nullptr) {
      continue;
    }
    const auto straight = straight_on(data, i, outcome);
    overall.add(outcome, straight);
    classes[static_cast<std::size_t>(data.class_index(outcome.label->class_name))].add(outcome,
                                                                                       straight);
  }
  Json out = {{"overall", overall.json()}, {"classes", Json::object()}};
  for (std::size_t k = 0; k < classes.size(); ++k) {
    out["classes"][data.classes[k]] = classes[k].json();
  }
  return out;
}

// Found = the most probable path ends within two metres of where the agent went.
std::vector<lake::Match> matches(const SplitData& data, std::size_t sample,
                                 const PredictionSet& said) {
  const auto outcome = outcome_of(data, sample, said);
  if (outcome.label == nullptr) {
    return {};
  }
  const bool found = outcome.fde() <= kernels::kMissMetres;
  const bool answered = !said.predictions.empty();
  return {{.sample = data.samples[sample].key,
           .kind = found ? "tp" : "fn",
           .error = found ? "" : "miss",
           .object = outcome.label->object,
           .prediction = answered ? 0 : -1,
           .class_name = outcome.label->class_name,
           .score = answered ? said.predictions[0].score : 0,
           .iou = 0}};
}

constexpr std::array<std::string_view, 5> kColumns = {"ADE", "FDE", "minADE_3", "minFDE_3",
                                                      "miss_rate"};

}  // namespace

extern constinit const Task task_trajectory;
constinit const Task task_trajectory = {
    .name = "trajectory",
    .headline = "ADE",
    .scale = "Average displacement error (ADE) in centimetres; less is better",
    .baseline_name = "constant velocity",
    .pictures = false,
    .prepare = prepare,
    .measure = measure,
    .baseline = baseline,
    .figures = figures,
    .columns = kColumns,
    .matches = matches,
};

}  // namespace spotter
