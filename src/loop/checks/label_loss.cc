// Labels that surprise the model: a sample whose loss stands out was hard to learn, or its labels
// are wrong.
#include <algorithm>
#include <array>
#include <vector>

#include "loop/checks/check.h"

namespace spotter::checks {
namespace {

double quantile(const std::vector<double>& sorted, double q) {
  return sorted[static_cast<std::size_t>(q * static_cast<double>(sorted.size() - 1))];
}

// By Tukey's fence.
CheckOutput run(const CheckInput& input) {
  CheckOutput output;
  output.examined.assign(input.samples.size(), 0);
  std::vector<double> losses;
  for (std::size_t s = 0; s < input.samples.size(); ++s) {
    if (input.labels[s] != nullptr && input.outputs[s] != nullptr && input.outputs[s]->loss >= 0) {
      output.examined[s] = 1;
      losses.push_back(input.outputs[s]->loss);
    }
  }
  if (losses.size() < 20) {
    return output;  // too few to know what is usual
  }
  std::sort(losses.begin(), losses.end());
  const double upper = quantile(losses, 0.75);
  const double spread = std::max(upper - quantile(losses, 0.25), 1e-9);
  for (std::size_t s = 0; s < input.samples.size(); ++s) {
    const double loss = output.examined[s] != 0 ? input.outputs[s]->loss : -1;
    if (loss > upper + input.number("fence") * spread) {
      const Json evidence = {{"loss", loss}, {"usual", quantile(losses, 0.5)}};
      const double excess = (loss - upper) / spread;
      output.findings.push_back({.sample = input.samples[s].key,
                                 .error = "high_loss",
                                 .score = excess / (excess + 1),
                                 .evidence = evidence.dump()});
    }
  }
  return output;
}

constexpr std::array kParams = {
    Param{.name = "fence",
          .number = 1.5,
          .high = 100,
          .summary =
              "a sample's loss stands out beyond the upper quartile by so many quartile ranges"},
};

constexpr std::array<std::string_view, 2> kTasks = {"detection", "classification"};

}  // namespace

extern const Check label_loss;
const Check label_loss = {
    .name = "label_loss",
    .summary = "Labels that surprise the model: samples whose loss stands out",
    .method =
        "A sample whose loss, as the model's own training counts it, lies beyond the upper "
        "quartile of the labelled samples by `fence` times the distance between the quartiles "
        "(Tukey's fence) is a `high_loss`; from 20 samples on. It doubts the labels of the sample "
        "as a whole and cannot say which: `label_errors` goes object by object, and what the model "
        "gets wrong is for `error_types`. Models that give no loss cannot be asked.",
    .tasks = kTasks,
    .needs = kNeedsLabels | kNeedsPredictions,
    .population = Population::kLabelled,
    .params = kParams,
    .run = run,
};

}  // namespace spotter::checks
