#include "project/browse.h"

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <unordered_map>

#include <fmt/format.h>

#include "base/error.h"
#include "base/json.h"
#include "base/text.h"
#include "domain/track.h"
#include "project/filter.h"
#include "project/track_drawing.h"

namespace spotter {
namespace {

constexpr std::array<const char*, 6> kSorts = {"key",          "-key", "captured_at",
                                               "-captured_at", "loss", "mistakes"};
constexpr std::array<const char*, 4> kShows = {"", "misses", "false_alarms", "mistakes"};
constexpr std::size_t kValuesMax = 12;

template <std::size_t N>
void check_word(const std::string& word, const std::array<const char*, N>& words,
                std::string_view what) {
  if (std::find(words.begin(), words.end(), word) == words.end()) {
    fail(ErrorCode::kInvalid,
         fmt::format("there is no {} \"{}\"{}", what, word,
                     did_you_mean(word, std::vector<std::string>(words.begin(), words.end()))));
  }
}

// Samples that may be listed because of the evaluation, or nothing when all may.
std::optional<std::set<std::string>> evaluated(Project& project, const BrowseOptions& options) {
  if (options.evaluation.empty()) {
    return std::nullopt;
  }
  std::string sql = "SELECT DISTINCT sample FROM matches WHERE evaluation = $1";
  std::vector<lake::Value> values = {options.evaluation};
  if (options.show.empty()) {
    const auto row = project.catalog->query(
        "SELECT dataset_version, split FROM evaluations WHERE id = $1", {options.evaluation});
    if (row.empty()) {
      fail(ErrorCode::kNotFound, fmt::format("no evaluation \"{}\"", options.evaluation));
    }
    sql = "SELECT DISTINCT sample FROM version_items WHERE version = $1 AND split = $2";
    values = {row[0].text(0), row[0].text(1)};
  } else {
    const std::string miss = "kind = 'fn'";
    const std::string alarm = "(kind = 'fp' AND score >= $2)";
    sql += options.show == "misses"         ? " AND " + miss + " AND $2 >= 0"
           : options.show == "false_alarms" ? " AND " + alarm
                                            : fmt::format(" AND ({} OR {})", miss, alarm);
    values.emplace_back(options.score_min);
    if (!options.class_name.empty()) {
      sql += " AND class = $3";
      values.emplace_back(options.class_name);
    }
  }
  const auto table = project.lake->query(sql, values);
  std::set<std::string> keys;
  for (std::size_t r = 0; r < table.rows.size(); ++r) {
    keys.insert(table.text(r, 0));
  }
  return keys;
}

// The number to sort by; samples without one come last.
std::unordered_map<std::string, double> sort_values(Project& project,
                                                    const BrowseOptions& options) {
  lake::Table table;
  if (options.sort == "loss") {
    table = project.lake->query(
        "SELECT sample, -loss FROM prediction_sets WHERE model = $1 AND loss >= 0",
        {options.model});
  } else if (options.sort == "mistakes") {
    table = project.lake->query(
        "SELECT sample, -sum(CASE WHEN kind = 'fn' THEN 1.0 WHEN kind = 'fp' THEN score ELSE 0.0 "
        "END) FROM "
        "matches WHERE evaluation = $1 GROUP BY sample",
        {options.evaluation});
  } else {
    table = project.lake->query(
        fmt::format("SELECT key, CAST({}captured_at AS DOUBLE) FROM samples WHERE captured_at <> 0",
                    options.sort.starts_with('-') ? "-" : ""));
  }
  std::unordered_map<std::string, double> values;
  values.reserve(table.rows.size());
  for (std::size_t r = 0; r < table.rows.size(); ++r) {
    values[table.text(r, 0)] = table.real(r, 1);
  }
  return values;
}

Json object_of(const std::string& text) {
  return text.empty() ? Json::object() : parse_json(text, "attributes");
}

Json box_of(const Box& box) {
  return {box.x1, box.y1, box.x2, box.y2};
}

// What an evaluation says about one sample, by label and by prediction.
struct Agreement {
  std::map<std::string, lake::Match> by_object;
  std::map<std::int64_t, lake::Match> by_prediction;
};

std::unordered_map<std::string, Agreement> agreements(Project& project,
                                                      std::span<const std::string> keys,
                                                      const std::string& evaluation) {
  std::unordered_map<std::string, Agreement> found;
  if (evaluation.empty() || keys.empty()) {
    return found;
  }
  std::vector<lake::Value> values = {evaluation};
  std::string places;
  for (const auto& key : keys) {
    values.emplace_back(key);
    places += fmt::format("{}${}", places.empty() ? "" : ", ", values.size());
  }
  const auto table =
      project.lake->query(fmt::format("SELECT sample, kind, error, object, prediction, score, iou "
                                      "FROM matches WHERE evaluation = "
                                      "$1 AND sample IN ({})",
                                      places),
                          values);
  for (std::size_t r = 0; r < table.rows.size(); ++r) {
    lake::Match match{.sample = table.text(r, 0),
                      .kind = table.text(r, 1),
                      .error = table.text(r, 2),
                      .object = table.text(r, 3),
                      .prediction = table.integer(r, 4),
                      .score = table.real(r, 5),
                      .iou = table.real(r, 6)};
    auto& sample = found[match.sample];
    if (match.prediction >= 0) {
      sample.by_prediction[match.prediction] = match;
    }
    if (!match.object.empty() && (match.kind == "tp" || match.kind == "fn")) {
      sample.by_object[match.object] = match;
    }
  }
  return found;
}

Json label_rows(const LabelSet& set, const Agreement* agreement) {
  Json rows = Json::array();
  for (const auto& label : set.labels) {
    Json row = {{"object", label.object},
                {"class", label.class_name},
                {"box", box_of(label.box)},
                {"ignore", label.ignore || label.crowd},
                {"kind", ""},
                {"score", nullptr}};
    if (agreement != nullptr) {
      const auto match = agreement->by_object.find(label.object);
      if (match != agreement->by_object.end()) {
        row["kind"] = match->second.kind;
        if (match->second.kind == "tp") {
          row["score"] = match->second.score;
        }
      } else {
        row["kind"] = "ignored";
      }
    }
    rows.push_back(std::move(row));
  }
  return rows;
}

Json prediction_rows(const PredictionSet& set, const Agreement* agreement) {
  Json rows = Json::array();
  for (std::size_t i = 0; i < set.predictions.size(); ++i) {
    const auto& prediction = set.predictions[i];
    Json row = {{"position", i},
                {"class", prediction.class_name},
                {"score", prediction.score},
                {"box", box_of(prediction.box)},
                {"probabilities", prediction.probabilities},
                {"kind", ""},
                {"error", ""}};
    if (agreement != nullptr) {
      const auto match = agreement->by_prediction.find(static_cast<std::int64_t>(i));
      if (match != agreement->by_prediction.end()) {
        row["kind"] = match->second.kind;
        row["error"] = match->second.error;
      }
    }
    rows.push_back(std::move(row));
  }
  return rows;
}

Json card_of(const Sample& sample) {
  const bool drawn = sample.media_type == kTrackMedia;  // has no size of its own
  return {
      {"key", sample.key},
      {"media", sample.media},
      {"width", drawn ? kTrackDrawingPx : sample.width},
      {"height", drawn ? kTrackDrawingPx : sample.height},
      {"sequence", sample.sequence},
      {"frame", sample.frame},
      {"captured_at", sample.captured_at == 0 ? Json(nullptr) : Json(iso_time(sample.captured_at))},
      {"source", sample.source},
      {"attributes", object_of(sample.attributes)},
      {"labelled", false},
      {"labels", Json::array()},
      {"predictions", Json::array()},
      {"sensor", Json::array()},
      {"track", nullptr}};
}

// The version whose labels an evaluation was made with; empty = the current labels.
std::string version_of(Project& project, const std::string& evaluation) {
  if (evaluation.empty()) {
    return "";
  }
  const auto rows =
      project.catalog->query("SELECT dataset_version FROM evaluations WHERE id = $1", {evaluation});
  if (rows.empty()) {
    fail(ErrorCode::kNotFound, fmt::format("no evaluation \"{}\"", evaluation));
  }
  return rows[0].text(0);
}

}  // namespace

std::vector<std::string> ordered_keys(Project& project, const BrowseOptions& options) {
  check_word(options.sort, kSorts, "order");
  check_word(options.show, kShows, "view");
  if ((options.sort == "mistakes" || !options.show.empty()) && options.evaluation.empty()) {
    fail(ErrorCode::kInvalid, "mistakes are known of an evaluation only: name one");
  }
  if (options.sort == "loss" && options.model.empty()) {
    fail(ErrorCode::kInvalid, "the loss is known of a model only: name one");
  }
  auto keys = query_keys(project, Filter::parse(options.where));
  if (const auto allowed = evaluated(project, options)) {
    std::erase_if(keys, [&](const std::string& key) { return !allowed->contains(key); });
  }
  if (options.sort == "-key") {
    std::reverse(keys.begin(), keys.end());
  } else if (options.sort != "key") {
    const auto values = sort_values(project, options);
    const auto value = [&](const std::string& key) {
      const auto found = values.find(key);
      return found == values.end() ? std::numeric_limits<double>::infinity() : found->second;
    };
    std::stable_sort(keys.begin(), keys.end(), [&](const std::string& a, const std::string& b) {
      return value(a) < value(b);
    });
  }
  return keys;
}

Json sample_cards(Project& project, std::span<const std::string> keys, const CardOptions& options) {
  if (keys.empty()) {
    return Json::array();
  }
  std::unordered_map<std::string, Json> cards;
  const auto samples = project.lake->samples(keys);
  for (const auto& sample : samples) {
    cards.emplace(sample.key, card_of(sample));
  }
  for (auto& [key, track] : track_cards(project, samples, options.model)) {
    cards[key]["track"] = std::move(track);
  }
  const auto matches = agreements(project, keys, options.evaluation);
  const Agreement none;
  const auto agreement = [&](const std::string& key) -> const Agreement* {
    if (options.evaluation.empty()) {
      return nullptr;
    }
    const auto found = matches.find(key);
    return found == matches.end() ? &none : &found->second;
  };
  const std::string version = version_of(project, options.evaluation);
  for (const auto& set : project.lake->labels(keys, kLabelLayer, version)) {
    cards[set.sample]["labelled"] = true;
    cards[set.sample]["labels"] = label_rows(set, agreement(set.sample));
  }
  if (!options.model.empty()) {
    for (const auto& output : project.lake->predictions(options.model, keys)) {
      cards[output.set.sample]["predictions"] =
          prediction_rows(output.set, agreement(output.set.sample));
    }
  }
  if (!options.layer.empty()) {
    for (const auto& set : project.lake->labels(keys, options.layer)) {
      cards[set.sample]["sensor"] = label_rows(set, nullptr);
    }
  }
  Json rows = Json::array();
  for (const auto& key : keys) {
    if (const auto card = cards.find(key); card != cards.end() && card->second.contains("key")) {
      rows.push_back(card->second);
    }
  }
  return rows;
}

Json attribute_summary(Project& project) {
  const auto table = project.lake->query(
      "SELECT name, value, kind, count(*) AS n FROM (SELECT name, json_extract_string(attributes, "
      "'$.\"' || "
      "name || '\"') AS value, json_type(attributes, '$.\"' || name || '\"') AS kind FROM (SELECT "
      "attributes, "
      "unnest(json_keys(attributes)) AS name FROM samples WHERE attributes <> '')) WHERE value IS "
      "NOT NULL "
      "GROUP BY ALL ORDER BY name, n DESC, value");
  std::map<std::string, Json> attributes;
  std::map<std::string, std::size_t> distinct;
  for (std::size_t r = 0; r < table.rows.size(); ++r) {
    const auto name = table.text(r, 0);
    const auto value = table.text(r, 1);
    const auto type = table.text(r, 2);
    const std::string kind = type == "VARCHAR" ? "text" : type == "BOOLEAN" ? "truth" : "number";
    auto& row = attributes[name];
    if (row.is_null()) {
      row = {{"name", name},
             {"kind", kind},
             {"values", Json::array()},
             {"low", nullptr},
             {"high", nullptr}};
    }
    if (row["values"].size() < kValuesMax) {
      row["values"].push_back({{"value", value}, {"count", table.integer(r, 3)}});
    }
    if (kind == "number") {
      const double number = std::strtod(value.c_str(), nullptr);
      row["low"] = row["low"].is_null() ? number : std::min(row["low"].get<double>(), number);
      row["high"] = row["high"].is_null() ? number : std::max(row["high"].get<double>(), number);
    }
    ++distinct[name];
  }
  Json rows = Json::array();
  for (auto& [name, row] : attributes) {
    row["distinct"] = distinct[name];
    rows.push_back(std::move(row));
  }
  return rows;
}

}  // namespace spotter
