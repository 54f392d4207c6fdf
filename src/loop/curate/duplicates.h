// Samples that are there more than once: equal files, pictures that look the same, vectors that lie
// together, and which of them are in two splits (leaks). Works on files, without a project.
#pragma once
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"

namespace spotter::curate {

struct DuplicateOptions {
  // Pictures: bits (of 64) that two hashes may differ in. Vectors: Euclidean distance, or with
  // `cosine` 1 - cosine. Negative = the usual one.
  double threshold = -1;
  bool cosine = false;
  // Vectors: a text file with the split of each row, one a line. Pictures: not used, for the split
  // is the folder named train, val, valid, validation or test on the way to the file.
  std::filesystem::path splits;
  std::function<void(double, std::string_view)> progress;  // may be empty
};

// {"kind": "pictures|vectors", "items", "threshold", "groups": [{"kind": "exact|near", "keep",
// "members": [names or row numbers, `keep` first], "splits": {name: count}}], "group_count",
// "exact_groups", "duplicates": members beside the kept ones, "leaks": groups in two splits and
// more, "rejects": [{"file", "reason"}]}. Groups in the order of their first member. Of pictures
// the one with most pixels is kept, else the first. `path`: a folder of pictures or a .npy matrix.
// Throws kNotFound and kInvalid. Vectors are streamed: see kernels/near_duplicates.h.
[[nodiscard]] Json find_duplicates(const std::filesystem::path& path,
                                   const DuplicateOptions& options);

}  // namespace spotter::curate
