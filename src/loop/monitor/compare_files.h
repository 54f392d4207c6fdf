// Drift between two tables in files, column by column, without a project: the honest rule of the
// monitors for anybody's data. A column has drifted when its p-value, adjusted for the number of
// questions, is small and its effect is large enough to matter.
#pragma once
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "base/json.h"

namespace spotter::monitor {

struct CompareFilesOptions {
  std::filesystem::path reference;  // .parquet, .csv, .tsv or .npy
  std::filesystem::path current;
  std::vector<std::string> columns;  // empty = all that both have
  std::vector<std::string> except;
  // A column whose equal values belong together (scene, drive, day): whole groups are exchanged to
  // get p. Empty = rows are independent.
  std::string group;
  double level = 0.05;  // of false discoveries among the columns called drifted
  double effect_floor = 0.1;
  std::size_t rows_min = 30;    // a side, else "not enough data"
  std::size_t groups_min = 10;  // a side
  std::size_t permutations = 1000;
  std::uint64_t seed = 1;
};

// {"verdict": "drift|no drift|not enough data", "drifted", "tested", "rows": {"reference",
// "current"}, "columns": [{"column", "of": "value|missing", "state": "drifted|ok|not enough
// data|skipped", "reason", "test", "statistic", "p", "adjusted_p", "effect",
// "minimum_detectable_effect", "drifted", "reference", "current"}], "only_reference",
// "only_current"}. Columns in the order of the reference file. "of": "type" is a column that held
// numbers or times and now a text, or the like: drifted, with a reason in place of a test. Throws
// kNotFound for files and named columns, kInvalid for what cannot be read, has no rows or no column
// in common. Memory: a column of both files at a time (CSV: the whole tables).
[[nodiscard]] Json compare_files(const CompareFilesOptions& options);

}  // namespace spotter::monitor
