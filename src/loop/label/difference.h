// What an import would change in one sample: objects that are new, gone, moved or renamed.
#pragma once
#include <string>
#include <vector>

#include "base/json_fwd.h"
#include "domain/annotation.h"

namespace spotter::label {

struct Difference {
  std::vector<std::string> added;    // objects of the merged labels
  std::vector<std::string> removed;  // objects of the current labels
  std::vector<std::string> moved;
  std::vector<std::string> renamed;
  std::vector<Label> merged;  // what the labels will be

  [[nodiscard]] bool empty() const {
    return added.empty() && removed.empty() && moved.empty() && renamed.empty();
  }
};

// Pairs the labels that came back with the current ones by overlap (IoU >= 0.5, best first; the
// same class before another). A pair keeps the current object's name, track and, when none came
// back, attributes; boxes that differ by less than a tenth of a pixel, as files round, count as the
// same. O(n m log(n m)).
[[nodiscard]] Difference compare(const std::vector<Label>& current,
                                 const std::vector<Label>& returned);

}  // namespace spotter::label
