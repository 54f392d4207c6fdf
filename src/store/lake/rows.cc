// Nouns to rows and back.
#include <fmt/format.h>

#include "store/lake/ducklake.h"

namespace spotter::lake {
namespace {

std::int64_t whole(std::size_t n) {
  return static_cast<std::int64_t>(n);
}

std::vector<double> list(const Value& value) {
  const auto* found = std::get_if<std::vector<double>>(&value);
  return found == nullptr ? std::vector<double>{} : *found;
}

Value list_or_null(const std::vector<double>& values) {
  if (values.empty()) {
    return std::monostate{};
  }
  return values;
}

// The condition on `column` when only some keys are meant.
std::string wanted(std::span<const std::string> keys, std::string_view column) {
  return keys.empty() ? "true" : fmt::format("{} IN (SELECT key FROM wanted_keys)", column);
}

Box box_of(const Table& t, std::size_t row, std::size_t first) {
  return {t.real(row, first), t.real(row, first + 1), t.real(row, first + 2),
          t.real(row, first + 3)};
}

std::vector<Value> row_of(std::string_view model, const ModelOutput& output, const Prediction& p,
                          std::size_t position) {
  return {std::string(model),
          output.set.sample,
          whole(position),
          p.class_name,
          p.score,
          p.box.x1,
          p.box.y1,
          p.box.x2,
          p.box.y2,
          list_or_null(p.probabilities),
          list_or_null(p.aleatoric),
          list_or_null(p.epistemic),
          p.mutual_information,
          p.track,
          p.embedding_row,
          p.attributes};
}

Prediction prediction_of(const Table& t, std::size_t r, std::size_t c) {
  return {.class_name = t.text(r, c),
          .score = t.real(r, c + 1),
          .box = box_of(t, r, c + 2),
          .probabilities = list(t.rows[r][c + 6]),
          .aleatoric = list(t.rows[r][c + 7]),
          .epistemic = list(t.rows[r][c + 8]),
          .mutual_information = t.real(r, c + 9),
          .track = t.text(r, c + 10),
          .embedding_row = t.integer(r, c + 11),
          .attributes = t.text(r, c + 12)};
}

}  // namespace

bool DuckLake::add_samples(std::string_view key, std::span<const Sample> samples) {
  Rows rows;
  rows.reserve(samples.size());
  for (const auto& s : samples) {
    rows.push_back({s.key, s.media, s.media_type, s.file_name, std::int64_t{s.width},
                    std::int64_t{s.height}, s.sequence, s.frame, s.captured_at, s.source,
                    s.attributes});
  }
  const std::vector<Staged> staged = {{"samples", std::move(rows)}};
  // A key that is there already keeps its facts: sending a sample again changes nothing.
  return write(key, staged,
               {"INSERT INTO lake.samples SELECT * FROM (SELECT DISTINCT ON (key) * FROM "
                "memory.main.samples) s "
                "WHERE s.key NOT IN (SELECT key FROM lake.samples)"});
}

bool DuckLake::add_labels(std::string_view key, std::span<const LabelSet> sets) {
  Rows set_rows;
  Rows label_rows;
  for (std::size_t i = 0; i < sets.size(); ++i) {
    const auto& set = sets[i];
    // Staged with their order in place of the revision; the statements below turn it into the next
    // one.
    set_rows.push_back({set.sample, set.layer, whole(i), set.author, set.batch, set.created_at,
                        whole(set.labels.size())});
    for (std::size_t k = 0; k < set.labels.size(); ++k) {
      const auto& l = set.labels[k];
      label_rows.push_back({set.sample, set.layer, whole(i), whole(k), l.object, l.class_name,
                            l.box.x1, l.box.y1, l.box.x2, l.box.y2, l.crowd, l.ignore, l.track,
                            l.attributes});
    }
  }
  const std::vector<Staged> staged = {{"label_sets", std::move(set_rows)},
                                      {"labels", std::move(label_rows)}};
  const std::string next =
      "(SELECT s.sample, s.layer, s.revision AS place, coalesce(o.newest, 0) + row_number() OVER "
      "(PARTITION BY "
      "s.sample, s.layer ORDER BY s.revision) AS revision FROM memory.main.label_sets s LEFT JOIN "
      "(SELECT sample, "
      "layer, max(revision) AS newest FROM lake.label_sets GROUP BY ALL) o USING (sample, layer))";
  return write(
      key, staged,
      {// Labels first: they need the old maximum of label_sets.
       fmt::format(
           "INSERT INTO lake.labels SELECT l.* REPLACE (n.revision AS revision) FROM "
           "memory.main.labels l JOIN {} n ON n.sample = l.sample AND n.layer = l.layer AND "
           "n.place = l.revision",
           next),
       fmt::format(
           "INSERT INTO lake.label_sets SELECT s.* REPLACE (n.revision AS revision) FROM "
           "memory.main.label_sets s JOIN {} n ON n.sample = s.sample AND n.layer = s.layer AND "
           "n.place = s.revision",
           next)});
}

bool DuckLake::add_predictions(std::string_view key, std::string_view model,
                               std::span<const ModelOutput> outputs) {
  Rows set_rows;
  Rows rows;
  for (const auto& output : outputs) {
    set_rows.push_back({std::string(model), output.set.sample, output.loss, output.embedding_row,
                        output.segment, output.object_segment,
                        whole(output.set.predictions.size())});
    for (std::size_t i = 0; i < output.set.predictions.size(); ++i) {
      rows.push_back(row_of(model, output, output.set.predictions[i], i));
    }
  }
  const std::vector<Staged> staged = {{"prediction_sets", std::move(set_rows)},
                                      {"predictions", std::move(rows)}};
  return write(key, staged, [&](Duck& d) {
    std::vector<std::string> statements;
    const std::string said =
        fmt::format("model = {} AND sample IN (SELECT sample FROM memory.main.prediction_sets)",
                    sql_text(model));
    if (!d.query("SELECT 1 FROM lake.prediction_sets WHERE " + said + " LIMIT 1").rows.empty()) {
      statements.push_back("DELETE FROM lake.prediction_sets WHERE " + said);
      statements.push_back("DELETE FROM lake.predictions WHERE " + said);
    }
    statements.emplace_back(
        "INSERT INTO lake.prediction_sets SELECT * FROM memory.main.prediction_sets");
    statements.emplace_back("INSERT INTO lake.predictions SELECT * FROM memory.main.predictions");
    return statements;
  });
}

bool DuckLake::add_matches(std::string_view key, std::string_view evaluation,
                           std::span<const Match> matches) {
  Rows rows;
  rows.reserve(matches.size());
  for (const auto& m : matches) {
    rows.push_back({std::string(evaluation), m.sample, m.kind, m.error, m.object, m.prediction,
                    m.class_name, m.score, m.iou});
  }
  const std::vector<Staged> staged = {{"matches", std::move(rows)}};
  return write(key, staged, {"INSERT INTO lake.matches SELECT * FROM memory.main.matches"});
}

bool DuckLake::add_findings(std::string_view key, std::span<const Finding> findings) {
  Rows rows;
  rows.reserve(findings.size());
  for (const auto& f : findings) {
    rows.push_back({f.id, f.check_run, f.check, f.model, f.sample, f.object, f.error, f.class_name,
                    f.score, f.box.x1, f.box.y1, f.box.x2, f.box.y2, f.evidence, f.created_at});
  }
  const std::vector<Staged> staged = {{"findings", std::move(rows)}};
  return write(key, staged, {"INSERT INTO lake.findings SELECT * FROM memory.main.findings"});
}

bool DuckLake::add_version(std::string_view key, std::string_view version,
                           std::span<const VersionItem> items) {
  Rows rows;
  rows.reserve(items.size());
  for (const auto& item : items) {
    rows.push_back({std::string(version), item.sample, item.split, item.label_revision});
  }
  const std::vector<Staged> staged = {{"version_items", std::move(rows)}};
  return write(key, staged,
               {"INSERT INTO lake.version_items SELECT * FROM memory.main.version_items"});
}

std::vector<Sample> DuckLake::samples(std::span<const std::string> keys) {
  const auto t =
      read(fmt::format("SELECT key, media, media_type, file_name, width, height, sequence, frame, "
                       "captured_at, source, attributes FROM samples WHERE {} ORDER BY key",
                       wanted(keys, "key")),
           {}, keys);
  std::vector<Sample> samples;
  samples.reserve(t.rows.size());
  for (std::size_t r = 0; r < t.rows.size(); ++r) {
    samples.push_back({.key = t.text(r, 0),
                       .media = t.text(r, 1),
                       .media_type = t.text(r, 2),
                       .file_name = t.text(r, 3),
                       .width = static_cast<int>(t.integer(r, 4)),
                       .height = static_cast<int>(t.integer(r, 5)),
                       .sequence = t.text(r, 6),
                       .frame = t.integer(r, 7),
                       .captured_at = t.integer(r, 8),
                       .source = t.text(r, 9),
                       .attributes = t.text(r, 10)});
  }
  return samples;
}

std::vector<LabelSet> DuckLake::labels(std::span<const std::string> keys, std::string_view layer,
                                       std::string_view version) {
  const std::string chosen =
      version.empty()
          ? "current_label_sets s"
          : "label_sets s JOIN version_items v ON v.version = $2 AND v.sample = s.sample AND "
            "v.label_revision = s.revision";
  const std::string sql = fmt::format(
      "SELECT s.sample, s.layer, s.revision, s.author, s.batch, s.created_at, l.object, l.class, "
      "l.x1, l.y1, l.x2, "
      "l.y2, l.crowd, l.ignored, l.track, l.attributes FROM {} LEFT JOIN labels l ON l.sample = "
      "s.sample AND "
      "l.layer = s.layer AND l.revision = s.revision WHERE s.layer = $1 AND {} ORDER BY s.sample, "
      "l.position",
      chosen, wanted(keys, "s.sample"));
  std::vector<Value> parameters = {std::string(layer)};
  if (!version.empty()) {
    parameters.emplace_back(std::string(version));
  }
  const auto t = read(sql, parameters, keys);
  std::vector<LabelSet> sets;
  for (std::size_t r = 0; r < t.rows.size(); ++r) {
    if (sets.empty() || sets.back().sample != t.text(r, 0)) {
      sets.push_back({.sample = t.text(r, 0),
                      .layer = t.text(r, 1),
                      .revision = t.integer(r, 2),
                      .author = t.text(r, 3),
                      .batch = t.text(r, 4),
                      .created_at = t.integer(r, 5)});
    }
    if (!std::holds_alternative<std::monostate>(t.rows[r][6])) {
      sets.back().labels.push_back({.object = t.text(r, 6),
                                    .class_name = t.text(r, 7),
                                    .box = box_of(t, r, 8),
                                    .crowd = t.integer(r, 12) != 0,
                                    .ignore = t.integer(r, 13) != 0,
                                    .track = t.text(r, 14),
                                    .attributes = t.text(r, 15)});
    }
  }
  return sets;
}

std::vector<ModelOutput> DuckLake::predictions(std::string_view model,
                                               std::span<const std::string> keys) {
  const auto t = read(
      fmt::format("SELECT s.sample, s.loss, s.embedding_row, s.segment, s.object_segment, p.class, "
                  "p.score, p.x1, "
                  "p.y1, p.x2, p.y2, p.probabilities, p.aleatoric, p.epistemic, "
                  "p.mutual_information, p.track, "
                  "p.embedding_row, p.attributes FROM prediction_sets s LEFT JOIN predictions p ON "
                  "p.model = s.model "
                  "AND p.sample = s.sample WHERE s.model = $1 AND {} ORDER BY s.sample, p.position",
                  wanted(keys, "s.sample")),
      std::vector<Value>{std::string(model)}, keys);
  std::vector<ModelOutput> outputs;
  for (std::size_t r = 0; r < t.rows.size(); ++r) {
    if (outputs.empty() || outputs.back().set.sample != t.text(r, 0)) {
      outputs.push_back({.set = {.sample = t.text(r, 0), .predictions = {}},
                         .loss = t.real(r, 1),
                         .embedding_row = t.integer(r, 2),
                         .segment = t.text(r, 3),
                         .object_segment = t.text(r, 4)});
    }
    if (!std::holds_alternative<std::monostate>(t.rows[r][5])) {
      outputs.back().set.predictions.push_back(prediction_of(t, r, 5));
    }
  }
  return outputs;
}

std::vector<VersionItem> DuckLake::version_items(std::string_view version) {
  const auto t = query(
      "SELECT sample, split, label_revision FROM version_items WHERE version = $1 ORDER BY sample",
      {std::string(version)});
  std::vector<VersionItem> items;
  for (std::size_t r = 0; r < t.rows.size(); ++r) {
    items.push_back({t.text(r, 0), t.text(r, 1), t.integer(r, 2)});
  }
  return items;
}

std::vector<Finding> DuckLake::findings(std::string_view check_run) {
  const auto t = query(
      "SELECT id, check_run, check_name, model, sample, object, error, class, score, x1, y1, x2, "
      "y2, evidence, "
      "created_at FROM findings WHERE $1 = '' OR check_run = $1 ORDER BY check_run, score DESC, id",
      {std::string(check_run)});
  std::vector<Finding> findings;
  for (std::size_t r = 0; r < t.rows.size(); ++r) {
    findings.push_back({.id = t.text(r, 0),
                        .check_run = t.text(r, 1),
                        .check = t.text(r, 2),
                        .model = t.text(r, 3),
                        .sample = t.text(r, 4),
                        .object = t.text(r, 5),
                        .error = t.text(r, 6),
                        .class_name = t.text(r, 7),
                        .score = t.real(r, 8),
                        .box = box_of(t, r, 9),
                        .evidence = t.text(r, 13),
                        .created_at = t.integer(r, 14)});
  }
  return findings;
}

std::vector<Match> DuckLake::matches(std::string_view evaluation) {
  const auto t = query(
      "SELECT sample, kind, error, object, prediction, class, score, iou FROM matches WHERE "
      "evaluation = $1 "
      "ORDER BY sample, prediction, object",
      {std::string(evaluation)});
  std::vector<Match> matches;
  for (std::size_t r = 0; r < t.rows.size(); ++r) {
    matches.push_back({.sample = t.text(r, 0),
                       .kind = t.text(r, 1),
                       .error = t.text(r, 2),
                       .object = t.text(r, 3),
                       .prediction = t.integer(r, 4),
                       .class_name = t.text(r, 5),
                       .score = t.real(r, 6),
                       .iou = t.real(r, 7)});
  }
  return matches;
}

}  // namespace spotter::lake
