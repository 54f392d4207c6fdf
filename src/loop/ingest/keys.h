// Which sample a record is about: deriving keys from file names, and finding samples that the
// project knows. Private to this step.
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "formats/format.h"
#include "loop/ingest/ingest.h"

namespace spotter::ingest {

// Gives every record a key (see import); records whose key cannot be used or is there twice become
// rejects and are removed. With Sequences::kByFolder also the sequence and frame.
void assign_keys(std::vector<formats::Record>& records, const ImportOptions& options,
                 Rejects& rejects);

// What the project knew when the import began, by every name that a file could use.
class KnownSamples {
 public:
  explicit KnownSamples(Project& project);
  // By key; else, for records without a picture, by file name (whole, last part, without extension)
  // if only one sample has it.
  [[nodiscard]] const Sample* find(const formats::Record& record) const;
  [[nodiscard]] bool has_media(const std::string& hash) const { return media_.contains(hash); }

 private:
  void add_name(std::string name, std::size_t index);

  std::vector<Sample> samples_;
  std::unordered_map<std::string, std::size_t> by_key_;
  std::unordered_map<std::string, std::optional<std::size_t>> by_name_;  // nothing = several
  std::unordered_set<std::string> media_;
};

}  // namespace spotter::ingest
