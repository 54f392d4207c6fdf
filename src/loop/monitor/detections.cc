// Volumes and scores of what the model reports.
#include <set>

#include <fmt/format.h>

#include "loop/monitor/rows.h"

namespace spotter::monitor {
namespace {

constexpr double kReportedMin = 0.3;  // what counts as a detection in volumes
constexpr double kScoredMin = 0.05;   // below it scores are noise

// One count a sample; class empty = every class.
Values counts(const Side& side, const std::string& class_name) {
  Values values;
  for (std::size_t i = 0; i < side.keys.size(); ++i) {
    if (side.predictions[i] == nullptr) {
      continue;
    }
    double count = 0;
    for (const auto& p : side.predictions[i]->predictions) {
      count +=
          p.score >= kReportedMin && (class_name.empty() || p.class_name == class_name) ? 1 : 0;
    }
    values.value.push_back(count);
    values.sample.push_back(i);
  }
  return values;
}

Values empty_samples(const Side& side) {
  Values values = counts(side, "");
  for (auto& value : values.value) {
    value = value == 0 ? 1 : 0;
  }
  return values;
}

// One score a detection.
Values scores(const Side& side) {
  Values values;
  for (std::size_t i = 0; i < side.keys.size(); ++i) {
    if (side.predictions[i] == nullptr) {
      continue;
    }
    for (const auto& p : side.predictions[i]->predictions) {
      if (p.score >= kScoredMin) {
        values.value.push_back(p.score);
        values.sample.push_back(i);
      }
    }
  }
  return values;
}

std::set<std::string> classes_of(const Side& side) {
  std::set<std::string> classes;
  for (const auto* set : side.predictions) {
    if (set != nullptr) {
      for (const auto& p : set->predictions) {
        classes.insert(p.class_name);
      }
    }
  }
  return classes;
}

std::vector<MonitorResult> run_volumes(const Monitor& self, const Side& reference,
                                       const Side& current, const MonitorOptions& options) {
  const auto compare_counts = [&](const std::string& name, const std::string& class_name) {
    return compare_values(self, name, Compare::kMean, reference, counts(reference, class_name),
                          current, counts(current, class_name), options);
  };
  std::vector<MonitorResult> results = {compare_counts(std::string(self.name), "")};
  auto classes = classes_of(reference);
  classes.merge(classes_of(current));
  if (classes.size() > 1) {
    for (const auto& class_name : classes) {
      results.push_back(compare_counts(fmt::format("{} of {}", self.name, class_name), class_name));
    }
  }
  return results;
}

std::vector<MonitorResult> run_empty(const Monitor& self, const Side& reference,
                                     const Side& current, const MonitorOptions& options) {
  return {compare_values(self, std::string(self.name), Compare::kMean, reference,
                         empty_samples(reference), current, empty_samples(current), options)};
}

std::vector<MonitorResult> run_scores(const Monitor& self, const Side& reference,
                                      const Side& current, const MonitorOptions& options) {
  return {compare_values(self, std::string(self.name), Compare::kKolmogorovSmirnov, reference,
                         scores(reference), current, scores(current), options)};
}

std::vector<MonitorResult> run_stability(const Monitor& self, const Side& reference,
                                         const Side& current, const MonitorOptions& options) {
  return {compare_values(self, std::string(self.name), Compare::kStability, reference,
                         scores(reference), current, scores(current), options)};
}

}  // namespace

extern const Monitor detections;
const Monitor detections = {
    .name = "detections",
    .summary =
        "Detections a sample (score at least 0.3): difference of means in standard deviations",
    .effect_floor = 0.2,
    .run = run_volumes};

extern const Monitor empty;
const Monitor empty = {.name = "empty",
                       .summary = "Share of samples without a detection, in standard deviations",
                       .effect_floor = 0.2,
                       .run = run_empty};

extern const Monitor scores_ks;
const Monitor scores_ks = {.name = "scores_ks",
                           .summary =
                               "Distribution of scores: largest difference of the cumulative "
                               "shares (Kolmogorov and Smirnov)",
                           .effect_floor = 0.1,
                           .run = run_scores};

extern const Monitor scores_psi;
const Monitor scores_psi = {
    .name = "scores_psi",
    .summary = "Distribution of scores: population stability index over ten bins",
    .effect_floor = 0.1,
    .run = run_stability};

}  // namespace spotter::monitor
