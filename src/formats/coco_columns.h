// The quick way into a COCO evaluation: ground truth and results as columns, without building the
// nouns of domain/. For importing COCO into a project, see coco.cc.
#pragma once
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "base/rejects.h"
#include "kernels/coco_eval.h"

namespace spotter::formats {

enum class Overlap { kBox, kMask };

struct CocoPair {
  kernels::CocoColumns truths;
  kernels::CocoColumns detections;
  kernels::CocoSize size;
  std::vector<std::string> class_names;  // by position
  std::vector<std::int64_t> image_ids;   // by position
  std::vector<std::int64_t> truth_ids;   // of annotations, by row; 0 where there is none
  Rejects rejects;                       // detections and annotations that could not be taken
};

// Reads both files. Rows with unknown pictures or classes, missing fields or numbers that are not
// finite are rejected with file and place. Throws kInvalid for broken JSON, for files that are not
// COCO and where every result is rejected.
[[nodiscard]] CocoPair read_coco_pair(const std::filesystem::path& truth,
                                      const std::filesystem::path& results, Overlap overlap);

}  // namespace spotter::formats
