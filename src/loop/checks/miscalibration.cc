// Whether scores mean what they say, for all and for each class and attribute value, on samples
// that the model has not trained on.
#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <set>
#include <string>

#include <fmt/format.h>

#include "kernels/calibration.h"
#include "kernels/distributions.h"
#include "kernels/false_discovery.h"
#include "kernels/match.h"
#include "loop/checks/check.h"

namespace spotter::checks {
namespace {

constexpr double kMatchIou = 0.5;
constexpr std::size_t kValuesMax = 20;  // an attribute with more values is no grouping
constexpr std::size_t kPlaceBins = 5;

// One decision of the model.
struct Row {
  std::size_t sample = 0;
  double score = 0;
  std::uint8_t right = 0;
  std::array<double, 4> place{};  // centre and size, as shares of the picture
  std::string class_name;
};

// Rows together, as the kernel takes them.
struct Columns {
  std::vector<double> scores;
  std::vector<std::uint8_t> right;
  std::vector<double> places;
  void add(const Row& row) {
    scores.push_back(row.score);
    right.push_back(row.right);
    places.insert(places.end(), row.place.begin(), row.place.end());
  }
  [[nodiscard]] kernels::Scored scored() const { return {scores, right}; }
};

std::array<double, 4> place_of(const Box& box, const Sample& sample) {
  if (sample.width <= 0 || sample.height <= 0) {
    return {};
  }
  return {(box.x1 + box.x2) / 2 / sample.width, (box.y1 + box.y2) / 2 / sample.height,
          box.width() / sample.width, box.height() / sample.height};
}

void add_detections(const CheckInput& input, std::size_t s, std::vector<Row>& rows) {
  std::map<std::string_view, std::int32_t> number;
  const auto number_of = [&](const std::string& name) {
    return number.emplace(name, static_cast<std::int32_t>(number.size())).first->second;
  };
  std::vector<kernels::Truth> truths;
  for (const auto& label : input.labels[s]->labels) {
    truths.push_back({label.box, number_of(label.class_name), label.ignore, label.crowd});
  }
  std::vector<kernels::Detection> detections;
  const auto& predictions = input.outputs[s]->set.predictions;
  detections.reserve(predictions.size());
  for (const auto& p : predictions) {
    detections.push_back({p.box, number_of(p.class_name), p.score});
  }
  const double score_min = input.number("score_min");
  for (const auto& match : kernels::match_objects(truths, detections, kMatchIou)) {
    if (match.detection < 0 || match.kind == kernels::MatchKind::kIgnored) {
      continue;
    }
    const Prediction& p = predictions[static_cast<std::size_t>(match.detection)];
    if (p.score >= score_min && p.score <= 1) {
      rows.push_back({.sample = s,
                      .score = p.score,
                      .right = static_cast<std::uint8_t>(match.kind == kernels::MatchKind::kHit),
                      .place = place_of(p.box, input.samples[s]),
                      .class_name = p.class_name});
    }
  }
}

std::vector<Row> decisions(const CheckInput& input, CheckOutput& output) {
  std::vector<Row> rows;
  for (std::size_t s = 0; s < input.samples.size(); ++s) {
    const bool learned = s < input.splits.size() && input.splits[s] == "train";
    if (learned || input.labels[s] == nullptr || input.outputs[s] == nullptr) {
      continue;
    }
    output.examined[s] = 1;
    if (input.task != "classification") {
      add_detections(input, s, rows);
      continue;
    }
    const auto& labels = input.labels[s]->labels;
    const auto& predictions = input.outputs[s]->set.predictions;
    if (labels.size() == 1 && predictions.size() == 1 && predictions[0].score >= 0 &&
        predictions[0].score <= 1) {
      rows.push_back({.sample = s,
                      .score = predictions[0].score,
                      .right = labels[0].class_name == predictions[0].class_name,
                      .class_name = predictions[0].class_name});
    }
  }
  return rows;
}

// Names of groups ("weather = rain", "class = cone") and their rows.
using Groups = std::map<std::string, std::vector<const Row*>>;

Groups group(const CheckInput& input, const std::vector<Row>& rows) {
  std::map<std::string, std::set<std::string>> values;
  std::vector<std::vector<std::pair<std::string, std::string>>> facts(input.samples.size());
  for (std::size_t s = 0; s < input.samples.size(); ++s) {
    const auto& text = input.samples[s].attributes;
    const Json attributes = text.empty() ? Json::object() : parse_json(text, "attributes");
    for (const auto& [name, value] : attributes.items()) {
      if (value.is_primitive() && !value.is_null()) {
        facts[s].emplace_back(name, value.is_string() ? value.get<std::string>() : value.dump());
        values[name].insert(facts[s].back().second);
      }
    }
  }
  Groups groups;
  for (const auto& row : rows) {
    groups[""].push_back(&row);
    groups[fmt::format("class = {}", row.class_name)].push_back(&row);
    for (const auto& [name, value] : facts[row.sample]) {
      if (values[name].size() > 1 && values[name].size() <= kValuesMax) {
        groups[fmt::format("{} = {}", name, value)].push_back(&row);
      }
    }
  }
  return groups;
}

// Two-sided p-value for the mean of (score − right − usual) being 0. Rows of one scene are not
// independent, so that the variance is taken over scenes.
double gap_p_value(const CheckInput& input, const std::vector<const Row*>& rows, double usual) {
  std::map<std::string_view, double> by_scene;
  double sum = 0;
  for (const Row* row : rows) {
    const double gap = row->score - row->right - usual;
    by_scene[input.samples[row->sample].scene()] += gap;
    sum += gap;
  }
  double variance = 0;
  for (const auto& [scene, total] : by_scene) {
    variance += total * total;
  }
  if (by_scene.size() < 5 || !(variance > 0)) {
    return 1;
  }
  return 2 * kernels::normal_cdf(-std::abs(sum) / std::sqrt(variance));
}

Columns columns_of(const std::vector<const Row*>& rows) {
  Columns columns;
  for (const Row* row : rows) {
    columns.add(*row);
  }
  return columns;
}

// The maps that would mend it, fitted on every other scene and measured on the rest.
void tell_repairs(const CheckInput& input, const std::vector<const Row*>& rows, Json& evidence) {
  std::map<std::string_view, std::size_t> scenes;
  for (const Row* row : rows) {
    scenes.emplace(input.samples[row->sample].scene(), 0);
  }
  std::size_t count = 0;
  for (auto& [scene, place] : scenes) {
    place = count++;
  }
  Columns fitted;
  Columns rest;
  for (const Row* row : rows) {
    const bool even = scenes.at(input.samples[row->sample].scene()) % 2 == 0;
    (even ? fitted : rest).add(*row);
  }
  if (fitted.scores.empty() || rest.scores.empty()) {
    return;
  }
  const double temperature = kernels::fit_temperature(fitted.scored());
  const auto isotonic = kernels::fit_isotonic(fitted.scored());
  Columns by_temperature = rest;
  Columns by_isotonic = rest;
  for (std::size_t i = 0; i < rest.scores.size(); ++i) {
    by_temperature.scores[i] = kernels::apply_temperature(rest.scores[i], temperature);
    by_isotonic.scores[i] = isotonic(rest.scores[i]);
  }
  evidence["temperature"] = temperature;
  evidence["ece_held_out"] = kernels::ece_equal_mass(rest.scored());
  evidence["ece_with_temperature"] = kernels::ece_equal_mass(by_temperature.scored());
  evidence["ece_with_isotonic"] = kernels::ece_equal_mass(by_isotonic.scored());
}

Json evidence_of(const CheckInput& input, const std::string& name,
                 const std::vector<const Row*>& rows, double gap, double p_value) {
  const auto columns = columns_of(rows);
  double score = 0;
  for (const double s : columns.scores) {
    score += s / static_cast<double>(columns.scores.size());
  }
  Json evidence = {{"group", name.empty() ? "all" : name},
                   {"direction", gap > 0 ? "overconfident" : "underconfident"},
                   {"mean_score", score},
                   {"share_right", score - gap},
                   {"rows", rows.size()},
                   {"p_value", p_value},
                   {"ece", kernels::ece_equal_width(columns.scored())},
                   {"ece_equal_mass", kernels::ece_equal_mass(columns.scored())},
                   {"brier", kernels::brier(columns.scored())}};
  if (input.task != "classification") {
    evidence["detection_ece"] =
        kernels::detection_ece(columns.scored(), columns.places, 4, kPlaceBins);
  }
  tell_repairs(input, rows, evidence);
  return evidence;
}

// One finding for each of the samples that show it most.
void report(const CheckInput& input, const std::vector<const Row*>& rows, double gap,
            const Json& evidence, CheckOutput& output) {
  struct Share {
    std::size_t sample = 0;
    double sum = 0;
    double count = 0;
  };
  std::map<std::size_t, Share> by_sample;
  for (const Row* row : rows) {
    auto& share = by_sample[row->sample];
    share.sample = row->sample;
    share.sum += (row->score - row->right) * (gap > 0 ? 1 : -1);
    share.count += 1;
  }
  std::vector<Share> order;
  order.reserve(by_sample.size());
  for (const auto& [sample, share] : by_sample) {
    order.push_back(share);
  }
  std::stable_sort(order.begin(), order.end(),
                   [](const Share& a, const Share& b) { return a.sum > b.sum; });
  order.resize(std::min(order.size(), static_cast<std::size_t>(input.number("samples"))));
  for (const auto& share : order) {
    const double mean = share.sum / share.count;
    if (mean > 0) {
      Json said = evidence;
      said["sample_gap"] = mean * (gap > 0 ? 1 : -1);
      output.findings.push_back({.sample = input.samples[share.sample].key,
                                 .error = "miscalibrated",
                                 .score = std::min(1.0, mean),
                                 .evidence = said.dump()});
    }
  }
}

double gap_of(const std::vector<const Row*>& rows) {
  return rows.empty() ? 0 : kernels::overconfidence(columns_of(rows).scored());
}

CheckOutput run(const CheckInput& input) {
  CheckOutput output;
  output.examined.assign(input.samples.size(), 0);
  const auto rows = decisions(input, output);
  auto groups = group(input, rows);
  std::erase_if(groups, [&](const auto& entry) {
    return static_cast<double>(entry.second.size()) < input.number("rows_min");
  });
  const double usual = groups.contains("") ? gap_of(groups.at("")) : 0;
  std::vector<double> p_values;
  for (const auto& [name, members] : groups) {
    p_values.push_back(gap_p_value(input, members, name.empty() ? 0 : usual));
  }
  const auto adjusted = kernels::benjamini_hochberg(p_values);
  std::size_t i = 0;
  for (const auto& [name, members] : groups) {
    const double gap = gap_of(members);
    const double p_value = adjusted[i++];
    const double stands_out = name.empty() ? gap : gap - usual;
    // A group that is better calibrated than the rest is no finding.
    const bool worse = name.empty() || std::abs(gap) > std::abs(usual);
    if (p_value <= input.number("q") && std::abs(stands_out) >= input.number("gap_min") &&
        std::abs(gap) >= input.number("gap_min") && worse) {
      report(input, members, gap, evidence_of(input, name, members, gap, p_value), output);
    }
  }
  return output;
}

constexpr std::array<std::string_view, 2> kTasks = {"detection", "classification"};
constexpr std::array kParams = {
    Param{.name = "gap_min",
          .number = 0.05,
          .summary = "mean score and share of right ones differ at least so much"},
    Param{.name = "q", .number = 0.05, .summary = "accepted share of false discoveries"},
    Param{.name = "rows_min",
          .number = 100,
          .low = 20,
          .high = 1e9,
          .summary = "groups with fewer decisions are not judged"},
    Param{
        .name = "score_min", .number = 0.2, .summary = "detections below this score are left out"},
    Param{.name = "samples",
          .number = 10,
          .low = 1,
          .high = 1000,
          .summary = "samples that are shown for each group"},
};

}  // namespace

extern const Check miscalibration;
const Check miscalibration = {
    .name = "miscalibration",
    .summary = "Groups of samples in which scores promise more or less than they keep",
    .method =
        "A detection is right when it finds a label of its class (IoU 0.5, one to one), a class "
        "when "
        "it is the label's. Samples of the training split are left out. For all decisions, each "
        "class "
        "and each value of an attribute: mean score minus share of right ones (above 0 is "
        "overconfident), tested against 0 for all and against all for a group, with the variance "
        "over "
        "scenes and Benjamini and Hochberg's correction. The evidence says which group, the "
        "direction, "
        "expected calibration error by 15 bins of equal width and of equal mass (Guo et al. 2017), "
        "over score, place and size together (Küppers et al. 2020), Brier score, and the "
        "temperature "
        "fitted on every other scene with what it and an isotonic map leave of the error on the "
        "rest. Findings name the samples that show it most.",
    .tasks = kTasks,
    .needs = kNeedsLabels | kNeedsPredictions | kNeedsSplits,
    .population = Population::kLabelled,
    .params = kParams,
    .run = run,
};

}  // namespace spotter::checks
