#include <algorithm>
#include <array>

#include "kernels/classification.h"
#include "project/scoring.h"

namespace spotter {
namespace {

// The label that says what the sample is; null where there is none to score against.
const Label* truth_of(const LabelSet& set) {
  return set.labels.empty() || set.labels[0].ignore ? nullptr : set.labels.data();
}

bool right(const Label& truth, const PredictionSet& said) {
  return !said.predictions.empty() && said.predictions[0].class_name == truth.class_name;
}

// The truths that the slice counts: calls `take(position, truth)`.
template <typename Take>
void each_truth(const SplitData& data, const SliceView& view, const Take& take) {
  for (std::size_t v = 0; v < view.samples.size(); ++v) {
    const auto i = view.samples[v];
    const auto* truth = truth_of(data.labels[i]);
    if (truth == nullptr || view.counts[v][0] == 0) {
      continue;
    }
    const auto index = data.class_index(truth->class_name);
    if (std::find(view.classes.begin(), view.classes.end(), index) != view.classes.end()) {
      take(i, *truth);
    }
  }
}

kernels::SceneMetric measure(const SplitData& data, const SliceView& view,
                             const PredictionSets& predictions) {
  std::vector<double> hits(data.scene_count);
  std::vector<std::uint32_t> truths(data.scene_count);
  std::int64_t found = 0;
  each_truth(data, view, [&](std::size_t i, const Label& truth) {
    const bool hit = right(truth, predictions[i]);
    ++truths[data.scenes[i]];
    hits[data.scenes[i]] += hit ? 1 : 0;
    found += hit ? 1 : 0;
  });
  auto metric = kernels::mean_metric(std::move(hits), std::move(truths));
  metric.found = found;
  return metric;
}

// Always the most common class.
double baseline(const SplitData& data, const SliceView& view) {
  std::vector<double> counts(data.classes.size());
  double total = 0;
  each_truth(data, view, [&](std::size_t, const Label& truth) {
    ++counts[static_cast<std::size_t>(data.class_index(truth.class_name))];
    ++total;
  });
  return total == 0 ? -1 : *std::max_element(counts.begin(), counts.end()) / total;
}

double probability_of(const Label& truth, const PredictionSet& said, const SplitData& data) {
  const auto index = static_cast<std::size_t>(data.class_index(truth.class_name));
  if (said.predictions.empty() || said.predictions[0].probabilities.size() <= index) {
    return -1;
  }
  return said.predictions[0].probabilities[index];
}

Json figures(const SplitData& data, const PredictionSets& predictions) {
  kernels::ClassGuesses rows;
  for (std::size_t i = 0; i < data.samples.size(); ++i) {
    const auto* truth = truth_of(data.labels[i]);
    if (truth == nullptr) {
      continue;
    }
    const auto& said = predictions[i];
    rows.truth.push_back(data.class_index(truth->class_name));
    rows.guess.push_back(
        said.predictions.empty() ? -1 : data.class_index(said.predictions[0].class_name));
    rows.probability_of_truth.push_back(probability_of(*truth, said, data));
  }
  const auto result = kernels::classification_result(rows, data.classes.size());
  Json out = {{"overall",
               {{"accuracy", result.accuracy},
                {"precision", result.macro_precision},
                {"recall", result.macro_recall},
                {"F1", result.macro_f1},
                {"log_loss", result.log_loss}}},
              {"classes", Json::object()},
              {"confusion", Json::array()}};
  const auto count = static_cast<std::ptrdiff_t>(data.classes.size());
  for (std::ptrdiff_t k = 0; k < count; ++k) {
    const auto& c = result.classes[static_cast<std::size_t>(k)];
    out["classes"][data.classes[static_cast<std::size_t>(k)]] = {
        {"truths", c.truths}, {"precision", c.precision}, {"recall", c.recall}, {"F1", c.f1}};
    const auto row = result.confusion.begin() + k * count;
    out["confusion"].push_back(std::vector<std::int64_t>(row, row + count));
  }
  return out;
}

// A wrong guess is a miss of the true class and a false alarm of the other.
std::vector<lake::Match> matches(const SplitData& data, std::size_t sample,
                                 const PredictionSet& said) {
  const auto* truth = truth_of(data.labels[sample]);
  if (truth == nullptr) {
    return {};
  }
  const bool guessed = !said.predictions.empty();
  const double score = guessed ? said.predictions[0].score : 0;
  lake::Match match{.sample = data.samples[sample].key,
                    .kind = "tp",
                    .error = "",
                    .object = truth->object,
                    .prediction = guessed ? 0 : -1,
                    .class_name = truth->class_name,
                    .score = score,
                    .iou = 1};
  if (right(*truth, said)) {
    return {match};
  }
  match.kind = "fn";
  match.error = guessed ? "cls" : "miss";
  match.prediction = -1;
  match.score = 0;
  std::vector<lake::Match> rows = {match};
  if (guessed) {
    match.kind = "fp";
    match.object.clear();
    match.prediction = 0;
    match.class_name = said.predictions[0].class_name;
    match.score = score;
    rows.push_back(match);
  }
  return rows;
}

// An answer that is not right is another class.
bool fails_by(const Label& /*truth*/, const PredictionSet& said, std::string_view error) {
  return error == "wrong_class" && !said.predictions.empty();
}

constexpr std::array<std::string_view, 5> kColumns = {"accuracy", "precision", "recall", "F1",
                                                      "log_loss"};

}  // namespace

extern constinit const Task task_classification;
constinit const Task task_classification = {
    .name = "classification",
    .headline = "accuracy",
    .scale = "Right answers out of 100 (accuracy)",
    .baseline_name = "always the most common class",
    .measure = measure,
    .baseline = baseline,
    .figures = figures,
    .columns = kColumns,
    .matches = matches,
    .fails_by = fails_by,
};

}  // namespace spotter
