// The lake over DuckLake: opening, the one write path, and care. Typed rows are in rows.cc. Writes
// go through the ducklake extension; reads go straight to the Parquet files that manifest.h lists.
#pragma once
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "store/lake/duck.h"
#include "store/lake/lake.h"
#include "store/lake/manifest.h"

namespace spotter::lake {

using Rows = std::vector<std::vector<Value>>;

class DuckLake final : public Lake {
 public:
  explicit DuckLake(std::filesystem::path folder) : folder_(std::move(folder)) {}

  bool add_samples(std::string_view key, std::span<const Sample> samples) override;
  bool add_labels(std::string_view key, std::span<const LabelSet> sets) override;
  bool add_predictions(std::string_view key, std::string_view model,
                       std::span<const ModelOutput> outputs) override;
  bool add_matches(std::string_view key, std::string_view evaluation,
                   std::span<const Match> matches) override;
  bool add_findings(std::string_view key, std::span<const Finding> findings) override;
  bool add_version(std::string_view key, std::string_view version,
                   std::span<const VersionItem> items) override;
  using Lake::query;
  [[nodiscard]] Table query(std::string_view sql, std::span<const Value> parameters) override;
  [[nodiscard]] Table query_within(std::chrono::seconds limit, std::string_view sql,
                                   std::span<const Value> parameters);
  [[nodiscard]] std::vector<Sample> samples(std::span<const std::string> keys) override;
  [[nodiscard]] std::vector<LabelSet> labels(std::span<const std::string> keys,
                                             std::string_view layer,
                                             std::string_view version) override;
  [[nodiscard]] std::vector<ModelOutput> predictions(std::string_view model,
                                                     std::span<const std::string> keys) override;
  [[nodiscard]] std::vector<VersionItem> version_items(std::string_view version) override;
  [[nodiscard]] std::vector<Finding> findings(std::string_view check_run) override;
  [[nodiscard]] std::vector<Match> matches(std::string_view evaluation) override;
  [[nodiscard]] std::int64_t snapshot() override;
  std::uintmax_t compact() override;
  [[nodiscard]] std::vector<std::string> verify() override;

 private:
  struct Staged {
    std::string_view table;  // of the lake; staged under the same name in memory
    Rows rows;
  };
  using Statements = std::function<std::vector<std::string>(Duck&)>;

  void create();
  // With the catalogue in that folder.
  void attach(Duck& duck, const std::filesystem::path& catalogue);
  // The instance that writes: DuckLake attached as `lake`, opened at the first write.
  Duck& writer();
  // The instance that reads: plain views over the Parquet files of the newest snapshot.
  Duck& reader();
  // What the catalogue says now; opens it only when the kept copy is stale.
  Manifest newest();
  // Reads with `keys` staged as the table wanted_keys; again when files went away meanwhile.
  Table read(const std::string& sql, std::span<const Value> parameters,
             std::span<const std::string> keys, std::chrono::seconds limit = {});
  // Stages the rows in memory, then, under the write lock and in one transaction: nothing if `key`
  // is there, else the statements and the key.
  bool write(std::string_view key, std::span<const Staged> staged, const Statements& statements);
  bool write(std::string_view key, std::span<const Staged> staged,
             std::vector<std::string> statements) {
    return write(key, staged, [&](Duck&) { return std::move(statements); });
  }
  // After a commit, under the write lock: what readers need, and smaller numbers of larger files
  // now and then.
  void publish(Duck& d);
  void merge(Duck& d);

  std::filesystem::path folder_;
  std::unique_ptr<Duck> writer_;
  std::unique_ptr<Duck> reader_;
  Manifest read_;  // what the reader's views show
  std::recursive_mutex mutex_;
};

}  // namespace spotter::lake
