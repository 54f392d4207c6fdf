// What the model itself is unsure about: objects and samples ranked by one signal, all others told
// beside it.
#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <string>

#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"
#include "loop/checks/check.h"

namespace spotter::checks {
namespace {

constexpr double kSame = 1e-12;  // differences of means that rounding makes
constexpr double kUnknown = std::numeric_limits<double>::quiet_NaN();

double sum_of(const std::vector<double>& values) {
  double sum = 0;
  for (const double v : values) {
    sum += v;
  }
  return sum;
}

double low_confidence(const Prediction& p) {
  return 1 - p.score;
}

// 1 − the distance between the two most probable classes.
double margin(const Prediction& p) {
  if (p.probabilities.size() < 2) {
    return kUnknown;
  }
  auto sorted = p.probabilities;
  std::partial_sort(sorted.begin(), sorted.begin() + 2, sorted.end(), std::greater<>());
  return 1 - (sorted[0] - sorted[1]);
}

// Of the class probabilities, made to add up to 1; 1 = all alike.
double entropy(const Prediction& p) {
  const double sum = sum_of(p.probabilities);
  if (p.probabilities.size() < 2 || !(sum > 0)) {
    return kUnknown;
  }
  double bits = 0;
  for (const double v : p.probabilities) {
    bits -= v > 0 ? v / sum * std::log(v / sum) : 0;
  }
  return bits / std::log(static_cast<double>(p.probabilities.size()));
}

double mutual_information(const Prediction& p) {
  return p.mutual_information < 0 ? kUnknown : p.mutual_information;
}

// Standard deviation of an edge, as a share of the box's side.
double relative(const std::vector<double>& deviations, const Box& box) {
  if (deviations.size() != 4 || !box.valid()) {
    return kUnknown;
  }
  return sum_of(deviations) / 4 / std::sqrt(box.area());
}
double aleatoric(const Prediction& p) {
  return relative(p.aleatoric, p.box);
}
double epistemic(const Prediction& p) {
  return relative(p.epistemic, p.box);
}

// 1 − overlap with the same box after every edge moved by its standard deviation over dropout
// passes, outwards.
double instability(const Prediction& p) {
  if (p.epistemic.size() != 4 || !p.box.valid()) {
    return kUnknown;
  }
  return 1 - iou(p.box, {p.box.x1 - p.epistemic[0], p.box.y1 - p.epistemic[1],
                         p.box.x2 + p.epistemic[2], p.box.y2 + p.epistemic[3]});
}

struct ObjectSignal {
  const char* name;
  double (*of)(const Prediction&);
};
constexpr std::array kObjectSignals = {
    ObjectSignal{"low_confidence", low_confidence},
    ObjectSignal{"margin", margin},
    ObjectSignal{"entropy", entropy},
    ObjectSignal{"mutual_information", mutual_information},
    ObjectSignal{"aleatoric", aleatoric},
    ObjectSignal{"epistemic", epistemic},
    ObjectSignal{"instability", instability},
};
constexpr std::size_t kObjectCount = kObjectSignals.size();
// A sample's own signals come before the means of its objects' signals.
constexpr std::array kSampleSignals = {"low_score_share", "nothing_sure"};
constexpr std::size_t kSampleCount = kSampleSignals.size() + kObjectCount;

std::string sample_signal_name(std::size_t i) {
  return i < kSampleSignals.size()
             ? kSampleSignals[i]
             : fmt::format("mean_{}", kObjectSignals[i - kSampleSignals.size()].name);
}

// One thing that can be unsure.
struct Item {
  std::size_t sample = 0;
  std::size_t place = 0;  // of the prediction
  std::vector<double> signals;
};

Item object_item(std::size_t sample, std::size_t place, const Prediction& p) {
  Item item{.sample = sample, .place = place};
  for (const auto& signal : kObjectSignals) {
    item.signals.push_back(signal.of(p));
  }
  return item;
}

// A peak of a detector's map counts from `peak` on, and as reported from `low` on.
struct Scores {
  double peak = 0;
  double low = 0;
};

// All means are over the detections, so that a full street is not more unsure than an empty one.
Item sample_item(std::size_t sample, const std::vector<Prediction>& predictions,
                 const Scores& scores) {
  Item item{.sample = sample, .signals = std::vector<double>(kSampleCount, kUnknown)};
  double low = 0;
  double peaks = 0;
  double best = 0;
  std::array<double, kObjectCount> sums{};
  std::array<double, kObjectCount> counts{};
  for (const auto& p : predictions) {
    peaks += p.score >= scores.peak ? 1 : 0;
    low += p.score >= scores.peak && p.score < scores.low ? 1 : 0;
    best = std::max(best, p.score);
    for (std::size_t i = 0; i < kObjectCount; ++i) {
      const double value = kObjectSignals[i].of(p);
      sums[i] += std::isnan(value) ? 0 : value;
      counts[i] += std::isnan(value) ? 0 : 1;
    }
  }
  if (!predictions.empty()) {
    item.signals[0] = low / std::max(peaks, 1.0);
    item.signals[1] = 1 - best;
  }
  for (std::size_t i = 0; i < kObjectCount; ++i) {
    if (counts[i] > 0) {
      item.signals[kSampleSignals.size() + i] = sums[i] / counts[i];
    }
  }
  return item;
}

// The items with the greatest value of a signal: at most `share` of those that have it, and only
// above the median. The score is the share of items that are not more unsure.
struct Ranked {
  const Item* item = nullptr;
  double score = 0;
};
std::vector<Ranked> most_unsure(const std::vector<Item>& items, std::size_t signal, double share) {
  std::vector<const Item*> order;
  for (const auto& item : items) {
    if (!std::isnan(item.signals[signal])) {
      order.push_back(&item);
    }
  }
  std::stable_sort(order.begin(), order.end(), [&](const Item* a, const Item* b) {
    return a->signals[signal] > b->signals[signal];
  });
  std::vector<Ranked> result;
  const auto count = static_cast<double>(order.size());
  const auto wanted = static_cast<std::size_t>(std::ceil(share * count));
  for (std::size_t i = 0; i < std::min(wanted, order.size()); ++i) {
    if (order[i]->signals[signal] > order[order.size() / 2]->signals[signal] + kSame) {
      result.push_back({order[i], 1 - static_cast<double>(i) / count});
    }
  }
  return result;
}

std::size_t chosen(const CheckInput& input, const char* parameter,
                   const std::vector<std::string>& known) {
  const auto name = input.parameters->at(parameter).get<std::string>();
  const auto at = std::find(known.begin(), known.end(), name);
  if (at == known.end()) {
    fail(ErrorCode::kInvalid,
         fmt::format("check \"uncertainty\" has no {} \"{}\"{}; it has {}", parameter, name,
                     did_you_mean(name, known), fmt::join(known, ", ")));
  }
  return static_cast<std::size_t>(at - known.begin());
}

void tell(Json& evidence, const std::string& name, double value) {
  if (!std::isnan(value)) {
    evidence[name] = value;
  }
}

void report_objects(const CheckInput& input, const std::vector<Item>& items, std::size_t signal,
                    CheckOutput& output) {
  for (const auto& [item, score] : most_unsure(items, signal, input.number("object_share"))) {
    const Prediction& p = input.outputs[item->sample]->set.predictions[item->place];
    Json evidence = {{"signal", kObjectSignals[signal].name}, {"score", p.score}};
    for (std::size_t i = 0; i < kObjectCount; ++i) {
      tell(evidence, kObjectSignals[i].name, item->signals[i]);
    }
    output.findings.push_back({.sample = input.samples[item->sample].key,
                               .object = fmt::format("p{}", item->place),
                               .error = "uncertain",
                               .class_name = p.class_name,
                               .score = score,
                               .box = p.box,
                               .evidence = evidence.dump()});
  }
}

void report_samples(const CheckInput& input, const std::vector<Item>& items, std::size_t signal,
                    CheckOutput& output) {
  for (const auto& [item, score] : most_unsure(items, signal, input.number("share"))) {
    Json evidence = {{"signal", sample_signal_name(signal)},
                     {"detections", input.outputs[item->sample]->set.predictions.size()}};
    for (std::size_t i = 0; i < kSampleCount; ++i) {
      tell(evidence, sample_signal_name(i), item->signals[i]);
    }
    output.findings.push_back({.sample = input.samples[item->sample].key,
                               .error = "uncertain",
                               .score = score,
                               .evidence = evidence.dump()});
  }
}

CheckOutput run(const CheckInput& input) {
  std::vector<std::string> object_names;
  object_names.reserve(kObjectCount);
  for (const auto& signal : kObjectSignals) {
    object_names.emplace_back(signal.name);
  }
  std::vector<std::string> sample_names;
  sample_names.reserve(kSampleCount);
  for (std::size_t i = 0; i < kSampleCount; ++i) {
    sample_names.push_back(sample_signal_name(i));
  }
  const auto object_signal = chosen(input, "object_signal", object_names);
  auto signal = chosen(input, "signal", sample_names);
  // A picture of one class has one prediction: what its object says is all there is.
  const bool whole = input.task == "classification";
  signal = whole && signal < kSampleSignals.size() ? kSampleSignals.size() + object_signal : signal;
  CheckOutput output;
  output.examined.assign(input.samples.size(), 0);
  const Scores scores{.peak = input.number("peak_min"), .low = input.number("low_score")};
  std::vector<Item> objects;
  std::vector<Item> samples;
  for (std::size_t s = 0; s < input.samples.size(); ++s) {
    if (input.outputs[s] == nullptr) {
      continue;
    }
    output.examined[s] = 1;
    const auto& predictions = input.outputs[s]->set.predictions;
    samples.push_back(sample_item(s, predictions, scores));
    for (std::size_t i = 0; i < predictions.size() && !whole; ++i) {
      if (predictions[i].score >= input.number("object_score_min")) {
        objects.push_back(object_item(s, i, predictions[i]));
      }
    }
  }
  report_samples(input, samples, signal, output);
  report_objects(input, objects, object_signal, output);
  return output;
}

constexpr std::array<std::string_view, 2> kTasks = {"detection", "classification"};
constexpr std::array kParams = {
    Param{.name = "signal",
          .text = "low_score_share",
          .summary = "what ranks samples: low_score_share, nothing_sure, or mean_ and one of the "
                     "object signals"},
    Param{.name = "object_signal",
          .text = "margin",
          .summary = "what ranks objects: low_confidence, margin, entropy, mutual_information, "
                     "aleatoric, epistemic or instability"},
    Param{.name = "share", .number = 0.05, .summary = "of the samples at most this share"},
    Param{.name = "object_share", .number = 0.02, .summary = "of the objects at most this share"},
    Param{.name = "low_score",
          .number = 0.3,
          .summary = "detections below count as peaks that the model did not dare to report"},
    Param{.name = "peak_min", .number = 0.1, .summary = "weaker peaks are noise and do not count"},
    Param{.name = "object_score_min",
          .number = 0.3,
          .summary = "objects below this score are not looked at one by one: what the model does "
                     "not report is no mistake of its"},
};

}  // namespace

extern const Check uncertainty;
const Check uncertainty = {
    .name = "uncertainty",
    .summary = "Samples and objects that the model itself is unsure about",
    .method =
        "Each prediction gives low confidence (1 − score), margin (1 − difference of the two most "
        "probable classes), entropy of the classes (1 = all alike), mutual information of class "
        "and "
        "weights (nats; Gal 2016), aleatoric and epistemic standard deviation of the edges "
        "relative "
        "to the box, and instability (1 − overlap with the box whose edges moved by their "
        "epistemic "
        "deviation); each sample the share of low scores among its peaks, 1 − the best score, and "
        "the mean of each of these over its detections. One signal ranks samples, one ranks "
        "objects; "
        "the greatest are reported, the others are in the evidence. The score is the share of "
        "samples or objects that are not more unsure. Of objects that the model reports it tells "
        "the "
        "wrong ones well, of samples hardly: a detector that misses an object without a trace is "
        "not unsure, and no signal of this check sees that.",
    .tasks = kTasks,
    .needs = kNeedsPredictions,
    .population = Population::kUnseen,
    .params = kParams,
    .run = run,
};

}  // namespace spotter::checks
