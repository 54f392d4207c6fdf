// The lake: what is written in bulk and then only read (samples, labels, predictions, matches,
// findings, version manifests), in DuckLake tables over Parquet. Writes are batched and exactly
// once: each carries a key, and a key that is already in the lake changes nothing, so a killed step
// can simply run again.
#pragma once
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "domain/annotation.h"
#include "domain/finding.h"
#include "domain/sample.h"

namespace spotter::lake {

using Value =
    std::variant<std::monostate, bool, std::int64_t, double, std::string, std::vector<double>>;

// A result by columns of one length.
struct Table {
  std::vector<std::string> columns;
  std::vector<std::vector<Value>> rows;
  [[nodiscard]] std::string text(std::size_t row, std::size_t column) const;  // "" for NULL
  [[nodiscard]] std::int64_t integer(std::size_t row, std::size_t column) const;
  [[nodiscard]] double real(std::size_t row, std::size_t column) const;
};

// What one model said about one sample, with what the run measured beside the boxes.
struct ModelOutput {
  PredictionSet set;
  double loss = -1;                 // against the labels, -1 = unknown
  std::int64_t embedding_row = -1;  // row in the image embeddings of `segment`, -1 = none
  std::string segment;              // blob hash of the .npy with image embeddings, or empty
  std::string object_segment;       // blob hash of the .npy with object embeddings, or empty
};

struct Match {
  std::string sample;
  std::string kind;              // "tp", "fp", "fn", "ignored"
  std::string error;             // TIDE type: "", "cls", "loc", "both", "dupe", "bkg", "miss"
  std::string object;            // label, or empty
  std::int64_t prediction = -1;  // index in the sample's predictions, or -1
  std::string class_name;        // of the label, else of the prediction
  double score = 0;
  double iou = 0;
};

struct VersionItem {
  std::string sample;
  std::string split;  // "train", "val", "test"
  std::int64_t label_revision = 0;
};

class Lake {
 public:
  virtual ~Lake() = default;

  // Writes; false = this key was written before, nothing changed. Atomic each. `key` says what is
  // written by whom, e.g. "import/<content hash>", "predict/<model>/<job>", "check/<run>".
  virtual bool add_samples(std::string_view key, std::span<const Sample> samples) = 0;
  // Assigns the next revision of each (sample, layer); created_at must be set.
  virtual bool add_labels(std::string_view key, std::span<const LabelSet> sets) = 0;
  // Replaces what `model` said about these samples before.
  virtual bool add_predictions(std::string_view key, std::string_view model,
                               std::span<const ModelOutput> outputs) = 0;
  virtual bool add_matches(std::string_view key, std::string_view evaluation,
                           std::span<const Match> matches) = 0;
  virtual bool add_findings(std::string_view key, std::span<const Finding> findings) = 0;
  virtual bool add_version(std::string_view key, std::string_view version,
                           std::span<const VersionItem> items) = 0;

  // Reads one statement over the tables and views of docs/internals/lake.md with `$n` parameters.
  // Only SELECT; external access is off. Readers never wait for writers.
  [[nodiscard]] virtual Table query(std::string_view sql, std::span<const Value> parameters) = 0;
  Table query(std::string_view sql, std::initializer_list<Value> parameters = {}) {
    return query(sql, std::span<const Value>(parameters.begin(), parameters.size()));
  }

  // Typed reads. `keys` empty = all. Ordered by sample key. Labels are the current revision of the
  // layer, or those of `version` when it is not empty.
  [[nodiscard]] virtual std::vector<Sample> samples(std::span<const std::string> keys = {}) = 0;
  [[nodiscard]] virtual std::vector<LabelSet> labels(std::span<const std::string> keys,
                                                     std::string_view layer,
                                                     std::string_view version = {}) = 0;
  [[nodiscard]] virtual std::vector<ModelOutput> predictions(
      std::string_view model, std::span<const std::string> keys = {}) = 0;
  [[nodiscard]] virtual std::vector<VersionItem> version_items(std::string_view version) = 0;
  [[nodiscard]] virtual std::vector<Finding> findings(std::string_view check_run = {}) = 0;
  [[nodiscard]] virtual std::vector<Match> matches(std::string_view evaluation) = 0;

  // The number that grows with every write; screens and caches compare it.
  [[nodiscard]] virtual std::int64_t snapshot() = 0;
  // Merges small files, expires old snapshots, removes files that no snapshot names (only under the
  // write lock). Returns removed bytes.
  virtual std::uintmax_t compact() = 0;
  // Every problem found: missing files, broken references between tables.
  [[nodiscard]] virtual std::vector<std::string> verify() = 0;
};

// Opens or creates the lake in `folder` (SQLite catalogue, Parquet beside it). Cheap until the
// first use.
[[nodiscard]] std::unique_ptr<Lake> open_lake(const std::filesystem::path& folder);

}  // namespace spotter::lake
