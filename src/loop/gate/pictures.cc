#include "loop/gate/pictures.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>

namespace spotter::gate {
namespace {

constexpr double kAlarmWeight = 0.5;  // of a false alarm against an object lost

struct Told {
  std::set<std::string> found;
  int false_alarms = 0;
};

PredictionSet confident(const SplitData& data, const PredictionSet& set) {
  PredictionSet kept{.sample = set.sample};
  std::copy_if(set.predictions.begin(), set.predictions.end(), std::back_inserter(kept.predictions),
               [&](const Prediction& p) { return p.score >= data.task->score_min; });
  return kept;
}

Told tell(const SplitData& data, std::size_t i, const PredictionSet& set) {
  Told told;
  for (const auto& match : sample_matches(data, i, set)) {
    if (match.kind == "tp") {
      told.found.insert(match.object);
    }
    told.false_alarms += match.kind == "fp" ? 1 : 0;
  }
  return told;
}

double harm(const PairedSample& p) {
  return p.broken - p.fixed + kAlarmWeight * (p.false_alarms_after - p.false_alarms_before);
}

std::string note_of(const PairedSample& p) {
  std::string text;
  const auto add = [&](int count, const char* one, const char* many) {
    if (count > 0) {
      text += fmt::format("{}{} {}", text.empty() ? "" : ", ", count, count == 1 ? one : many);
    }
  };
  add(p.broken, "object lost", "objects lost");
  add(p.fixed, "object found", "objects found");
  add(p.false_alarms_after - p.false_alarms_before, "false alarm more", "false alarms more");
  add(p.false_alarms_before - p.false_alarms_after, "false alarm fewer", "false alarms fewer");
  return text;
}

std::vector<PairedSample> first_of_scenes(const std::vector<PairedSample>& sorted,
                                          const SplitData& data, std::size_t count) {
  std::set<std::uint32_t> scenes;
  std::vector<PairedSample> chosen;
  for (const auto& pair : sorted) {
    if (chosen.size() < count && scenes.insert(data.scenes[pair.position]).second) {
      chosen.push_back(pair);
    }
  }
  return chosen;
}

Json boxes_of(const SplitData& data, std::size_t i, const PredictionSet& set) {
  const auto shown = confident(data, set);
  Json rows = Json::array();
  for (const auto& match : sample_matches(data, i, shown)) {
    if (match.prediction >= 0) {
      const auto& p = shown.predictions[static_cast<std::size_t>(match.prediction)];
      rows.push_back({{"class", p.class_name},
                      {"score", p.score},
                      {"kind", match.kind},
                      {"box", {p.box.x1, p.box.y1, p.box.x2, p.box.y2}}});
    }
  }
  return rows;
}

}  // namespace

Pictures choose_pictures(const SplitData& data, const std::vector<PredictionSet>& before,
                         const std::vector<PredictionSet>& after, std::size_t count) {
  std::vector<PairedSample> pairs;
  for (std::size_t i = 0; i < data.samples.size(); ++i) {
    const auto a = tell(data, i, confident(data, before[i]));
    const auto b = tell(data, i, confident(data, after[i]));
    PairedSample pair{.sample = data.samples[i].key, .position = i};
    for (const auto& object : b.found) {
      pair.fixed += a.found.contains(object) ? 0 : 1;
    }
    for (const auto& object : a.found) {
      pair.broken += b.found.contains(object) ? 0 : 1;
    }
    pair.false_alarms_before = a.false_alarms;
    pair.false_alarms_after = b.false_alarms;
    pair.note = note_of(pair);
    pairs.push_back(std::move(pair));
  }
  std::stable_sort(pairs.begin(), pairs.end(),
                   [](const auto& x, const auto& y) { return harm(x) > harm(y); });
  std::vector<PairedSample> worse;
  std::vector<PairedSample> better;
  for (const auto& pair : pairs) {
    if (harm(pair) > 0) {
      worse.push_back(pair);
    } else if (harm(pair) < 0) {
      better.insert(better.begin(), pair);
    }
  }
  return {first_of_scenes(worse, data, count), first_of_scenes(better, data, count)};
}

Json to_json(const PairedSample& pair, const SplitData& data,
             const std::vector<PredictionSet>& before, const std::vector<PredictionSet>& after) {
  Json labels = Json::array();
  for (const auto& label : data.labels[pair.position].labels) {
    if (!label.ignore && !label.crowd) {
      labels.push_back({{"class", label.class_name},
                        {"box", {label.box.x1, label.box.y1, label.box.x2, label.box.y2}}});
    }
  }
  const auto& sample = data.samples[pair.position];
  return {{"sample", pair.sample},
          {"media", sample.media},
          {"width", sample.width},
          {"height", sample.height},
          {"attributes",
           sample.attributes.empty() ? Json::object() : parse_json(sample.attributes, sample.key)},
          {"fixed", pair.fixed},
          {"broken", pair.broken},
          {"note", pair.note},
          {"labels", labels},
          {"before", boxes_of(data, pair.position, before[pair.position])},
          {"after", boxes_of(data, pair.position, after[pair.position])}};
}

}  // namespace spotter::gate
