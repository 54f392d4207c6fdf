// Looking at samples: the keys of a filter in an order that people ask for, and what a picture
// needs to be understood (labels, a model's predictions, which of them agree). Not for statistics.
#pragma once
#include <span>
#include <string>
#include <vector>

#include "base/json_fwd.h"
#include "project/project.h"

namespace spotter {

struct BrowseOptions {
  std::string where = "true";
  // key, -key, captured_at, -captured_at; loss (of `model`, worst first); mistakes (of
  // `evaluation`, worst first: a miss counts 1, a false alarm its score).
  std::string sort = "key";
  std::string model;       // id
  std::string evaluation;  // id; its samples alone are listed
  std::string show;        // "", or with an evaluation "misses", "false_alarms", "mistakes"
  std::string class_name;  // of the shown mistakes; empty = any
  double score_min = 0.3;  // false alarms below it do not count

  friend bool operator==(const BrowseOptions&, const BrowseOptions&) = default;
};

// Keys of the samples that satisfy the filter, in order. Loads no samples. Throws kInvalid for a
// wrong filter or sort, with "did you mean".
[[nodiscard]] std::vector<std::string> ordered_keys(Project& project, const BrowseOptions& options);

struct CardOptions {
  std::string model;       // id, its predictions are added; empty = none
  std::string evaluation;  // id, its matches are laid over labels and predictions; empty = none
  std::string layer;       // labels of this sensor layer are added; empty = none
};

// One object a key, in the order of `keys`; unknown keys are left out:
// {"key","media","width","height","sequence","frame","captured_at","source","attributes","labelled",
// "labels":[{"object","class","box","ignore","kind","score"}],
// "predictions":[{"position","class","score","box","probabilities","kind","error"}],
// "sensor":[{"object","class","box"}],"track": null or as track_cards};
// kind is tp, fp, fn, ignored or "" where there is no evaluation; the score of a label is that of
// the prediction which found it. Boxes are [x1,y1,x2,y2] in pixels of the upright picture.
[[nodiscard]] Json sample_cards(Project& project, std::span<const std::string> keys,
                                const CardOptions& options);

// Names of sample attributes with their commonest values, for filter menus:
// [{"name","kind":"text|number|truth","values":[{"value","count"}],"low","high"}].
[[nodiscard]] Json attribute_summary(Project& project);

}  // namespace spotter
